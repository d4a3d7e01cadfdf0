"""Rules for a new zaak or document, and for what a change leaves of one.

Sources: ZDS 4.1.4.2 and 4.2; RZS 6.3 and 6.4.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from regiesysteem.db import Sql
from regiesysteem.inrichting.current import Inrichting, Statustype, Zaaktype
from regiesysteem.inrichting.fields import folded
from regiesysteem.inrichting.leniency import Leniency
from regiesysteem.inrichting.model import Documenten
from regiesysteem.stuf import values
from regiesysteem.stuf.checks import objections
from regiesysteem.stuf.content.content import Inhoud, objection_against_naam, objection_against_soort
from regiesysteem.stuf.faults import StufFout, shorten
from regiesysteem.stuf.read import Gerelateerde, Instance
from regiesysteem.stuf.values import Data
from regiesysteem.zkn.document import EDC
from regiesysteem.zkn.parties import MDW
from regiesysteem.zkn.zaak import ZAK

# --- Requirements of a new zaak, by soort zaaktype (ZDS 4.1.4.2; RZS 6.3.3, 6.4.3, 6.6.3)

CLIENT: Final = "Client"
"""RZS 6.3.2: the fixed omschrijving of the relation between a plan and the people it is for."""

_MAX_TEXT: Final = 60
_MAX_NAMED: Final = 5
_PLANS: Final = ("gezinsplan", "levensdomeinplan")
_INITIATOR: Final = "object/heeftAlsInitiator"
_IDENTIFYING: Final = {
    "medewerker": ("identificatie",),
    "organisatorischeEenheid": ("identificatie",),
    "natuurlijkPersoon": ("inp.bsn", "anp.identificatie"),
    "nietNatuurlijkPersoon": ("inn.nnpId", "ann.identificatie"),
    "vestiging": ("vestigingsNummer",),
}
"""ZDS 4.1.4.2: the elements of which one must identify an initiator, by its kind."""


@dataclass(frozen=True, slots=True)
class GivenRol:
    """The part of a relation that the rules look at: the entiteittype at the other end and the omschrijving."""

    entiteittype: str | None
    omschrijving: str | None


def check_waarden(instance: Instance, leniency: Leniency) -> None:
    """Refuse values that no schema catches: invalid dates and BSNs. Raises StUF055 with all of them."""
    missing = objections(instance, ZAK.elementen, leniency.bsn_objection)
    if missing:
        raise StufFout("StUF055", "; ".join(missing))


def check_new(instance: Instance, zaaktype: Zaaktype, leniency: Leniency) -> None:
    """Refuse a new zaak without the parts that its soort zaaktype requires. Raises StUF055 with all missing parts.

    A requirement of ZDS may be waived; a requirement of RZS for a plan may not.
    """
    missing = [
        *_zaak(instance, leniency),
        *_initiator(instance, zaaktype, leniency),
        *_clienten(instance, zaaktype),
    ]
    if missing:
        raise StufFout("StUF055", f"zaak van zaaktype {zaaktype.code} ({zaaktype.soort}): {'; '.join(missing)}")


def check_plan(zaaktype: Zaaktype, inrichting: Inrichting, related: Iterable[int | None]) -> None:
    """Refuse a levensdomeinplan that refers to no gezinsplan (RZS 6.4.3). Raises StUF055.

    `related` are the zaaktypen, by id, of the zaken that it has a relation with that holds.
    """
    if zaaktype.soort != "levensdomeinplan":
        return
    zaaktypen = (inrichting.zaaktype_with_id(zaaktype_id) for zaaktype_id in related if zaaktype_id)
    if not any(other is not None and other.soort == "gezinsplan" for other in zaaktypen):
        refuse_without_gezinsplan([""])


def refuse_without_gezinsplan(identificaties: Sequence[str]) -> None:
    """Refuse levensdomeinplannen that refer to no gezinsplan, if there are any (RZS 6.4.3). Raises StUF055."""
    if identificaties:
        who = " ".join(["een levensdomeinplan", *(repr(one) for one in identificaties if one)])
        raise StufFout("StUF055", f"{who} verwijst met heeftBetrekkingOpAndere naar zijn gezinsplan (RZS 6.4.3)")


def check_rollen(zaaktype: Zaaktype, rollen: Mapping[str, Sequence[GivenRol]], leniency: Leniency) -> None:
    """Refuse a change that leaves a zaak without a part that its soort zaaktype requires (RZS 6.11.1). Raises StUF055.

    `rollen` are the relations as they will be, by name; unchanged ones are not looked at.
    """
    missing: list[str] = []
    initiatoren = rollen.get("heeftAlsInitiator")
    if initiatoren is not None and len(initiatoren) != 1 and (initiatoren or not _may_be_without(zaaktype, leniency)):
        missing.append(
            f"de zaak zou {len(initiatoren)} initiatoren hebben in plaats van 1; vervangen gaat met R, "
            "zonder einde in de toekomst"
        )
    if zaaktype.soort in _PLANS:
        if any(rol.entiteittype != MDW.code for rol in initiatoren or ()):
            missing.append(f"de initiator van een {zaaktype.soort} is een medewerker (de regisseur)")
        objecten = rollen.get("heeftBetrekkingOp")
        if objecten is not None and not any(rol.omschrijving == CLIENT for rol in objecten):
            said = _said(rol.omschrijving for rol in objecten)
            missing.append(
                f"een {zaaktype.soort} houdt een client: heeftBetrekkingOp met omschrijving {CLIENT!r} (RZS 6.3.2); "
                f"over blijft {said}"
            )
    if missing:
        raise StufFout("StUF055", f"zaak van zaaktype {zaaktype.code}: {'; '.join(missing)}")


def _zaak(instance: Instance, leniency: Leniency) -> Iterator[str]:
    identificatie = values.text(instance.gegevens.get("identificatie"))
    if not identificatie:
        yield "object/identificatie ontbreekt"
    elif error := leniency.identificatie_objection(identificatie, "zaakidentificatie", "ZDS 4.1.4.1"):
        yield error
    if not values.text(instance.gegevens.get("startdatum")):
        yield "object/startdatum ontbreekt"


def _may_be_without(zaaktype: Zaaktype, leniency: Leniency) -> bool:
    """Tell whether a zaak may have no initiator: that of a plan is the regisseur (RZS 6.3.3)."""
    return zaaktype.soort not in _PLANS and leniency.allows("initiator_ontbreekt", _INITIATOR)


def _initiator(instance: Instance, zaaktype: Zaaktype, leniency: Leniency) -> Iterator[str]:
    initiatoren = list(instance.alle("heeftAlsInitiator"))
    if len(initiatoren) != 1 and (initiatoren or not _may_be_without(zaaktype, leniency)):
        yield f"{_INITIATOR} komt {len(initiatoren)} keer voor in plaats van 1 keer"
    for initiator in initiatoren:
        betrokkene = initiator.gerelateerde
        if betrokkene is None:
            yield f"{_INITIATOR}/gerelateerde is leeg"
        elif zaaktype.soort in _PLANS and betrokkene.naam != "medewerker":
            yield f"de initiator van een {zaaktype.soort} is een medewerker (de regisseur), geen {betrokkene.naam}"
        elif not _heeft(betrokkene, *_IDENTIFYING[betrokkene.naam]):
            names = " of ".join(_IDENTIFYING[betrokkene.naam])
            path = f"{_INITIATOR}/gerelateerde/{betrokkene.naam}/{names}"
            if zaaktype.soort in _PLANS or not leniency.allows("initiator_nummer", path):
                yield f"{path} ontbreekt"
        elif zaaktype.soort in _PLANS and not _heeft(betrokkene, "achternaam"):
            yield "object/heeftAlsInitiator/gerelateerde/medewerker/achternaam van de regisseur ontbreekt"


def _clienten(instance: Instance, zaaktype: Zaaktype) -> Iterator[str]:
    if zaaktype.soort not in _PLANS:
        return
    objecten = [
        (values.text(one.gegevens.get("omschrijving")), one.gerelateerde) for one in instance.alle("heeftBetrekkingOp")
    ]
    clienten = [gerelateerde for omschrijving, gerelateerde in objecten if omschrijving == CLIENT]
    if not clienten:
        yield (
            f"een {zaaktype.soort} heeft een client: heeftBetrekkingOp met omschrijving {CLIENT!r} (RZS 6.3.2); "
            f"ontvangen is {_said(omschrijving for omschrijving, _ in objecten)}"
        )
    for client in clienten:
        if client is None or client.naam != "natuurlijkPersoon":
            yield "een client is een natuurlijkPersoon"
            continue
        for naam in ("inp.bsn", "geslachtsnaam"):
            if not _heeft(client, naam):
                yield f"object/heeftBetrekkingOp/gerelateerde/natuurlijkPersoon/{naam} van een client ontbreekt"


def _said(omschrijvingen: Iterable[str | None]) -> str:
    """Name the omschrijvingen of heeftBetrekkingOp: each once, and no more than a reader takes in."""
    texts = (repr(shorten(one, _MAX_TEXT)) if one else "geen omschrijving" for one in omschrijvingen)
    names = list(dict.fromkeys(texts))
    if not names:
        return "geen heeftBetrekkingOp"
    return ", ".join(names[:_MAX_NAMED]) + (", …" if len(names) > _MAX_NAMED else "")


def _heeft(gerelateerde: Gerelateerde, *names: str) -> bool:
    return any(values.text(gerelateerde.gegevens.get(naam)) for naam in names)


# --- Rules of a document: a number of its own, a valid file, a type that its zaken accept (ZDS 4.2.4 - 4.2.6)

_MB: Final = 1_000_000
_MAX_VERSIE: Final = 5
"""Characters of a versie (RGBZ)."""

_PRESENT: Final = Sql("""
    -- the documenttypen of which a zaak has a document with a file
    SELECT DISTINCT d.dct_omschrijving FROM document_zaak r JOIN document d ON d.id = r.document_id
    WHERE r.zaak_id = :zaak_id AND regie_geldt(r.beeindigd) AND d.dct_omschrijving IS NOT NULL
      AND EXISTS (SELECT FROM document_versie v WHERE v.document_id = d.id AND v.sha256 IS NOT NULL)
""")


def check_documentwaarden(leniency: Leniency, *instances: Instance | None) -> None:
    """Refuse values that no schema catches. Raises StUF055 with all of them."""
    said = [one for one in instances if one is not None]
    missing = [error for one in said for error in objections(one, EDC.elementen, leniency.bsn_objection)]
    labels = (values.text(one.gegevens.get("versie")) or "" for one in said)
    missing += [
        f"object/versie {label[:40]!r} is langer dan {_MAX_VERSIE} tekens"
        for label in labels
        if len(label) > _MAX_VERSIE
    ]
    if missing:
        raise StufFout("StUF055", "; ".join(missing))


def check_new_document(instance: Instance, leniency: Leniency) -> str:
    """The identificatie of a new document. Raises StUF055 with all missing elements (docs/afwijkingen.md 38)."""
    identificatie = values.text(instance.gegevens.get("identificatie")) or ""
    missing = list(_missing_elementen(identificatie, instance, leniency))
    if missing:
        raise StufFout("StUF055", "; ".join(missing))
    return identificatie


def check_size(documenten: Documenten, file: Inhoud | None) -> None:
    """Refuse a file that is empty (StUF055) or too large (StUF058)."""
    if file is None:
        return
    if not file.grootte:
        raise StufFout("StUF055", "object/inhoud is leeg: een bestand van 0 bytes is geen document")
    bound = documenten.maximum_mb
    if bound is not None and file.grootte > bound * _MB:
        raise _refused(f"het bestand is {file.grootte} bytes; deze gemeente neemt hoogstens {bound} MB aan")


def check_file_kind(documenten: Documenten, content_type: str, bestandsnaam: str) -> None:
    """Refuse a type or name that a document cannot have, whether its file is there or still to come.

    Raises StUF055 for an invalid type or name, StUF058 for those of a program.
    """
    if objection := objection_against_naam(bestandsnaam) or objection_against_soort(content_type):
        raise StufFout("StUF055", objection)
    soort = content_type.partition(";")[0].strip().lower()
    if soort in documenten.geweigerde_typen or f"{soort.partition('/')[0]}/*" in documenten.geweigerde_typen:
        raise _refused(f"bestanden van het type {soort} worden niet aangenomen")
    extension = bestandsnaam.strip(" .").rpartition(".")[2].lower()
    if extension in documenten.geweigerde_extensies:
        raise _refused(f"bestanden met de extensie {extension} worden niet aangenomen")


def check_documenttype(inrichting: Inrichting, data: Data, zaaktypen: Iterable[int | None]) -> None:
    """Refuse a document of a type that one of its zaken does not accept. Raises StUF058."""
    soort = values.text(data.get("dct.omschrijving"))
    for zaaktype_id in dict.fromkeys(zaaktypen):
        zaaktype = inrichting.zaaktype_with_id(zaaktype_id) if zaaktype_id is not None else None
        if zaaktype is not None:
            _check_at(zaaktype, soort)


def require_documenten(
    connection: Connection, zaaktype: Zaaktype, zaak_id: int, statustypen: Iterable[Statustype]
) -> None:
    """Refuse a status whose documents are absent; no statement when none are required. Raises StUF058."""
    volgnummers = {statustype.volgnummer: statustype.omschrijving for statustype in statustypen}
    needed = [soort for soort in zaaktype.documenttypen if soort.verplicht_bij_status in volgnummers]
    if not needed:
        return
    present = {folded(soort) for soort in _PRESENT.run(connection, {"zaak_id": zaak_id}).scalars()}
    misses = [soort for soort in needed if folded(soort.omschrijving) not in present]
    if misses:
        what = "; ".join(
            f"status {soort.verplicht_bij_status} ({volgnummers[soort.verplicht_bij_status or 0]}) vraagt een document "
            f"van type {soort.omschrijving!r}"
            for soort in misses
        )
        raise _refused(
            f"zaak van zaaktype {zaaktype.code}: {what}, met inhoud; voeg het toe met voegZaakdocumentToe en bied de "
            "status opnieuw aan"
        )


def _missing_elementen(identificatie: str, instance: Instance, leniency: Leniency) -> Iterator[str]:
    if not identificatie:
        yield "object/identificatie ontbreekt"
    elif error := leniency.identificatie_objection(identificatie, "documentidentificatie", "ZDS 4.2.4.1"):
        yield error
    if not values.text(instance.gegevens.get("titel")) and not leniency.allows("titel", "object/titel"):
        yield "object/titel ontbreekt"
    if not any(instance.alle("isRelevantVoor")):
        yield "object/isRelevantVoor ontbreekt: een zaakdocument hoort bij een zaak (ZDS 4.2.4.2)"


def _check_at(zaaktype: Zaaktype, soort: str | None) -> None:
    sought = folded(soort) if soort else None
    known: Sequence[str] = [part.omschrijving for part in zaaktype.documenttypen if not part.geweigerd]
    for documenttype in zaaktype.documenttypen:
        if folded(documenttype.omschrijving) == sought:
            if documenttype.geweigerd:
                raise _refused(f"zaaktype {zaaktype.code} weigert documenten van type {documenttype.omschrijving!r}")
            return
    if zaaktype.andere_documenten == "weigeren":
        what = f"documenttype {soort!r} is niet bekend" if soort else "object/dct.omschrijving ontbreekt"
        listing = ", ".join(known) or "geen"
        raise _refused(f"{what}; zaaktype {zaaktype.code} neemt aan: {listing}")


def _refused(details: str) -> StufFout:
    """A refusal by the policy of the municipality: the message is valid, and the sender must change something."""
    return StufFout("StUF058", details, plek="client")
