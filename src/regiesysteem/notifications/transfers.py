"""A zaak that is handed over to another system, or offered to us (RZS 1.0, 6.8)."""

import hashlib
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import orjson
from lxml import etree
from sqlalchemy import Connection, Row

from regiesysteem.db import Sql
from regiesysteem.errors import Reportable
from regiesysteem.inrichting.current import Inrichting
from regiesysteem.inrichting.fields import readable
from regiesysteem.inrichting.model import Applicatie
from regiesysteem.logging_ import logger
from regiesysteem.stuf.faults import StufFout
from regiesysteem.stuf.message import Systeem, read_stuurgegevens
from regiesysteem.stuf.xml import canonical, serialise
from regiesysteem.zakenmagazijn.events import report, report_overdracht
from regiesysteem.zakenmagazijn.messages import NewBericht, save_bericht
from regiesysteem.zakenmagazijn.zaak_changes import make_uitvoerende
from regiesysteem.zkn.names import rzs
from regiesysteem.zkn.rzs import Overdracht, OverdrachtAnswer, read_overdrachtantwoord

# --- Transfers of a zaak to a back office, and its answer; and the other way round (RZS 1.0, 6.8)

OVERDRAGEN: Final = "overdragenZaak"
BEVESTIGEN: Final = "bevestigOverdragenZaak"
_NO_DEELPLAN: Final = ("gezinsplan", "levensdomeinplan")

_ZAAK: Final = Sql("""
    -- a zaak that is handed over; two transfers of one zaak go one by one
    SELECT z.id, k.code, k.omschrijving, k.soort FROM zaak z LEFT JOIN zaaktype k ON k.id = z.zaaktype_id
    WHERE z.identificatie = :zaakidentificatie FOR NO KEY UPDATE OF z
""")
_OPEN: Final = Sql("""
    -- offers of a zaak without an answer, and the stand of their messages
    SELECT v.id, v.zaakidentificatie, v.applicatie, v.referentienummer,
           coalesce(n.stand IN ('gestrand', 'vervallen'), false) AS nooit_aangekomen
    FROM overdracht v LEFT JOIN notificatie n ON n.referentienummer = v.referentienummer
    WHERE v.richting = 'uit' AND v.zaakidentificatie = :zaakidentificatie AND v.stand = 'aangeboden' ORDER BY v.id
""")
_OFFER: Final = Sql("""
    INSERT INTO overdracht (richting, zaak_id, zaakidentificatie, zaaktype, organisatie, applicatie, referentienummer,
                            melding, aangeboden_op, uiterlijk)
    VALUES (:richting, :zaak_id, :zaakidentificatie, CAST(:zaaktype AS jsonb), :organisatie, :applicatie,
            :referentienummer, :melding, :aangeboden_op, :uiterlijk)
    RETURNING id
""")
_FIND_FROM: Final = Sql("""
    SELECT id, zaak_id, zaakidentificatie, applicatie, stand, antwoord FROM overdracht
    WHERE richting = 'uit' AND referentienummer = :referentienummer FOR UPDATE
""")
_FIND: Final = Sql("""
    SELECT id, richting, zaakidentificatie, organisatie, applicatie, stand, referentienummer FROM overdracht
    WHERE id = :id FOR UPDATE
""")
_ANSWERED: Final = Sql("""
    UPDATE overdracht SET stand = :stand, antwoord = :antwoord, beantwoord_op = :nu WHERE id = :id
""")
_WITHDRAW: Final = Sql("""
    -- does not wait: a new offer holds the zaak by then, and the delivery of the answer that has this row wants it.
    -- `withdraw` holds nothing when it waits for this row, by _FIND.
    UPDATE overdracht SET stand = 'ingetrokken', antwoord = :reden, beantwoord_op = now() WHERE id IN (
        SELECT id FROM overdracht WHERE id = :id AND stand = 'aangeboden' FOR UPDATE SKIP LOCKED)
""")
_BERICHTEN: Final = """
    SELECT n.id FROM notificatie n JOIN gebeurtenis g ON g.id = n.gebeurtenis_id
    WHERE n.stroom = :zaakidentificatie AND g.gegevens ->> 'referentienummer' = :referentienummer
"""
_VERVALLEN: Final = Sql(f"""
    -- the messages of an offer that may still go; one that is being sent is locked, and its sender may want the offer
    UPDATE notificatie SET stand = 'vervallen', afgehandeld_op = now(), melding = :reden WHERE id IN (
        {_BERICHTEN} AND n.stand IN ('wacht', 'gestrand') FOR UPDATE OF n SKIP LOCKED)
""")  # noqa: S608 - constants of this module
_STILL_WAITS: Final = Sql(f"SELECT EXISTS ({_BERICHTEN} AND n.stand = 'wacht')")
_ZAAK_ID: Final = Sql("SELECT id FROM zaak WHERE identificatie = :zaakidentificatie")


class OverdrachtError(Reportable):
    """A transfer cannot be made or answered; the text is Dutch, for the person who asked for it."""


@dataclass(frozen=True, slots=True)
class TransferAnswer:
    """The first answer of a back office to an offer of ours."""

    zaak_id: int
    zaakidentificatie: str
    applicatie: str
    geaccepteerd: bool


def hand_over(
    connection: Connection, inrichting: Inrichting, zaakidentificatie: str, applicatie: str, melding: str = ""
) -> int:
    """Offer a zaak to a back office, in the transaction of the caller; gives the id of the transfer.

    It withdraws an earlier offer whose message stranded or is vervallen.

    Raises OverdrachtError when the zaak does not exist or is a plan that no back office handles, when no applicatie has
    an adres, or when an offer is still open.
    """
    meldingen = _meldingen(melding)
    zaak = _ZAAK.run(connection, {"zaakidentificatie": zaakidentificatie}).one_or_none()
    if zaak is None:
        raise OverdrachtError(f"Er is geen zaak met identificatie {zaakidentificatie}.")
    if zaak.soort in _NO_DEELPLAN:
        raise OverdrachtError(f"Zaak {zaakidentificatie} is een {zaak.soort}; alleen een deelplan wordt overgedragen.")
    ontvanger = _require_adres(inrichting, applicatie)
    _refuse_open_offers(connection, zaakidentificatie)
    now = datetime.now(UTC)
    referentienummer = str(uuid.uuid4())
    zaaktype = {"code": zaak.code, "omschrijving": zaak.omschrijving}
    data = {"ontvanger": applicatie, "referentienummer": referentienummer, "meldingen": meldingen} | zaaktype
    report_overdracht(connection, zaakidentificatie, OVERDRAGEN, data)
    return _record(
        connection,
        richting="uit",
        zaak_id=zaak.id,
        zaakidentificatie=zaakidentificatie,
        zaaktype=zaaktype,
        organisatie=ontvanger.organisatie or inrichting.gemeente.code,
        applicatie=applicatie,
        referentienummer=referentienummer,
        melding=melding,
        aangeboden_op=now,
        uiterlijk=now + timedelta(days=inrichting.overdracht_dagen(zaak.code)),
    )


def withdraw(connection: Connection, number: int, reason: str = "") -> None:
    """Withdraw an offer of ours: its waiting messages are vervallen, and an answer to it will be refused.

    Raises OverdrachtError when there is no such offer, it was answered, or its message is being sent right now.
    """
    offer = _FIND.run(connection, {"id": number}).one_or_none()
    if offer is None:
        raise OverdrachtError(f"Er is geen overdracht met nummer {number}.")
    if offer.richting != "uit":
        raise OverdrachtError(
            f"Overdracht {number} is ons aangeboden door {offer.applicatie}; accepteer of weiger die."
        )
    if offer.stand != "aangeboden":
        raise OverdrachtError(f"Overdracht {number} is al {offer.stand}.")
    _withdraw(connection, offer, reason)


def accept_offer(connection: Connection, zender: Systeem, referentienummer: str, offer: Overdracht) -> int:
    """Keep a zaak that another system offers to us; gives the id of the transfer, which waits for an answer."""
    zaak_id = _ZAAK_ID.run(connection, {"zaakidentificatie": offer.zaakidentificatie}).scalar_one_or_none()
    return _record(
        connection,
        richting="in",
        zaak_id=zaak_id,
        zaakidentificatie=offer.zaakidentificatie,
        zaaktype={"code": offer.zaaktype.code, "omschrijving": offer.zaaktype.omschrijving},
        organisatie=zender.organisatie,
        applicatie=zender.applicatie,
        referentienummer=referentienummer,
        melding="\n".join(offer.meldingen),
        aangeboden_op=datetime.now(UTC),
        uiterlijk=None,
    )


def answer_to_offer(
    connection: Connection, inrichting: Inrichting, number: int, *, geaccepteerd: bool, melding: str = ""
) -> None:
    """Answer an offer that was made to us.

    Raises OverdrachtError when there is none, it was answered already, or the system that made it has no adres to
    answer to.
    """
    meldingen = _meldingen(melding)
    offer = _FIND.run(connection, {"id": number}).one_or_none()
    if offer is None or offer.richting != "in":
        raise OverdrachtError(f"Er is geen overdracht aan ons met nummer {number}.")
    if offer.stand != "aangeboden":
        raise OverdrachtError(f"Overdracht {number} is al {offer.stand}.")
    _require_adres(inrichting, offer.applicatie)
    _ZAAK.run(connection, {"zaakidentificatie": offer.zaakidentificatie})
    data = {
        "ontvanger": offer.applicatie,
        "referentienummer": str(uuid.uuid4()),
        "crossRefnummer": offer.referentienummer,
        "geaccepteerd": geaccepteerd,
        "meldingen": meldingen,
    }
    report_overdracht(connection, offer.zaakidentificatie, BEVESTIGEN, data)
    _answered(connection, number, geaccepteerd, melding, datetime.now(UTC))


def _require_adres(inrichting: Inrichting, applicatie: str) -> Applicatie:
    ontvanger = inrichting.ontvanger(applicatie)
    if ontvanger is None or not ontvanger.adres:
        what = "staat niet in de inrichting" if ontvanger is None else "heeft in de inrichting geen adres"
        raise OverdrachtError(f"Applicatie {applicatie} {what}.")
    return ontvanger


def process_answer(
    connection: Connection, zender: Systeem, cross_refnummer: str, answer: OverdrachtAnswer
) -> TransferAnswer | None:
    """Keep the answer of a back office to an offer of ours; None when it gave the same answer before.

    Raises StUF043 for a crossRefnummer of no offer to this sender, StUF064 for another zaak, StUF055 for a different
    answer than before, or any to an offer that we withdrew.
    """
    offer = _FIND_FROM.run(connection, {"referentienummer": cross_refnummer}).one_or_none()
    if offer is None or offer.applicatie != zender.applicatie:
        raise StufFout(
            "StUF043",
            f"crossRefnummer {cross_refnummer!r} is van geen overdracht die aan {zender.applicatie} is aangeboden",
        )
    if offer.zaakidentificatie != answer.zaakidentificatie:
        raise StufFout("StUF064", f"de overdracht met dit crossRefnummer gaat over zaak {offer.zaakidentificatie!r}")
    if offer.stand == "ingetrokken":
        raise StufFout("StUF055", "deze overdracht is ingetrokken voordat er een antwoord was; de zaak blijft hier")
    if offer.stand != "aangeboden":
        if (offer.stand == "geaccepteerd") == answer.geaccepteerd:
            return None
        raise StufFout("StUF055", f"deze overdracht is al {offer.stand}; wie dat wil veranderen, belt")
    _answered(connection, offer.id, answer.geaccepteerd, "\n".join(answer.meldingen), datetime.now(UTC))
    return TransferAnswer(offer.zaak_id, offer.zaakidentificatie, offer.applicatie, answer.geaccepteerd)


def take_answer(  # noqa: PLR0917 - an answer, of whom, to what, and where it is kept
    connection: Connection,
    inrichting: Inrichting,
    zender: Systeem,
    cross_refnummer: str,
    answer: etree._Element,
    now: datetime,
    bericht_id: Callable[[], int],
) -> None:
    """Process an answer to an offer of ours, also one that came at once; a receiver that accepts becomes uitvoerende.

    `bericht_id` gives the row of the message that changes the zaak; asked only when it does.

    Raises the faults of reading the answer and of `process_answer`.
    """
    processed = process_answer(connection, zender, cross_refnummer, read_overdrachtantwoord(answer))
    if processed is not None and processed.geaccepteerd:
        zaak = processed.zaak_id, processed.zaakidentificatie
        make_uitvoerende(connection, inrichting, *zaak, processed.applicatie, bericht_id(), now)


def _refuse_open_offers(connection: Connection, zaakidentificatie: str) -> None:
    """See that no offer of the zaak is open; one that never arrived is withdrawn, so that it cannot be sent again."""
    running = _OPEN.run(connection, {"zaakidentificatie": zaakidentificatie}).all()
    for offer in running:
        if not offer.nooit_aangekomen:
            raise OverdrachtError(
                f"Zaak {zaakidentificatie} is al aangeboden aan {offer.applicatie}, dat nog niet heeft geantwoord; "
                f"regie overdracht trek-in {offer.id} trekt dat in."
            )
    for offer in running:
        _withdraw(connection, offer, "niet aangekomen, en opnieuw aangeboden")


def _withdraw(connection: Connection, offer: Row[Any], reason: str) -> None:
    ingetrokken = _WITHDRAW.run(connection, {"id": offer.id, "reden": reason}).rowcount
    which = {"zaakidentificatie": offer.zaakidentificatie, "referentienummer": offer.referentienummer}
    if ingetrokken:
        _VERVALLEN.run(
            connection, which | {"reden": f"overdracht ingetrokken: {reason}" if reason else "overdracht ingetrokken"}
        )
    if not ingetrokken or _STILL_WAITS.run(connection, which).scalar_one():
        raise OverdrachtError(f"Overdracht {offer.id} is net nu onderweg; probeer het zo dadelijk nog eens.")


def _meldingen(melding: str) -> list[str]:
    """The text that goes along in a message. Raises OverdrachtError for characters that XML has no place for."""
    try:
        return [readable(melding)] if melding else []
    except ValueError as error:
        raise OverdrachtError(f"De melding {error}.") from error


def _record(connection: Connection, *, zaaktype: dict[str, str], **fields: Any) -> int:
    parameters = fields | {"zaaktype": orjson.dumps(zaaktype).decode()}
    return int(_OFFER.run(connection, parameters).scalar_one())


def _answered(connection: Connection, id: int, geaccepteerd: bool, answer: str, now: datetime) -> None:  # noqa: A002
    state = "geaccepteerd" if geaccepteerd else "geweigerd"
    _ANSWERED.run(connection, {"id": id, "stand": state, "antwoord": answer, "nu": now})


# --- An answer to a transfer that comes at once, in the answer to our message, and not as a message of its own

_ANSWER: Final = rzs("overdragenZaak_Du01")


def process_prompt_answer(  # noqa: PLR0917 - an answer, to what, and of whom
    connection: Connection,
    inrichting: Inrichting,
    ontvanger: str,
    soort: str,
    referentienummer: str,
    answer: etree._Element,
) -> None:
    """Keep the answer as if it came by itself; an unreadable one is in the log, and the offer stays open."""
    if soort != OVERDRAGEN or answer.tag != _ANSWER:
        return
    now, zender, kept = datetime.now(UTC), Systeem(applicatie=ontvanger), list[int]()

    def keep() -> int:
        kept.append(_keep(connection, ontvanger, answer, now))
        return kept[0]

    try:
        take_answer(connection, inrichting, zender, referentienummer, answer, now, keep)
    except StufFout as error:
        if kept:
            raise  # the answer is sound: the change of the zaak failed, and the message must come again
        # Not its details: they quote the answer.
        logger().warning("antwoord_niet_verwerkt", ontvanger=ontvanger, reden=str(error))
        return
    for bericht_id in kept:
        report(connection, bericht_id, "", ontvanger)


def _keep(connection: Connection, ontvanger: str, answer: etree._Element, now: datetime) -> int:
    """Keep the message. It has no key of its own: the offer sees to it that it is not taken twice."""
    bericht = NewBericht(
        zender=("", ontvanger, ""),
        referentienummer="",
        dienst="bevestigOverdragenZaak",
        ontvangen_op=now,
        tijdstip_bericht=read_stuurgegevens(answer).tijdstip_bericht,
        digest=hashlib.sha256(canonical(answer)).digest(),
        inhoud=serialise(answer),
        antwoord=b"",
    )
    _, bericht_id = save_bericht(connection, bericht)
    if bericht_id is None:
        raise LookupError("a message without a key cannot be there already")
    return bericht_id
