"""Steps that tests of the operations share: register, change, ask back."""

from lxml import etree
from tests.berichten.bouw import lk01, lv01, mdw, new_number, obj, rol, texts, zaak
from tests.soap.conftest import Door

INITIATOR = rol("heeftAlsInitiator", mdw("regie1"))


def sleutel(number: str) -> str:
    """The element that identifies a zaak."""
    return f"<ZKN:identificatie>{number}</ZKN:identificatie>"


def new(door: Door, **rest: str) -> str:
    """Register a zaak, made as `build.zaak` does; its identificatie."""
    number = new_number()
    door.succeeded("creeerZaak_Lk01", lk01("T", zaak(number, **rest)))
    return number


def modification(number: str, was: str, wordt: str, mutatiesoort: str = "W") -> str:
    """A kennisgeving with was and wordt of a zaak."""
    return lk01(mutatiesoort, obj(sleutel(number) + was, "W"), obj(sleutel(number) + wordt, "W"))


def change(door: Door, number: str, was: str, wordt: str, mutatiesoort: str = "W") -> None:
    """Change a zaak; must succeed."""
    door.succeeded("updateZaak_Lk01", modification(number, was, wordt, mutatiesoort))


def refuse(door: Door, number: str, was: str, wordt: str, mutatiesoort: str = "W") -> tuple[str, str]:
    """Try to change a zaak; code and details of the fault, and nothing changed."""
    for_ = door.counts()
    error = door.fout("updateZaak_Lk01", modification(number, was, wordt, mutatiesoort))
    assert door.counts() == for_
    return error


def actualiseer(door: Door, number: str, *statussen: str) -> None:
    """Set statuses of a zaak; must succeed."""
    bericht = lk01("W", obj(sleutel(number), "W"), obj(sleutel(number) + "".join(statussen), "W"))
    door.succeeded("actualiseerZaakstatus_Lk01", bericht)


def details(door: Door, number: str, scope: str = 'StUF:scope="alles"') -> etree._Element:
    """Ask a zaak back."""
    return door.succeeded("geefZaakdetails_Lv01", lv01(sleutel(number), scope))


def element(door: Door, number: str, path: str) -> list[str]:
    """The texts of an element of a zaak, by XPath from the object."""
    return texts(details(door, number), f"//z:antwoord/z:object/{path}")


def last(door: Door, number: str) -> list[str]:
    """The omschrijving of what a zaak gives as its last status."""
    return element(door, number, "z:heeft[z:indicatieLaatsteStatus='J']/z:gerelateerde/z:omschrijving")
