"""Rules of a document: a number of its own, a valid file, a type that its zaken accept (ZDS 4.2.4 - 4.2.6)."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from sqlalchemy import Connection

from regiesysteem.db import Sql
from regiesysteem.inrichting.current import Inrichting, Statustype, Zaaktype
from regiesysteem.inrichting.fields import gevouwen
from regiesysteem.inrichting.leniency import Leniency
from regiesysteem.inrichting.model import Documenten
from regiesysteem.stuf import values
from regiesysteem.stuf.checks import bezwaren
from regiesysteem.stuf.content.content import Inhoud, bezwaar_tegen_naam, bezwaar_tegen_soort
from regiesysteem.stuf.faults import StufFout
from regiesysteem.stuf.read import Voorwerp
from regiesysteem.stuf.values import Gegevens
from regiesysteem.zkn.document import EDC

_MB: Final = 1_000_000
_MAX_VERSIE: Final = 5
"""Characters of a versie (RGBZ)."""

_AANWEZIG: Final = Sql("""
    -- the documenttypen of which a zaak has a document with a file
    SELECT DISTINCT d.dct_omschrijving FROM document_zaak r JOIN document d ON d.id = r.document_id
    WHERE r.zaak_id = :zaak_id AND regie_geldt(r.beeindigd) AND d.dct_omschrijving IS NOT NULL
      AND EXISTS (SELECT FROM document_versie v WHERE v.document_id = d.id AND v.sha256 IS NOT NULL)
""")


def controleer_waarden(leniency: Leniency, *voorwerpen: Voorwerp | None) -> None:
    """Refuse values that no schema catches. Raises StUF055 with all of them."""
    gezegd = [een for een in voorwerpen if een is not None]
    fouten = [fout for een in gezegd for fout in bezwaren(een, EDC.elementen, leniency.bsn_objection)]
    labels = (values.tekst(een.gegevens.get("versie")) or "" for een in gezegd)
    fouten += [
        f"object/versie {label[:40]!r} is langer dan {_MAX_VERSIE} tekens"
        for label in labels
        if len(label) > _MAX_VERSIE
    ]
    if fouten:
        raise StufFout("StUF055", "; ".join(fouten))


def controleer_nieuw(voorwerp: Voorwerp, leniency: Leniency) -> str:
    """The identificatie of a new document. Raises StUF055 with all missing elements (docs/afwijkingen.md 38)."""
    identificatie = values.tekst(voorwerp.gegevens.get("identificatie")) or ""
    fouten = list(_ontbreekt(identificatie, voorwerp, leniency))
    if fouten:
        raise StufFout("StUF055", "; ".join(fouten))
    return identificatie


def controleer_grootte(documenten: Documenten, bestand: Inhoud | None) -> None:
    """Refuse a file that is empty (StUF055) or too large (StUF058)."""
    if bestand is None:
        return
    if not bestand.grootte:
        raise StufFout("StUF055", "object/inhoud is leeg: een bestand van 0 bytes is geen document")
    grens = documenten.maximum_mb
    if grens is not None and bestand.grootte > grens * _MB:
        raise _geweigerd(f"het bestand is {bestand.grootte} bytes; deze gemeente neemt hoogstens {grens} MB aan")


def controleer_soort(documenten: Documenten, content_type: str, bestandsnaam: str) -> None:
    """Refuse a type or name that a document cannot have, whether its file is there or still to come.

    Raises StUF055 for an invalid type or name, StUF058 for those of a program.
    """
    if bezwaar := bezwaar_tegen_naam(bestandsnaam) or bezwaar_tegen_soort(content_type):
        raise StufFout("StUF055", bezwaar)
    soort = content_type.partition(";")[0].strip().lower()
    if soort in documenten.geweigerde_typen or f"{soort.partition('/')[0]}/*" in documenten.geweigerde_typen:
        raise _geweigerd(f"bestanden van het type {soort} worden niet aangenomen")
    extensie = bestandsnaam.strip(" .").rpartition(".")[2].lower()
    if extensie in documenten.geweigerde_extensies:
        raise _geweigerd(f"bestanden met de extensie {extensie} worden niet aangenomen")


def controleer_documenttype(inrichting: Inrichting, gegevens: Gegevens, zaaktypen: Iterable[int | None]) -> None:
    """Refuse a document of a type that one of its zaken does not accept. Raises StUF058."""
    soort = values.tekst(gegevens.get("dct.omschrijving"))
    for zaaktype_id in dict.fromkeys(zaaktypen):
        zaaktype = inrichting.zaaktype_met_id(zaaktype_id) if zaaktype_id is not None else None
        if zaaktype is not None:
            _controleer_bij(zaaktype, soort)


def eis_documenten(verbinding: Connection, zaaktype: Zaaktype, zaak_id: int, statustypen: Iterable[Statustype]) -> None:
    """Refuse a status whose documents are absent; no statement when none are required. Raises StUF058."""
    volgnummers = {statustype.volgnummer: statustype.omschrijving for statustype in statustypen}
    nodig = [soort for soort in zaaktype.documenttypen if soort.verplicht_bij_status in volgnummers]
    if not nodig:
        return
    aanwezig = {gevouwen(soort) for soort in _AANWEZIG.voer_uit(verbinding, {"zaak_id": zaak_id}).scalars()}
    mist = [soort for soort in nodig if gevouwen(soort.omschrijving) not in aanwezig]
    if mist:
        wat = "; ".join(
            f"status {soort.verplicht_bij_status} ({volgnummers[soort.verplicht_bij_status or 0]}) vraagt een document "
            f"van type {soort.omschrijving!r}"
            for soort in mist
        )
        raise _geweigerd(
            f"zaak van zaaktype {zaaktype.code}: {wat}, met inhoud; voeg het toe met voegZaakdocumentToe en bied de "
            "status opnieuw aan"
        )


def _ontbreekt(identificatie: str, voorwerp: Voorwerp, leniency: Leniency) -> Iterator[str]:
    if not identificatie:
        yield "object/identificatie ontbreekt"
    elif fout := leniency.identificatie_objection(identificatie, "documentidentificatie", "ZDS 4.2.4.1"):
        yield fout
    if not values.tekst(voorwerp.gegevens.get("titel")) and not leniency.allows("titel", "object/titel"):
        yield "object/titel ontbreekt"
    if not any(voorwerp.alle("isRelevantVoor")):
        yield "object/isRelevantVoor ontbreekt: een zaakdocument hoort bij een zaak (ZDS 4.2.4.2)"


def _controleer_bij(zaaktype: Zaaktype, soort: str | None) -> None:
    gezocht = gevouwen(soort) if soort else None
    bekend: Sequence[str] = [deel.omschrijving for deel in zaaktype.documenttypen if not deel.geweigerd]
    for documenttype in zaaktype.documenttypen:
        if gevouwen(documenttype.omschrijving) == gezocht:
            if documenttype.geweigerd:
                raise _geweigerd(f"zaaktype {zaaktype.code} weigert documenten van type {documenttype.omschrijving!r}")
            return
    if zaaktype.andere_documenten == "weigeren":
        wat = f"documenttype {soort!r} is niet bekend" if soort else "object/dct.omschrijving ontbreekt"
        lijst = ", ".join(bekend) or "geen"
        raise _geweigerd(f"{wat}; zaaktype {zaaktype.code} neemt aan: {lijst}")


def _geweigerd(details: str) -> StufFout:
    """A refusal by the policy of the municipality: the message is valid, and the sender must change something."""
    return StufFout("StUF058", details, plek="client")
