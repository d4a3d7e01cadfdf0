"""Steps that tests of the operations share: register, change, ask back."""

from lxml import etree
from tests.berichten.bouw import lk01, lv01, mdw, nieuw_nummer, obj, rol, teksten, zaak
from tests.soap.conftest import Deur

INITIATOR = rol("heeftAlsInitiator", mdw("regie1"))


def sleutel(nummer: str) -> str:
    """The element that identifies a zaak."""
    return f"<ZKN:identificatie>{nummer}</ZKN:identificatie>"


def nieuw(deur: Deur, **rest: str) -> str:
    """Register a zaak, made as `bouw.zaak` does; its identificatie."""
    nummer = nieuw_nummer()
    deur.gelukt("creeerZaak_Lk01", lk01("T", zaak(nummer, **rest)))
    return nummer


def wijziging(nummer: str, was: str, wordt: str, mutatiesoort: str = "W") -> str:
    """A kennisgeving with was and wordt of a zaak."""
    return lk01(mutatiesoort, obj(sleutel(nummer) + was, "W"), obj(sleutel(nummer) + wordt, "W"))


def wijzig(deur: Deur, nummer: str, was: str, wordt: str, mutatiesoort: str = "W") -> None:
    """Change a zaak; must succeed."""
    deur.gelukt("updateZaak_Lk01", wijziging(nummer, was, wordt, mutatiesoort))


def weiger(deur: Deur, nummer: str, was: str, wordt: str, mutatiesoort: str = "W") -> tuple[str, str]:
    """Try to change a zaak; code and details of the fault, and nothing changed."""
    voor = deur.aantallen()
    fout = deur.fout("updateZaak_Lk01", wijziging(nummer, was, wordt, mutatiesoort))
    assert deur.aantallen() == voor
    return fout


def actualiseer(deur: Deur, nummer: str, *statussen: str) -> None:
    """Set statuses of a zaak; must succeed."""
    bericht = lk01("W", obj(sleutel(nummer), "W"), obj(sleutel(nummer) + "".join(statussen), "W"))
    deur.gelukt("actualiseerZaakstatus_Lk01", bericht)


def details(deur: Deur, nummer: str, scope: str = 'StUF:scope="alles"') -> etree._Element:
    """Ask a zaak back."""
    return deur.gelukt("geefZaakdetails_Lv01", lv01(sleutel(nummer), scope))


def element(deur: Deur, nummer: str, pad: str) -> list[str]:
    """The texts of an element of a zaak, by XPath from the object."""
    return teksten(details(deur, nummer), f"//z:antwoord/z:object/{pad}")


def laatste(deur: Deur, nummer: str) -> list[str]:
    """The omschrijving of what a zaak gives as its last status."""
    return element(deur, nummer, "z:heeft[z:indicatieLaatsteStatus='J']/z:gerelateerde/z:omschrijving")
