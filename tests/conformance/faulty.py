"""A provider with planted faults: the line to our own server, with one thing done wrong on the way there or back."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from lxml import etree

from regiesysteem.config import TIME_ZONE
from regiesysteem.conformance.exchanged import Exchanged
from regiesysteem.conformance.http_line import HttpLine, HttpReply
from regiesysteem.conformance.outgoing import Outgoing, make_message
from regiesysteem.conformance.profile import DEFAULT
from regiesysteem.conformance.recorder import Recorder
from regiesysteem.stuf.namespaces import NIL, NO_VALUE, SOAP11, STUF, stuf
from regiesysteem.stuf.xml import parse
from regiesysteem.zkn.names import zkn

Send = Callable[[Outgoing], HttpReply]
Fault = Callable[["FaultyLine", Outgoing, Send], HttpReply]


class FaultyLine(HttpLine):
    """A line that plants one fault; `seen` is whatever the fault keeps between messages."""

    def __init__(self, line: HttpLine, fault: Fault | None) -> None:
        self.address = line.address
        self.seen: dict[str, Any] = {}
        self._line = line
        self._fault = fault

    def post(self, message: Outgoing, seconds: int) -> HttpReply:
        def send(sent: Outgoing) -> HttpReply:
            return self._line.post(sent, seconds)

        return send(message) if self._fault is None else self._fault(self, message, send)


# --- Changing what goes over the line


def _answer(reply: HttpReply, change: Callable[[etree._Element], object]) -> HttpReply:
    document = parse(reply.body)
    change(document)
    return replace(reply, body=etree.tostring(document))


def _sent(message: Outgoing, change: Callable[[etree._Element], object]) -> Outgoing:
    document = parse(message.envelope)
    change(document)
    return replace(message, envelope=etree.tostring(document))


def _text(document: etree._Element, name: str) -> str:
    return next(document.iter(f"{{*}}{name}")).text or ""


def _set(document: etree._Element, name: str, text: str) -> None:
    for node in document.iter(f"{{*}}{name}"):
        node.text = text


def _wordt(document: etree._Element) -> etree._Element:
    return list(document.iter(zkn("object")))[-1]


def _bv(code: str, referentie: str) -> HttpReply:
    """An acknowledgement of the server in its usual form, for a message that it did not see as it was."""
    systems = "".join(
        f"<s:{one}><s:organisatie>1900</s:organisatie><s:applicatie>{name}</s:applicatie></s:{one}>"
        for one, name in (("zender", "Regiesysteem"), ("ontvanger", "Testplatform"))
    )
    body = f"""<e:Envelope xmlns:e="{SOAP11}"><e:Body><s:{code}Bericht xmlns:s="{STUF}"><s:stuurgegevens>
      <s:berichtcode>{code}</s:berichtcode>{systems}<s:referentienummer>x-1</s:referentienummer>
      <s:tijdstipBericht>20261201120000000</s:tijdstipBericht><s:crossRefnummer>{referentie}</s:crossRefnummer>
      </s:stuurgegevens></s:{code}Bericht></e:Body></e:Envelope>"""
    return HttpReply(200, body.encode())


# --- The faults, numbered as in the design of the runner


def cross_reference_of_another_message(line: FaultyLine, message: Outgoing, send: Send) -> HttpReply:
    reply = send(message)
    if message.operation != "actualiseerZaakstatus_Lk01":
        return reply
    sent: list[str] = line.seen.setdefault("referenties", [])
    sent.append(message.referentie)
    if len(sent) != 2:
        return reply
    return _answer(reply, lambda document: _set(document, "crossRefnummer", sent[0]))


def zender_and_ontvanger_as_they_were(line: FaultyLine, message: Outgoing, send: Send) -> HttpReply:
    def swap(document: etree._Element) -> None:
        zender, ontvanger = (next(document.iter(stuf(one))) for one in ("zender", "ontvanger"))
        one, other = (next(system.iter(stuf("applicatie"))) for system in (zender, ontvanger))
        one.text, other.text = other.text, one.text

    reply = send(message)
    answered = message.operation == "geefZaakstatus_Lv01" and b"antwoord" in reply.body
    return _answer(reply, swap) if answered else reply


def bv03_where_bv02_belongs(line: FaultyLine, message: Outgoing, send: Send) -> HttpReply:
    reply = send(message)
    return _bv("Bv03", message.referentie) if message.operation == "updateZaakdocument_Di02" else reply


def elements_out_of_order(line: FaultyLine, message: Outgoing, send: Send) -> HttpReply:
    def move(document: etree._Element) -> None:
        instance = next(document.iter(zkn("object")))
        instance.append(instance[0])

    reply = send(message)
    return _answer(reply, move) if message.operation == "geefLijstZaakdocumenten_Lv01" else reply


def faultcode_in_a_namespace(line: FaultyLine, message: Outgoing, send: Send) -> HttpReply:
    def qualify(document: etree._Element) -> None:
        for node in document.iter("faultcode"):
            node.tag = f"{{{SOAP11}}}faultcode"

    return _answer(send(message), qualify)


def same_identificatie_twice(line: FaultyLine, message: Outgoing, send: Send) -> HttpReply:
    reply = send(message)
    if message.operation != "genereerDocumentIdentificatie_Di02":
        return reply
    first = line.seen.setdefault("identificatie", _text(parse(reply.body), "identificatie"))
    return _answer(reply, lambda document: _set(document, "identificatie", first))


def identificatie_without_gemeentecode(line: FaultyLine, message: Outgoing, send: Send) -> HttpReply:
    reply = send(message)
    if message.operation != "genereerDocumentIdentificatie_Di02":
        return reply
    return _answer(reply, lambda document: _set(document, "identificatie", _text(document, "identificatie")[4:]))


def acknowledged_and_not_stored(line: FaultyLine, message: Outgoing, send: Send) -> HttpReply:
    lost = message.operation == "updateZaak_Lk01" and b"Gewijzigd" in message.envelope
    return _bv("Bv03", message.referentie) if lost else send(message)


def created_again(line: FaultyLine, message: Outgoing, send: Send) -> HttpReply:
    reply = send(message)
    refused = message.operation == "creeerZaak_Lk01" and reply.status != 200
    return _bv("Bv03", message.referentie) if refused else reply


def repeat_stored_twice(line: FaultyLine, message: Outgoing, send: Send) -> HttpReply:
    known = line.seen.setdefault("referenties", set())
    if message.referentie not in known or message.operation != "actualiseerZaakstatus_Lk01":
        known.add(message.referentie)
        return send(message)

    def other(document: etree._Element) -> None:
        _set(document, "referentienummer", "x-2")
        _set(document, "datumStatusGezet", _text(document, "datumStatusGezet") + "500")

    reply = send(_sent(message, other))
    return _answer(reply, lambda document: _set(document, "crossRefnummer", message.referentie))


def other_contents_under_the_same_number(line: FaultyLine, message: Outgoing, send: Send) -> HttpReply:
    reply = send(message)
    return _bv("Bv03", message.referentie) if b"StUF016" in reply.body else reply


def unmentioned_is_erased(line: FaultyLine, message: Outgoing, send: Send) -> HttpReply:
    def erase(document: etree._Element) -> None:
        identificatie = next(_wordt(document).iter(zkn("identificatie")))
        if _wordt(document).find(zkn("omschrijving")) is None:
            gone = etree.Element(zkn("omschrijving"), {NIL: "true", NO_VALUE: "geenWaarde"})
            identificatie.addnext(gone)

    return send(_sent(message, erase) if message.operation == "updateZaak_Lk01" else message)


def third_client_lost(line: FaultyLine, message: Outgoing, send: Send) -> HttpReply:
    def lose(document: etree._Element) -> None:
        for client in list(document.iter(zkn("heeftBetrekkingOp")))[2:]:
            _wordt(document).remove(client)

    return send(_sent(message, lose) if message.operation == "creeerZaak_Lk01" else message)


def removed_uitvoerende_remains(line: FaultyLine, message: Outgoing, send: Send) -> HttpReply:
    def keep(document: etree._Element) -> None:
        for node in list(document.iter(zkn("heeftAlsUitvoerende"))):
            if node.get(stuf("verwerkingssoort")) == "V":
                node.getparent().remove(node)  # type: ignore[union-attr]

    return send(_sent(message, keep) if message.operation == "updateZaak_Lk01" else message)


def linked_to_another_gezinsplan(line: FaultyLine, message: Outgoing, send: Send) -> HttpReply:
    plans = line.seen.setdefault("plannen", [])

    def link(document: etree._Element) -> None:
        andere = list(document.iter(zkn("heeftBetrekkingOpAndere")))
        if len(andere) == 2:
            _set(andere[0], "identificatie", plans[-1])

    document = parse(message.envelope)
    if message.operation == "creeerZaak_Lk01" and "GEZINSPLAN" in {node.text for node in document.iter(zkn("code"))}:
        plans.append(_text(document, "identificatie"))
    return send(_sent(message, link) if message.operation == "creeerZaak_Lk01" else message)


def older_status_becomes_the_last(line: FaultyLine, message: Outgoing, send: Send) -> HttpReply:
    def late(document: etree._Element) -> None:
        if _text(_wordt(document), "datumStatusGezet").startswith("2020"):
            moment = datetime.now(TIME_ZONE) + timedelta(seconds=5)
            _set(document, "datumStatusGezet", f"{moment:%Y%m%d%H%M%S}")

    return send(_sent(message, late) if message.operation == "actualiseerZaakstatus_Lk01" else message)


def belanghebbenden_left_out(line: FaultyLine, message: Outgoing, send: Send) -> HttpReply:
    def leave_out(document: etree._Element) -> None:
        for node in list(document.iter(zkn("heeftAlsBelanghebbende"))):
            node.getparent().remove(node)  # type: ignore[union-attr]

    reply = send(message)
    return _answer(reply, leave_out) if message.operation == "geefZaakdetails_Lv01" else reply


def last_byte_lost(line: FaultyLine, message: Outgoing, send: Send) -> HttpReply:
    def cut(document: etree._Element) -> None:
        for node in document.iter(zkn("inhoud")):
            node.text = re.sub(r"....$", "", (node.text or "").strip())

    reply = send(message)
    return _answer(reply, cut) if message.operation == "geefZaakdocumentLezen_Lv01" else reply


def edited_by_two(line: FaultyLine, message: Outgoing, send: Send) -> HttpReply:
    reply = send(message)
    if message.operation != "geefZaakdocumentbewerken_Di02":
        return reply
    if reply.status == 200:
        line.seen["bewerken"] = reply
    earlier: HttpReply = line.seen["bewerken"]
    return _answer(earlier, lambda document: _set(document, "crossRefnummer", message.referentie))


Z = "rzs-1.0/zaaksysteem/"
FAULTS: dict[str, tuple[Fault, dict[str, str]]] = {
    "1 crossRefnummer": (cross_reference_of_another_message, {Z + "12": "crossRefnummer"}),
    "2 zender en ontvanger": (zender_and_ontvanger_as_they_were, {Z + "13": "stuurgegevens/zender/applicatie"}),
    "3 Bv03 voor Bv02": (bv03_where_bv02_belongs, {Z + "8": "Bv02", Z + "106": "Bv02", Z + "109": "Fo02"}),
    "4 volgorde": (elements_out_of_order, {Z + "15": "geldig volgens het schema"}),
    "5 faultcode": (
        faultcode_in_a_namespace,
        {Z + one: "faultcode zonder namespace" for one in ("7", "102", "103", "104", "105", "108", "109")},
    ),
    "6 tweemaal uitgegeven": (same_identificatie_twice, {Z + "5": "nog niet is uitgegeven"}),
    "7 gemeentecode": (identificatie_without_gemeentecode, {Z + "5": "de gemeentecode", Z + "106": "de gemeentecode"}),
    "8 niets vastgelegd": (acknowledged_and_not_stored, {Z + one: "Gewijzigd" for one in ("9", "10", "11")}),
    "9 nog eens gemaakt": (created_again, {Z + "103": "Fo03"}),
    "10 tweemaal vastgelegd": (repeat_stored_twice, {Z + "101": "eenmaal verwerkt"}),
    "11 zelfde nummer, ander bericht": (other_contents_under_the_same_number, {Z + "102": "StUF016"}),
    "12 gewist": (unmentioned_is_erased, {Z + one: "wat het bericht niet noemt" for one in ("9", "10", "11")}),
    "13 derde client": (third_client_lost, {Z + "2": "3 clienten"}),
    "14 uitvoerende blijft": (removed_uitvoerende_remains, {Z + one: "is weg" for one in ("9", "10", "11")}),
    "15 ander gezinsplan": (linked_to_another_gezinsplan, {Z + "4": "gezinsplan waar zij bij hoort"}),
    "16 oudere status": (older_status_becomes_the_last, {Z + "13": "datumStatusGezet"}),
    "17 scope": (belanghebbenden_left_out, {Z + "2": "heeftAlsBelanghebbende"}),
    "18 laatste byte": (last_byte_lost, {Z + one: "de inhoud" for one in ("8", "16", "106", "109")}),
    "19 twee bewerken": (edited_by_two, {Z + "7": "Fo02"}),
}
"""Name -> the fault, and the scenarios that must find it and what they say."""


class Subscriptions:
    """An abonnementenbeheer that notifies us at once of all that it is told, in the inbox of a run.

    Fault 20: it does so too when it was told by us (RZS 5.2.6).
    """

    def __init__(self, inbox: Recorder, *, to_the_originator: bool) -> None:
        self._inbox = inbox
        self._to_the_originator = to_the_originator

    def __call__(self, _line: FaultyLine, message: Outgoing, _send: Send) -> HttpReply:
        told = parse(message.envelope)
        extra = {node.get("naam"): node.text for node in told.iter(stuf("extraElement"))}
        if self._to_the_originator or extra["zendendeApplicatie"] != DEFAULT.zender.applicatie:
            self._notify(_text(told, "identificatie"), str(extra["gebeurtenis"]))
        return _bv("Bv03", message.referentie)

    def _notify(self, zaak: str, gebeurtenis: str) -> None:
        theirs = DEFAULT.model_copy(update={"zender": DEFAULT.ontvanger, "ontvanger": DEFAULT.zender})
        values = {"identificatie": zaak, "zaaktype": "gezinsplan", "gebeurtenis": gebeurtenis}
        status = {"status": "2"} if "status" in gebeurtenis else {}
        now = datetime.now(TIME_ZONE)
        sent = make_message("notificeerOverZaak", "notificeeroverzaak.xml", values | status, theirs, now)
        self._inbox.add(
            Exchanged(
                moment=now.isoformat(),
                direction="in",
                operation=sent.operation,
                action=sent.action,
                question=sent.envelope.decode(),
                answer=_bv("Bv03", sent.referentie).body.decode(),
                status=200,
            )
        )
