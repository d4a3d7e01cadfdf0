"""The operations on zaken: kennisgevingen (ZDS 4.1.3 - 4.1.6) and questions (ZDS 4.1.1, 4.1.2; StUF-ZKN zakLv01)."""

import copy
from typing import Final

from lxml import etree

from regiesysteem.diensten.contents import zet_ladingen
from regiesysteem.diensten.context import MessageContext
from regiesysteem.inrichting.leniency import Leniency
from regiesysteem.stuf.answers import antwoord_stuurgegevens
from regiesysteem.stuf.entity import Entiteit
from regiesysteem.stuf.faults import StufFout
from regiesysteem.stuf.message import Bericht
from regiesysteem.stuf.namespaces import ENTITEITTYPE, FUNCTIE, stuf
from regiesysteem.stuf.payload import lees_ladingen
from regiesysteem.stuf.read import Voorwerp, lees_voorwerp, zonder_kale_nil
from regiesysteem.stuf.write import Beeld, Scope, lees_scope, schrijf_beeld
from regiesysteem.zakenmagazijn.domain_data import neem_op
from regiesysteem.zakenmagazijn.loading import laad
from regiesysteem.zakenmagazijn.messages import trek_zaakidentificatie
from regiesysteem.zakenmagazijn.select import Treffers, lees_vraag, zoek
from regiesysteem.zakenmagazijn.select.question import drop_bare_nil
from regiesysteem.zakenmagazijn.zaak_changes import Herkomst, Opdracht, creeer, wijzig
from regiesysteem.zkn.names import NSMAP, ZKN, zkn
from regiesysteem.zkn.zaak import ZAK

# --- The shared part of operations that receive a kennisgeving: objects and mutatiesoort (StUF 03.01, 5.1 and 5.2)

_WIJZIGING = frozenset("WCF")
_TOEGEVOEGD = frozenset({"T", ""})
_MUTATIESOORT = "parameters/mutatiesoort"
_CORRECTIE = frozenset("CF")
_VOORWERP_WIJZIGING = frozenset({"W", "I", ""})


def mutatiesoort_van(kennisgeving: etree._Element) -> str:
    """The mutatiesoort of a kennisgeving (StUF 03.01, 5.2.1)."""
    return kennisgeving.findtext(f"{zkn('parameters')}/{stuf('mutatiesoort')}", "").strip()


def lees_toevoeging(bericht: Bericht, leniency: Leniency, entiteit: Entiteit = ZAK) -> Voorwerp:
    """The object of a toevoegkennisgeving. Raises StUF055 for another mutatiesoort or number of objects."""
    mutatiesoort, voorwerpen = _lees(bericht.element, entiteit)
    if mutatiesoort != "T" and (mutatiesoort or not leniency.allows("mutatiesoort", _MUTATIESOORT)):
        raise StufFout("StUF055", f"{bericht.dienst} verwacht mutatiesoort T, niet {mutatiesoort!r}")
    if len(voorwerpen) != 1:
        raise StufFout(
            "StUF055", f"een kennisgeving met mutatiesoort T heeft 1 object, niet {len(voorwerpen)} (StUF 5.2)"
        )
    if voorwerpen[0].verwerkingssoort not in ("T", ""):
        raise StufFout("StUF055", f"object heeft verwerkingssoort {voorwerpen[0].verwerkingssoort!r} in plaats van T")
    return voorwerpen[0]


def lees_wijziging(bericht: Bericht, leniency: Leniency, *, zet_status: bool = False) -> Opdracht:
    """The change that a wijzig- or correctiekennisgeving asks for; `zet_status` as in Opdracht.

    One object is understood as the new situation (senders in the field leave `was` out when they do not know it).
    Raises StUF055 for another mutatiesoort, verwerkingssoort or number of objects.
    """
    was, wordt = lees_was_wordt(bericht.dienst, bericht.element, ZAK, leniency)
    return Opdracht(was, wordt, correctie=mutatiesoort_van(bericht.element) in _CORRECTIE, zet_status=zet_status)


def lees_was_wordt(
    dienst: str, kennisgeving: etree._Element, entiteit: Entiteit, leniency: Leniency
) -> tuple[Voorwerp | None, Voorwerp]:
    """The old and the new situation of a change, the first None where the sender gave one object; raises as above.

    The operation itself means a change, so the leniency may allow a mutatiesoort T, or none. It may also leave elements
    that are nil without noValue unchanged.
    """
    mutatiesoort, voorwerpen = _lees(kennisgeving, entiteit)
    if mutatiesoort not in _WIJZIGING and not (
        mutatiesoort in _TOEGEVOEGD and leniency.allows("mutatiesoort", _MUTATIESOORT)
    ):
        raise StufFout("StUF055", f"{dienst} verwacht mutatiesoort W (of C of F), niet {mutatiesoort!r}")
    if len(voorwerpen) not in (1, 2):
        raise StufFout("StUF055", "een kennisgeving met mutatiesoort W heeft 2 objecten: was en wordt (StUF 5.2)")
    for voorwerp in voorwerpen:
        soort = voorwerp.verwerkingssoort
        if soort not in _VOORWERP_WIJZIGING and not (
            soort in _TOEGEVOEGD and leniency.allows("mutatiesoort", "object/@verwerkingssoort")
        ):
            raise StufFout(
                "StUF055",
                f"object heeft verwerkingssoort {soort!r}; hier is W of I mogelijk (StUF 5.2.5)",
            )
    was = voorwerpen[0] if len(voorwerpen) > 1 else None
    if leniency.nil_zonder_novalue == "geenWaarde":
        return was, voorwerpen[-1]
    was, wordt, weggelaten = zonder_kale_nil(was, voorwerpen[-1])
    if weggelaten:
        leniency.report("nil_zonder_novalue", f"object/{weggelaten}")
    return was, wordt


def herkomst(werk: MessageContext, gebeurtenis: str) -> Herkomst:
    """The origin of a change; `gebeurtenis` is one of RZS 6.9.2."""
    return Herkomst(werk.mutatie_id, gebeurtenis, werk.nu, werk.leniency)


def neem_ladingen_op(bericht: Bericht, werk: MessageContext, zaak_id: int, vandaan: Herkomst) -> None:
    """Keep the payloads in the extraElementen of a zaak, of the new situation where there are two objects.

    Raises StUF055 for a payload that does not follow the convention (docs/gebruiken/koppelvlak.md) or the XSD of its
    form.
    """
    ladingen = lees_ladingen(bericht.element.findall(zkn("object"))[-1], bericht.inhouden)
    neem_op(werk.verbinding, werk.inrichting, werk.opslag, zaak_id, ladingen, vandaan)


def _lees(kennisgeving: etree._Element, entiteit: Entiteit) -> tuple[str, list[Voorwerp]]:
    objecten = kennisgeving.findall(zkn("object"))
    return mutatiesoort_van(kennisgeving), [lees_voorwerp(knoop, entiteit) for knoop in objecten]


# --- creeerZaak_Lk01: a new zaak (ZDS 1.1, 4.1.4; RZS 1.0, 6.3, 6.4 and 6.6)


def creeer_zaak(bericht: Bericht, werk: MessageContext) -> None:
    """Register the zaak of a toevoegkennisgeving with everything in it.

    Raises the faults of `zaak.creeer` and `domain_data.neem_op`.
    """
    vandaan = herkomst(werk, "Creeer zaak")
    zaak_id = creeer(werk.verbinding, werk.inrichting, lees_toevoeging(bericht, werk.leniency), vandaan)
    neem_ladingen_op(bericht, werk, zaak_id, vandaan)


# --- updateZaak_Lk01: changes of a zaak and its relations, a status among them (ZDS 4.1.5; RZS 4.7 and 6.11 - 6.13)


def update_zaak(bericht: Bericht, werk: MessageContext) -> None:
    """Apply a wijzigkennisgeving to its zaak. Raises the faults of `zaak.wijzig` and `domain_data.neem_op`."""
    vandaan = herkomst(werk, "Update zaak")
    zaak_id = wijzig(werk.verbinding, werk.inrichting, lees_wijziging(bericht, werk.leniency), vandaan)
    neem_ladingen_op(bericht, werk, zaak_id, vandaan)


# --- actualiseerZaakstatus_Lk01: a zaak has reached a status (ZDS 1.1, 4.1.3)


def actualiseer_zaakstatus(bericht: Bericht, werk: MessageContext) -> None:
    """Add the status of a wijzigkennisgeving to its zaak.

    Raises StUF055 for a message without a status, and the faults of `zaak.wijzig`.
    """
    opdracht = lees_wijziging(bericht, werk.leniency, zet_status=True)
    if not any(opdracht.wordt.alle("heeft")):
        raise StufFout("StUF055", "object/heeft ontbreekt: er is geen status om te zetten (ZDS 4.1.3.2)")
    vandaan = herkomst(werk, "Actualiseer zaakstatus")
    zaak_id = wijzig(werk.verbinding, werk.inrichting, opdracht, vandaan)
    neem_ladingen_op(bericht, werk, zaak_id, vandaan)


# --- genereerZaakIdentificatie_Di02: give out a zaakidentificatie (ZDS 1.1, 4.1.6)

_STUURFUNCTIE: Final = "genereerZaakidentificatie"


def genereer_zaak_identificatie(bericht: Bericht, werk: MessageContext) -> etree._Element:
    """Answer with a Du02 that has a free zaakidentificatie: the gemeentecode first, given out once.

    A number is free when this service never gave it out and no zaak has it; the sequence makes that hold under any
    concurrency.
    """
    antwoord = etree.Element(zkn("genereerZaakIdentificatie_Du02"), nsmap=NSMAP)
    antwoord.append(antwoord_stuurgegevens(bericht, "Du02", werk.nu, namespace=ZKN, functie=_STUURFUNCTIE))
    zaak = etree.SubElement(antwoord, zkn("zaak"), {ENTITEITTYPE: "ZAK", FUNCTIE: "entiteit"})
    identificatie = trek_zaakidentificatie(werk.verbinding, werk.inrichting.gemeente.code)
    etree.SubElement(zaak, zkn("identificatie")).text = identificatie
    return antwoord


# --- The questions about zaken: geefZaakstatus, geefZaakdetails and zakLv01 (ZDS 4.1.1 and 4.1.2; StUF 03.01, 6)


def lijst_van_zaken(bericht: Bericht, werk: MessageContext) -> etree._Element:
    """Answer as zakLv01 does; for operations that ask for one part of zaken."""
    return _beantwoord(bericht, werk)


def geef_zaakstatus(bericht: Bericht, werk: MessageContext) -> etree._Element:
    """Answer with the zaak and the last of its statuses (ZDS 4.1.1)."""
    return _beantwoord(bericht, werk, alleen_laatste=True)


def geef_zaakdetails(bericht: Bericht, werk: MessageContext) -> etree._Element:
    """Answer with the asked data of a zaak (ZDS 4.1.2)."""
    return _beantwoord(bericht, werk)


def zak_lv01(bericht: Bericht, werk: MessageContext) -> etree._Element:
    """Answer with the asked data of all zaken that meet the selection (StUF 03.01, 6.3)."""
    return _beantwoord(bericht, werk)


def _beantwoord(bericht: Bericht, werk: MessageContext, *, alleen_laatste: bool = False) -> etree._Element:
    vraag = bericht.element
    if werk.leniency.nil_zonder_novalue == "ongewijzigd":
        vraag = copy.deepcopy(vraag)
        if left_out := drop_bare_nil(vraag):
            werk.leniency.report("nil_zonder_novalue", left_out)
    scope = lees_scope(vraag.find(zkn("scope")))
    treffers = zoek(werk.verbinding, werk.inrichting, lees_vraag(vraag, werk.inrichting))
    beelden = laad(werk.verbinding, werk.inrichting, treffers.ids, scope, alleen_laatste=alleen_laatste, begrensd=True)
    if len(beelden) < len(treffers.ids):
        treffers = treffers.afgebroken()
    antwoord = etree.Element(zkn("zakLa01"), nsmap=NSMAP)
    antwoord.append(antwoord_stuurgegevens(bericht, "La01", werk.nu, namespace=ZKN, entiteittype="ZAK"))
    _schrijf_parameters(antwoord, treffers)
    _schrijf_zaken(antwoord, beelden, scope)
    zet_ladingen(antwoord, bericht, werk.verbinding, werk.opslag)
    return antwoord


def _schrijf_parameters(antwoord: etree._Element, treffers: Treffers) -> None:
    parameters = etree.SubElement(antwoord, zkn("parameters"))
    etree.SubElement(parameters, stuf("indicatorVervolgvraag")).text = "true" if treffers.meer else "false"
    if treffers.aantal is not None:
        etree.SubElement(parameters, stuf("aantalVoorkomens")).text = str(treffers.aantal)
    for melding in treffers.meldingen:
        etree.SubElement(antwoord, zkn("melding")).text = melding


def _schrijf_zaken(antwoord: etree._Element, beelden: list[Beeld], scope: Scope) -> None:
    if not beelden:
        return
    houder = etree.SubElement(antwoord, zkn("antwoord"))
    for beeld in beelden:
        schrijf_beeld(etree.SubElement(houder, zkn("object")), ZAK, beeld, scope)
