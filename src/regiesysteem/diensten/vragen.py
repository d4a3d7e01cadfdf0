"""The questions about zaken: geefZaakstatus, geefZaakdetails and zakLv01 (ZDS 4.1.1 and 4.1.2; StUF 03.01, 6)."""

import copy

from lxml import etree

from regiesysteem.diensten.inhouden import zet_ladingen
from regiesysteem.diensten.werk import Werk
from regiesysteem.stuf.antwoord import antwoord_stuurgegevens
from regiesysteem.stuf.bericht import Bericht
from regiesysteem.stuf.namespaces import NSMAP, stuf, zkn
from regiesysteem.stuf.schrijven import Beeld, schrijf_beeld
from regiesysteem.stuf.scope import Scope, lees_scope
from regiesysteem.zakenmagazijn.laden import laad
from regiesysteem.zakenmagazijn.selectie import Treffers, lees_vraag, zoek
from regiesysteem.zakenmagazijn.selectie.criterium import drop_bare_nil
from regiesysteem.zkn.zaak import ZAK


def lijst_van_zaken(bericht: Bericht, werk: Werk) -> etree._Element:
    """Answer as zakLv01 does; for operations that ask zaken for one thing."""
    return _beantwoord(bericht, werk)


def geef_zaakstatus(bericht: Bericht, werk: Werk) -> etree._Element:
    """Answer with the zaak and of its statuses the last one (ZDS 4.1.1)."""
    return _beantwoord(bericht, werk, alleen_laatste=True)


def geef_zaakdetails(bericht: Bericht, werk: Werk) -> etree._Element:
    """Answer with the asked data of a zaak (ZDS 4.1.2)."""
    return _beantwoord(bericht, werk)


def zak_lv01(bericht: Bericht, werk: Werk) -> etree._Element:
    """Answer with the asked data of all zaken that meet the selection (StUF 03.01, 6.3)."""
    return _beantwoord(bericht, werk)


def _beantwoord(bericht: Bericht, werk: Werk, *, alleen_laatste: bool = False) -> etree._Element:
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
    antwoord.append(antwoord_stuurgegevens(bericht, "La01", werk.nu, entiteittype="ZAK"))
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
