"""What the operations that receive a kennisgeving share: its objects and mutatiesoort (StUF 03.01, 5.1 and 5.2)."""

from lxml import etree

from regiesysteem.diensten.werk import Werk
from regiesysteem.inrichting.leniency import Leniency
from regiesysteem.stuf.bericht import Bericht
from regiesysteem.stuf.entiteit import Entiteit
from regiesysteem.stuf.fouten import StufFout
from regiesysteem.stuf.lading import lees_ladingen
from regiesysteem.stuf.lezen import Voorwerp, lees_voorwerp, zonder_kale_nil
from regiesysteem.stuf.namespaces import stuf, zkn
from regiesysteem.zakenmagazijn.domeingegevens import neem_op
from regiesysteem.zakenmagazijn.mutaties import Opdracht
from regiesysteem.zakenmagazijn.zaken import Herkomst
from regiesysteem.zkn.zaak import ZAK

_WIJZIGING = frozenset("WCF")
_TOEGEVOEGD = frozenset({"T", ""})
_MUTATIESOORT = "parameters/mutatiesoort"
_CORRECTIE = frozenset("CF")
_VOORWERP_WIJZIGING = frozenset({"W", "I", ""})


def mutatiesoort_van(kennisgeving: etree._Element) -> str:
    """What sort of change a kennisgeving is (StUF 03.01, 5.2.1)."""
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
    """What a wijzig- or correctiekennisgeving asks; `zet_status` as in Opdracht.

    One object is understood as the new situation (senders in the field leave `was` out when they do not know it).
    Raises StUF055 for another mutatiesoort, verwerkingssoort or number of objects.
    """
    was, wordt = lees_was_wordt(bericht.dienst, bericht.element, ZAK, leniency)
    return Opdracht(was, wordt, correctie=mutatiesoort_van(bericht.element) in _CORRECTIE, zet_status=zet_status)


def lees_was_wordt(
    dienst: str, kennisgeving: etree._Element, entiteit: Entiteit, leniency: Leniency
) -> tuple[Voorwerp | None, Voorwerp]:
    """The old and the new situation of a change, the first None where the sender gave one object; raises as above.

    The operation says that it is a change: a mutatiesoort T, or none, may be allowed. So may elements that are nil
    without noValue be left unchanged.
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


def herkomst(werk: Werk, gebeurtenis: str) -> Herkomst:
    """Where a change comes from; `gebeurtenis` is one of RZS 6.9.2."""
    return Herkomst(werk.mutatie_id, gebeurtenis, werk.nu, werk.leniency)


def neem_ladingen_op(bericht: Bericht, werk: Werk, zaak_id: int, vandaan: Herkomst) -> None:
    """Keep the payloads in the extraElementen of a zaak, of the new situation where there are two objects.

    Raises StUF055 for one that is not by the convention (docs/koppelvlak.md), or not by the XSD of its form.
    """
    ladingen = lees_ladingen(bericht.element.findall(zkn("object"))[-1], bericht.inhouden)
    neem_op(werk.verbinding, werk.inrichting, werk.opslag, zaak_id, ladingen, vandaan)


def _lees(kennisgeving: etree._Element, entiteit: Entiteit) -> tuple[str, list[Voorwerp]]:
    objecten = kennisgeving.findall(zkn("object"))
    return mutatiesoort_van(kennisgeving), [lees_voorwerp(knoop, entiteit) for knoop in objecten]
