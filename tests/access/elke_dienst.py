"""A message of every operation about one zaak and its document, and ways in which each of them can be wrong."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from tests.access.conftest import Doors
from tests.berichten import regie
from tests.berichten.besluiten import (
    TOEKENNING,
    besluitdetails,
    bsl,
    genereer_besluit,
    lijst_besluiten,
    update_besluit,
    voeg_toe,
)
from tests.berichten.bouw import (
    ACTIE,
    client,
    di02,
    envelope,
    lk01,
    lv01,
    mdw,
    new_number,
    nps,
    obj,
    rol,
    status,
    synchronisatie,
    texts,
    zaak,
)
from tests.berichten.documenten import (
    SOEPEL,
    bewerken,
    cancel,
    document,
    edc,
    edc_lk01,
    edc_lv01,
    edc_select,
    genereer,
    inhoud,
    of_zaak,
    relevant,
    update,
)
from tests.berichten.zds12 import ontkoppel
from tests.marks import BSN, DOCUMENT, STORY, STREET, SURNAME
from tests.notifications.stappen import notificatie
from werkzeug.test import TestResponse

from regiesysteem.stuf.xml import parse
from regiesysteem.zkn.operations import OPERATIONS

FREE = "geen"
FOREIGN = f"<ZKN:vreemd>{STORY} {BSN} {STREET}</ZKN:vreemd>"
_WHO = client(BSN, SURNAME) + rol("heeftAlsInitiator", mdw("regie1")) + rol("heeftAlsBelanghebbende", nps(BSN, SURNAME))
_ALL = 'StUF:scope="alles"'
_FILE = inhoud(DOCUMENT.encode() * 50, naam=f"{SURNAME}.pdf")
_STORY = f"<ZKN:toelichting>{STORY}</ZKN:toelichting>"
_TOLD = ("Zes maanden", STORY)
_BY_PERSON = f"<ZKN:heeftAlsBelanghebbende><ZKN:gerelateerde>{nps(BSN)}</ZKN:gerelateerde></ZKN:heeftAlsBelanghebbende>"
_END = re.compile(r"(</(\w+):stuurgegevens>)")


@dataclass
class About:
    """The subject of messages: a zaak and its document, the key of its check-out, and that of a message of ours."""

    zaak: str = field(default_factory=new_number)
    document: str = field(default_factory=new_number)
    sleutel: str = FREE
    sent: str = field(default_factory=new_number)
    code: str = "B1026"
    besluit: str = field(default_factory=new_number)

    @property
    def key(self) -> str:
        return f"<ZKN:identificatie>{self.zaak}</ZKN:identificatie>"

    @property
    def document_key(self) -> str:
        return f"<ZKN:identificatie>{self.document}</ZKN:identificatie>"

    def told(self) -> str:
        extra = regie.extra(gebeurtenis="Update zaak", zendendeApplicatie=SOEPEL, vreemd=f"{STORY} {BSN}")
        return regie.zaak(extra + regie.is_van() + regie.heeft(), self.zaak)


def _changed(about: About, what: str) -> str:
    return lk01("W", obj(about.key, "W"), obj(about.key + what, "W"))


def _confirmed(code: str) -> Callable[[About], str]:
    def said(about: About) -> str:
        return regie.bevestiging(code, cross=about.sent).replace(">Weg<", f">{STORY} van {SURNAME}, {BSN}<")

    return said


MESSAGES: dict[str, Callable[[About], str]] = {
    "genereerZaakIdentificatie_Di02": lambda _: di02(),
    "creeerZaak_Lk01": lambda a: lk01("T", zaak(new_number(), a.code, relaties=_WHO, after=FOREIGN)),
    "updateZaak_Lk01": lambda a: _changed(a, _STORY),
    "actualiseerZaakstatus_Lk01": lambda a: _changed(a, status(2, "20260302", extra=_STORY)),
    "geefZaakstatus_Lv01": lambda a: lv01(a.key),
    "geefZaakdetails_Lv01": lambda a: lv01(a.key, _ALL),
    "zakLv01": lambda _: lv01(_BY_PERSON),
    "genereerDocumentIdentificatie_Di02": lambda _: genereer(zender=SOEPEL),
    "voegZaakdocumentToe_Lk01": lambda a: edc_lk01(
        "T", document(new_number(), a.zaak, file=_FILE, titel=SURNAME), zender=SOEPEL
    ),
    "maakZaakdocument_Lk01": lambda a: edc_lk01("T", document(new_number(), a.zaak, titel=SURNAME), zender=SOEPEL),
    "geefLijstZaakdocumenten_Lv01": lambda a: lv01(a.key, _ALL),
    "geefZaakdocumentLezen_Lv01": lambda a: edc_lv01(a.document, zender=SOEPEL),
    "geefZaakdocumentbewerken_Di02": lambda a: bewerken(a.document, zender=SOEPEL),
    "updateZaakdocument_Di02": lambda a: update(
        a.document, a.sleutel, f"<ZKN:titel>{SURNAME}</ZKN:titel>{_FILE}", zender=SOEPEL
    ),
    "cancelCheckout_Di02": lambda a: cancel(a.document, a.sleutel, zender=SOEPEL),
    "ontkoppelZaakdocument_Di02": lambda a: ontkoppel(a.document, relevant(a.zaak, "V"), "", zender=SOEPEL),
    "genereerBesluitIdentificatie_Di02": lambda _: genereer_besluit(zender=SOEPEL),
    "voegBesluitToe_Di01": lambda a: voeg_toe(new_number(), a.zaak, TOEKENNING.replace(*_TOLD), zender=SOEPEL),
    "updateBesluit_BslLk01": lambda a: update_besluit(bsl(a.besluit), bsl(a.besluit, _STORY), zender=SOEPEL),
    "geefBesluitdetails_BslLv01": lambda a: besluitdetails(a.besluit, zender=SOEPEL),
    "geefLijstBesluiten_ZakLv01": lambda a: lijst_besluiten(a.zaak, zender=SOEPEL),
    "zakLk01": lambda a: lk01("V", obj(a.key + _STORY, "V"), overname="I"),
    "edcLk01": lambda a: edc_lk01("V", edc(a.document_key, "V"), zender=SOEPEL, overname="I"),
    "edcLv01": lambda a: edc_select(of_zaak(a.key), zender=SOEPEL),
    "zakLv07": lambda _: lv01(_BY_PERSON).replace("Lv01", "Lv07"),
    "zakLv02": lambda _: later(lv01(_BY_PERSON)),
    "edcLv02": lambda a: later(edc_select(of_zaak(a.key), zender=SOEPEL)),
    "zakSa03": lambda a: synchronisatie("Sa03", a.zaak),
    "zakSh03": lambda a: synchronisatie("Sh03", a.zaak),
    "notificeerOverZaak": lambda a: regie.notificatie(a.told(), melding=f"{STORY} {BSN}"),
    "initieerNotificeerOverZaak": lambda a: regie.notificatie(
        a.told(), naam="initieerNotificeerOverZaak_Di01", melding=f"{STORY} {BSN}"
    ),
    "overdragenZaak": lambda a: regie.overdracht(regie.zaak(regie.is_van() + FOREIGN, a.zaak)),
    "bevestigOverdragenZaak": lambda a: regie.answer(cross=a.sent).replace("1900N1", a.zaak),
    **{code: _confirmed(code) for code in ("Bv01", "Bv03", "Bv04", "Fo01", "Fo03")},
}
"""Operation -> a message of it that is taken, with personal data wherever it has a place for it."""


def later(question: str) -> str:
    """The same question, to be answered later."""
    return question.replace("Lv01", "Lv02")


def written(dienst: str, about: About) -> str:
    """A message of an operation, of the sender that all of them have here."""
    return MESSAGES[dienst](about).replace(">Bus<", f">{SOEPEL}<")


def wrong(dienst: str, about: About) -> Iterator[str]:
    """The same message refused: by the schema twice, about a zaak or document that is not there, and of no sort."""
    good = written(dienst, about)
    yield _END.sub(rf'\1<\2:x{SURNAME} y="{BSN}">{STORY}</\2:x{SURNAME}>', good, count=1)
    yield good.replace("<StUF:tijdstipBericht>", f"<StUF:tijdstipBericht>{STREET} {BSN} ", 1)
    nowhere = About(f"1900{BSN}", f"{SURNAME}{BSN}", STORY, about.sent, STORY)
    yield written(dienst, nowhere)
    yield re.sub(r"(<StUF:(?:entiteittype|functie|berichtcode)>)[^<]*", rf"\1{SURNAME}{BSN}", good)


def post(
    doors: Doors, dienst: str, bericht: str, headers: dict[str, str], header: str = "", door: str | None = None
) -> TestResponse:
    """Send a message to the door of its operation, or to another."""
    head = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{ACTIE}{dienst}"'} | headers
    path = f"/stuf/{OPERATIONS[dienst].door.path if door is None else door}".rstrip("/")
    peer = {"REMOTE_ADDR": "192.0.2.1"}
    return doors.client.post(
        path, data=envelope(bericht, header=header), headers=head, buffered=True, environ_overrides=peer
    )


def prepare(doors: Doors, headers: dict[str, str], header: str = "", code: str = "B1026") -> About:
    """A zaak with a document, and an offer of ours for it."""
    about = About(code=code)
    made = lk01("T", zaak(about.zaak, code, relaties=_WHO))
    with_file = edc_lk01("T", document(about.document, about.zaak, file=_FILE, titel=SURNAME), zender=SOEPEL)
    told = ("voegBesluitToe_Di01", voeg_toe(about.besluit, about.zaak, zender=SOEPEL))
    for dienst, bericht in (("creeerZaak_Lk01", made), ("voegZaakdocumentToe_Lk01", with_file), told):
        assert post(doors, dienst, bericht, headers, header).status_code == 200
    regie.leg_aanbod(doors.engine, about.sent, about.zaak, SOEPEL)
    return about


def send(
    doors: Doors, dienst: str, about: About, headers: dict[str, str], header: str = "", ready: bool = True
) -> TestResponse:
    """Send the message of an operation after what it needs: a message of ours, or a check-out."""
    if ready and dienst in ("Bv01", "Bv03", "Bv04", "Fo01", "Fo03"):
        about.sent = new_number()
        notificatie(doors.engine, about.sent, ontvanger=SOEPEL)
    if ready and dienst in ("updateZaakdocument_Di02", "cancelCheckout_Di02") and about.sleutel == FREE:
        send(doors, "geefZaakdocumentbewerken_Di02", about, headers, header)
    answer = post(doors, dienst, written(dienst, about), headers, header)
    if dienst in ("geefZaakdocumentbewerken_Di02", "updateZaakdocument_Di02", "cancelCheckout_Di02"):
        about.sleutel = "".join(texts(parse(answer.data), "//*[local-name() = 'checkedOutId']")) or FREE
    return answer
