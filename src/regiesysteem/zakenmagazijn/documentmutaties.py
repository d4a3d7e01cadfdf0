"""A change of a document: its elements, its file, its zaken; guarded by `was` and by its check-out (ZDS 4.2.6)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection

from regiesysteem.db import Sql
from regiesysteem.inrichting.current import Inrichting
from regiesysteem.storage import Opslag
from regiesysteem.stuf import values
from regiesysteem.stuf.answers import tijdstip
from regiesysteem.stuf.content.content import Inhoud
from regiesysteem.stuf.faults import StufFout
from regiesysteem.stuf.read import Voorwerp
from regiesysteem.stuf.values import Gegevens
from regiesysteem.zakenmagazijn import documentregels, documentsloten, documentversies, links
from regiesysteem.zakenmagazijn.documenten import bestandskolommen, eigen_gegevens
from regiesysteem.zakenmagazijn.paren import Verandering, veranderingen, weiger_wisseling
from regiesysteem.zakenmagazijn.relations import number
from regiesysteem.zakenmagazijn.rijen import DOCUMENT_REST, van_rij
from regiesysteem.zakenmagazijn.vergelijken import Wacht, toegepast, wijzigingen
from regiesysteem.zakenmagazijn.zaken import Herkomst
from regiesysteem.zkn.document import IS_RELEVANT_VOOR
from regiesysteem.zkn.documentgegevens import DOCUMENT, INHOUD

_RELATIE: Final = IS_RELEVANT_VOOR.naam
_GEZEGD: Final = ("content_type", "bestandsnaam")
_ZAAKTYPEN: Final = Sql("""
    -- the zaaktypen of the zaken that a document belongs to
    SELECT DISTINCT z.zaaktype_id FROM document_zaak r JOIN zaak z ON z.id = r.zaak_id
    WHERE r.document_id = :id AND regie_geldt(r.beeindigd)
""")


@dataclass(frozen=True, slots=True)
class Documentopdracht:
    """The change that a message asks for; `was` is None where the sender gave only the new situation.

    `sleutel` is the checkedOutId with the system that shows it, None without one. `bestand` is a new file.
    """

    was: Voorwerp | None
    wordt: Voorwerp
    sleutel: documentsloten.Sleutel | None = None
    bestand: Inhoud | None = None


@dataclass(slots=True)
class _Wijziging:
    """A change being worked out: the locked document, its changed values, and the columns of its file."""

    rij: Mapping[Any, Any]
    bekend: Gegevens
    veranderd: Gegevens
    bestand: dict[str, str | None]
    heeft_slot: bool

    @property
    def nieuwe_versie(self) -> bool:
        """Tell whether a new file makes a new version; the first file fills the container."""
        return not self.rij["wacht"]


def wijzig(
    verbinding: Connection, inrichting: Inrichting, opslag: Opslag, opdracht: Documentopdracht, herkomst: Herkomst
) -> int:
    """Apply a change to a document and give its id; the key in the message is used up.

    Raises StUF055 for a wrong element, StUF064 for a document, zaak or relation that does not exist, StUF067 for a
    version that exists or is below the newest. Raises StUF058 when another sender has the document, when the
    checkedOutId does not hold or is missing where a file would be replaced, or when the municipality does not accept
    the document. Raises StUF063 when `was` differs from the registration and [regels] refuses that.
    """
    documentregels.controleer_waarden(herkomst.leniency, opdracht.was, opdracht.wordt)
    documentregels.controleer_grootte(inrichting.documenten, opdracht.bestand)
    identificatie = _identificatie(opdracht)
    was = opdracht.was.relaties.get(_RELATIE, []) if opdracht.was else []
    alle = veranderingen(was, opdracht.wordt.relaties.get(_RELATIE, []))
    weiger_wisseling(alle)
    te_doen = [een for een in alle if een.soort != "I"]
    wacht = Wacht(inrichting.regels.was, f"document {identificatie!r}")
    zaken = links.find_and_guard_zaken(verbinding, inrichting, wacht, te_doen)
    document_id = documentsloten.vergrendel(verbinding, identificatie)
    wijziging = _bepaal(verbinding, inrichting, wacht, document_id, opdracht, herkomst)
    _controleer_typen(verbinding, inrichting, wijziging, te_doen, zaken)
    ids = {naam: ander.id for naam, ander in zaken.items()}
    kant = links.Side(document_id, of_document=True, others=ids)
    betrokken = links.change_documents(verbinding, wacht, kant, te_doen, tijdstip(herkomst.nu))
    wacht.besluit()
    if opdracht.bestand is not None:
        bestand = opdracht.bestand
        opslag.bewaar(verbinding, bestand.bestand, bestand.sha256, bestand.grootte)
    _schrijf(verbinding, opdracht, wijziging, herkomst, betrokken)
    return document_id


def _identificatie(opdracht: Documentopdracht) -> str:
    was, wordt = opdracht.was, opdracht.wordt
    identificatie = values.tekst(wordt.gegevens.get("identificatie"))
    oud = values.tekst(was.gegevens.get("identificatie")) if was else None
    if not (identificatie or oud):
        raise StufFout("StUF055", "object/identificatie ontbreekt")
    if identificatie and oud and oud != identificatie:
        raise StufFout(
            "StUF055", f"de documentidentificatie mag niet wijzigen ({oud!r} in was, {identificatie!r} in wordt)"
        )
    return str(identificatie or oud)


def _bepaal(  # noqa: PLR0917 - a document, what changes, and by which rules
    verbinding: Connection,
    inrichting: Inrichting,
    wacht: Wacht,
    document_id: int,
    opdracht: Documentopdracht,
    herkomst: Herkomst,
) -> _Wijziging:
    """Work out the changes, when the sender may make them."""
    rij = documentversies.lees(verbinding, document_id)
    bekend = van_rij(DOCUMENT, rij, DOCUMENT_REST)
    was = eigen_gegevens(opdracht.was.gegevens) if opdracht.was else None
    gezegd = {n: w for n, w in eigen_gegevens(opdracht.wordt.gegevens).items() if n != "identificatie"}
    veranderd = wijzigingen(wacht, "", bekend, was, gezegd)
    raakt_document = bool(veranderd) or INHOUD.naam in opdracht.wordt.gegevens or opdracht.sleutel is not None
    heeft_slot = False
    if raakt_document:
        slot = documentsloten.slot_van(rij)
        heeft_slot = documentsloten.controleer(
            rij["identificatie"], slot, opdracht.sleutel, inrichting.documenten, herkomst.nu
        )
    if opdracht.bestand is not None and not (heeft_slot or rij["wacht"]):
        raise StufFout(
            "StUF058",
            f"document {rij['identificatie']!r} heeft al inhoud; die is alleen te vervangen met de checkedOutId van "
            "geefZaakdocumentbewerken",
            plek="client",
        )
    bestand = _bestand(rij, opdracht)
    # Values that the document has already are not judged again by rules that came later.
    if opdracht.bestand is not None or any(bestand[naam] != rij[naam] for naam in _GEZEGD):
        documentregels.controleer_soort(
            inrichting.documenten, bestand["content_type"] or "", bestand["bestandsnaam"] or ""
        )
    return _Wijziging(rij, bekend, veranderd, bestand, heeft_slot)


def _controleer_typen(
    verbinding: Connection,
    inrichting: Inrichting,
    wijziging: _Wijziging,
    te_doen: Sequence[Verandering],
    zaken: Mapping[str, links.Related],
) -> None:
    """Refuse a documenttype, or a zaak, that the municipality does not allow together."""
    erbij = [zaken[number(een.nieuw)].zaaktype_id for een in te_doen if een.soort in "TR"]
    if "dct.omschrijving" in wijziging.veranderd:
        erbij += _ZAAKTYPEN.voer_uit(verbinding, {"id": wijziging.rij["id"]}).scalars()
    documentregels.controleer_documenttype(inrichting, wijziging.bekend | wijziging.veranderd, erbij)


def _schrijf(
    verbinding: Connection,
    opdracht: Documentopdracht,
    wijziging: _Wijziging,
    herkomst: Herkomst,
    betrokken: Sequence[int],
) -> None:
    rij, veranderd = wijziging.rij, dict(wijziging.veranderd)
    nieuw = opdracht.bestand is not None and wijziging.nieuwe_versie
    veranderd.pop("versie", None)
    label = _label(opdracht, rij, nieuw=nieuw)
    if label is not None:
        veranderd["versie"] = label
    gegevens = toegepast(DOCUMENT, wijziging.bekend, veranderd)
    documentversies.schrijf(
        verbinding,
        rij,
        gegevens,
        wijziging.bestand,
        herkomst,
        gewijzigd=[*veranderd, *(["inhoud"] if opdracht.bestand else []), *([_RELATIE] if betrokken else [])],
        zaken=betrokken,
        nieuw=nieuw,
        geef_vrij=wijziging.heeft_slot,
    )


def _label(opdracht: Documentopdracht, rij: Mapping[Any, Any], *, nieuw: bool) -> str | None:
    """The new label of the newest version, None when it keeps its own. Raises StUF067."""
    gezegd, huidig = values.tekst(opdracht.wordt.gegevens.get("versie")), str(rij["versie"])
    # Equal in was and wordt is no change (StUF 03.01, 5.2): a sender that repeats the known label names no version.
    if opdracht.was is not None and gezegd == values.tekst(opdracht.was.gegevens.get("versie")):
        gezegd = None
    if not gezegd or (gezegd == huidig and not nieuw):
        return documentversies.volgend_label(rij["labels"]) if nieuw else None
    # A container has no version yet that another could precede.
    if not rij["wacht"]:
        documentversies.controleer_label(rij["identificatie"], gezegd, huidig, rij["labels"])
    return gezegd


def _bestand(rij: Mapping[Any, Any], opdracht: Documentopdracht) -> dict[str, str | None]:
    """The columns of the file; elements that the message leaves out of a new file stay as they were."""
    kolommen = bestandskolommen(opdracht.wordt.gegevens, opdracht.bestand)
    return kolommen | {naam: kolommen[naam] or rij[naam] for naam in _GEZEGD}
