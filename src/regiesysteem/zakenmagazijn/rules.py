"""Rules for a new zaak or document, and for what a change leaves of one.

Sources: ZDS 4.1.4.2 and 4.2; RZS 6.3 and 6.4.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
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
from regiesysteem.stuf.read import Gerelateerde, Voorwerp
from regiesysteem.stuf.shorten import shorten
from regiesysteem.stuf.values import Gegevens
from regiesysteem.zkn.document import EDC
from regiesysteem.zkn.parties import MDW
from regiesysteem.zkn.zaak import ZAK

# --- Requirements of a new zaak, by soort zaaktype (ZDS 4.1.4.2; RZS 6.3.3, 6.4.3, 6.6.3)

CLIENT: Final = "Client"
"""RZS 6.3.2: the fixed omschrijving of the relation between a plan and the people it is for."""

_MAX_TEKST: Final = 60
_MAX_GENOEMD: Final = 5
_PLANNEN: Final = ("gezinsplan", "levensdomeinplan")
_INITIATOR: Final = "object/heeftAlsInitiator"
_IDENTIFICEREND: Final = {
    "medewerker": ("identificatie",),
    "organisatorischeEenheid": ("identificatie",),
    "natuurlijkPersoon": ("inp.bsn", "anp.identificatie"),
    "nietNatuurlijkPersoon": ("inn.nnpId", "ann.identificatie"),
    "vestiging": ("vestigingsNummer",),
}
"""ZDS 4.1.4.2: the elements of which one must identify an initiator, by its kind."""


@dataclass(frozen=True, slots=True)
class Rol:
    """The part of a relation that the rules look at: the entiteittype at the other end and the omschrijving."""

    entiteittype: str | None
    omschrijving: str | None


def controleer_waarden(voorwerp: Voorwerp, leniency: Leniency) -> None:
    """Refuse values that no schema catches: invalid dates and BSNs. Raises StUF055 with all of them."""
    fouten = bezwaren(voorwerp, ZAK.elementen, leniency.bsn_objection)
    if fouten:
        raise StufFout("StUF055", "; ".join(fouten))


def controleer_nieuw(voorwerp: Voorwerp, zaaktype: Zaaktype, leniency: Leniency) -> None:
    """Refuse a new zaak without the parts that its soort zaaktype requires. Raises StUF055 with all missing parts.

    A requirement of ZDS may be waived; a requirement of RZS for a plan may not.
    """
    fouten = [
        *_zaak(voorwerp, leniency),
        *_initiator(voorwerp, zaaktype, leniency),
        *_clienten(voorwerp, zaaktype),
    ]
    if fouten:
        raise StufFout("StUF055", f"zaak van zaaktype {zaaktype.code} ({zaaktype.soort}): {'; '.join(fouten)}")


def controleer_plan(zaaktype: Zaaktype, inrichting: Inrichting, related: Iterable[int | None]) -> None:
    """Refuse a levensdomeinplan that refers to no gezinsplan (RZS 6.4.3). Raises StUF055.

    `related` are the zaaktypen, by id, of the zaken that it has a relation with that holds.
    """
    if zaaktype.soort != "levensdomeinplan":
        return
    zaaktypen = (inrichting.zaaktype_met_id(zaaktype_id) for zaaktype_id in related if zaaktype_id)
    if not any(ander is not None and ander.soort == "gezinsplan" for ander in zaaktypen):
        weiger_zonder_gezinsplan([""])


def weiger_zonder_gezinsplan(identificaties: Sequence[str]) -> None:
    """Refuse levensdomeinplannen that refer to no gezinsplan, if there are any (RZS 6.4.3). Raises StUF055."""
    if identificaties:
        wie = " ".join(["een levensdomeinplan", *(repr(een) for een in identificaties if een)])
        raise StufFout("StUF055", f"{wie} verwijst met heeftBetrekkingOpAndere naar zijn gezinsplan (RZS 6.4.3)")


def controleer_rollen(zaaktype: Zaaktype, rollen: Mapping[str, Sequence[Rol]], leniency: Leniency) -> None:
    """Refuse a change that leaves a zaak without a part that its soort zaaktype requires (RZS 6.11.1). Raises StUF055.

    `rollen` are the relations as they will be, by name; unchanged ones are not looked at.
    """
    fouten: list[str] = []
    initiatoren = rollen.get("heeftAlsInitiator")
    if initiatoren is not None and len(initiatoren) != 1 and (initiatoren or not _mag_zonder(zaaktype, leniency)):
        fouten.append(
            f"de zaak zou {len(initiatoren)} initiatoren hebben in plaats van 1; vervangen gaat met R, "
            "zonder einde in de toekomst"
        )
    if zaaktype.soort in _PLANNEN:
        if any(rol.entiteittype != MDW.code for rol in initiatoren or ()):
            fouten.append(f"de initiator van een {zaaktype.soort} is een medewerker (de regisseur)")
        objecten = rollen.get("heeftBetrekkingOp")
        if objecten is not None and not any(rol.omschrijving == CLIENT for rol in objecten):
            gezegd = _gezegd(rol.omschrijving for rol in objecten)
            fouten.append(
                f"een {zaaktype.soort} houdt een client: heeftBetrekkingOp met omschrijving {CLIENT!r} (RZS 6.3.2); "
                f"over blijft {gezegd}"
            )
    if fouten:
        raise StufFout("StUF055", f"zaak van zaaktype {zaaktype.code}: {'; '.join(fouten)}")


def _zaak(voorwerp: Voorwerp, leniency: Leniency) -> Iterator[str]:
    identificatie = values.tekst(voorwerp.gegevens.get("identificatie"))
    if not identificatie:
        yield "object/identificatie ontbreekt"
    elif fout := leniency.identificatie_objection(identificatie, "zaakidentificatie", "ZDS 4.1.4.1"):
        yield fout
    if not values.tekst(voorwerp.gegevens.get("startdatum")):
        yield "object/startdatum ontbreekt"


def _mag_zonder(zaaktype: Zaaktype, leniency: Leniency) -> bool:
    """Tell whether a zaak may have no initiator: that of a plan is the regisseur (RZS 6.3.3)."""
    return zaaktype.soort not in _PLANNEN and leniency.allows("initiator_ontbreekt", _INITIATOR)


def _initiator(voorwerp: Voorwerp, zaaktype: Zaaktype, leniency: Leniency) -> Iterator[str]:
    initiatoren = list(voorwerp.alle("heeftAlsInitiator"))
    if len(initiatoren) != 1 and (initiatoren or not _mag_zonder(zaaktype, leniency)):
        yield f"{_INITIATOR} komt {len(initiatoren)} keer voor in plaats van 1 keer"
    for initiator in initiatoren:
        betrokkene = initiator.gerelateerde
        if betrokkene is None:
            yield f"{_INITIATOR}/gerelateerde is leeg"
        elif zaaktype.soort in _PLANNEN and betrokkene.naam != "medewerker":
            yield f"de initiator van een {zaaktype.soort} is een medewerker (de regisseur), geen {betrokkene.naam}"
        elif not _heeft(betrokkene, *_IDENTIFICEREND[betrokkene.naam]):
            namen = " of ".join(_IDENTIFICEREND[betrokkene.naam])
            plek = f"{_INITIATOR}/gerelateerde/{betrokkene.naam}/{namen}"
            if zaaktype.soort in _PLANNEN or not leniency.allows("initiator_nummer", plek):
                yield f"{plek} ontbreekt"
        elif zaaktype.soort in _PLANNEN and not _heeft(betrokkene, "achternaam"):
            yield "object/heeftAlsInitiator/gerelateerde/medewerker/achternaam van de regisseur ontbreekt"


def _clienten(voorwerp: Voorwerp, zaaktype: Zaaktype) -> Iterator[str]:
    if zaaktype.soort not in _PLANNEN:
        return
    objecten = [
        (values.tekst(een.gegevens.get("omschrijving")), een.gerelateerde) for een in voorwerp.alle("heeftBetrekkingOp")
    ]
    clienten = [gerelateerde for omschrijving, gerelateerde in objecten if omschrijving == CLIENT]
    if not clienten:
        yield (
            f"een {zaaktype.soort} heeft een client: heeftBetrekkingOp met omschrijving {CLIENT!r} (RZS 6.3.2); "
            f"ontvangen is {_gezegd(omschrijving for omschrijving, _ in objecten)}"
        )
    for client in clienten:
        if client is None or client.naam != "natuurlijkPersoon":
            yield "een client is een natuurlijkPersoon"
            continue
        for naam in ("inp.bsn", "geslachtsnaam"):
            if not _heeft(client, naam):
                yield f"object/heeftBetrekkingOp/gerelateerde/natuurlijkPersoon/{naam} van een client ontbreekt"


def _gezegd(omschrijvingen: Iterable[str | None]) -> str:
    """Name the omschrijvingen of heeftBetrekkingOp: each once, and no more than a reader takes in."""
    teksten = (repr(shorten(een, _MAX_TEKST)) if een else "geen omschrijving" for een in omschrijvingen)
    namen = list(dict.fromkeys(teksten))
    if not namen:
        return "geen heeftBetrekkingOp"
    return ", ".join(namen[:_MAX_GENOEMD]) + (", …" if len(namen) > _MAX_GENOEMD else "")


def _heeft(gerelateerde: Gerelateerde, *namen: str) -> bool:
    return any(values.tekst(gerelateerde.gegevens.get(naam)) for naam in namen)


# --- Rules of a document: a number of its own, a valid file, a type that its zaken accept (ZDS 4.2.4 - 4.2.6)

_MB: Final = 1_000_000
_MAX_VERSIE: Final = 5
"""Characters of a versie (RGBZ)."""

_AANWEZIG: Final = Sql("""
    -- the documenttypen of which a zaak has a document with a file
    SELECT DISTINCT d.dct_omschrijving FROM document_zaak r JOIN document d ON d.id = r.document_id
    WHERE r.zaak_id = :zaak_id AND regie_geldt(r.beeindigd) AND d.dct_omschrijving IS NOT NULL
      AND EXISTS (SELECT FROM document_versie v WHERE v.document_id = d.id AND v.sha256 IS NOT NULL)
""")


def controleer_documentwaarden(leniency: Leniency, *voorwerpen: Voorwerp | None) -> None:
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


def controleer_nieuw_document(voorwerp: Voorwerp, leniency: Leniency) -> str:
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
