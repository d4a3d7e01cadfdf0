"""genereerZaakIdentificatie_Di02: give out a zaakidentificatie (ZDS 1.1, 4.1.6)."""

from typing import Final

from lxml import etree

from regiesysteem.diensten.werk import Werk
from regiesysteem.stuf.antwoord import antwoord_stuurgegevens
from regiesysteem.stuf.bericht import Bericht
from regiesysteem.stuf.namespaces import ENTITEITTYPE, FUNCTIE, NSMAP, zkn
from regiesysteem.zakenmagazijn.berichten import trek_zaakidentificatie

_STUURFUNCTIE: Final = "genereerZaakidentificatie"


def genereer_zaak_identificatie(bericht: Bericht, werk: Werk) -> etree._Element:
    """Answer with a Du02 that has a free zaakidentificatie: the gemeentecode first, given out once.

    Free is what this service never gave out and no zaak has; the sequence makes that hold under any concurrency.
    """
    antwoord = etree.Element(zkn("genereerZaakIdentificatie_Du02"), nsmap=NSMAP)
    antwoord.append(antwoord_stuurgegevens(bericht, "Du02", werk.nu, functie=_STUURFUNCTIE))
    zaak = etree.SubElement(antwoord, zkn("zaak"), {ENTITEITTYPE: "ZAK", FUNCTIE: "entiteit"})
    identificatie = trek_zaakidentificatie(werk.verbinding, werk.inrichting.gemeente.code)
    etree.SubElement(zaak, zkn("identificatie")).text = identificatie
    return antwoord
