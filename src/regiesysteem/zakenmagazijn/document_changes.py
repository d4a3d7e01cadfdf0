"""Documents of zaken: new ones, changes, and their versions (ZDS 4.2)."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson
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
from regiesysteem.zakenmagazijn import checkout, links, rules
from regiesysteem.zakenmagazijn.compare import Wacht, toegepast, wijzigingen
from regiesysteem.zakenmagazijn.pairs import Verandering, veranderingen, weiger_wisseling
from regiesysteem.zakenmagazijn.relations import TO_DOCUMENTS, number, numbers
from regiesysteem.zakenmagazijn.rows import DOCUMENT_REST, kolommen, naar_rij, van_rij
from regiesysteem.zakenmagazijn.zaak_changes import Herkomst
from regiesysteem.zkn.blocks import EIGEN_TIJDSTIP
from regiesysteem.zkn.document import IS_RELEVANT_VOOR
from regiesysteem.zkn.documentgegevens import DOCUMENT, INHOUD

# --- A new document: registered with its file and its zaken, in a fixed number of statements (ZDS 4.2.4 and 4.2.5)

EERSTE_VERSIE: Final = "1.0"
"""The label of the first version, when its sender gives none."""

KOLOMMEN: Final = kolommen(DOCUMENT, DOCUMENT_REST)
"""The columns of a document."""

_ZOEK: Final = Sql("""
    -- the zaken of a document, and whether its identificatie is taken
    SELECT id, identificatie, zaaktype_id, EXISTS (SELECT FROM document WHERE identificatie = :document) AS bezet
    FROM zaak WHERE identificatie = ANY(:zaken)
""")
_REGISTREER: Final = Sql(f"""
    -- a new document with its first version, its zaken and their audit lines; no row, and nothing written, when its
    -- identificatie is taken
    WITH nieuw AS (
        INSERT INTO document ({", ".join(KOLOMMEN)})
        SELECT {", ".join(f"r.{kolom}" for kolom in KOLOMMEN)}
        FROM jsonb_populate_record(NULL::document, CAST(:rij AS jsonb)) r
        ON CONFLICT (identificatie) DO NOTHING
        RETURNING id
    ), versie AS (
        INSERT INTO document_versie
            (document_id, volgnummer, versie, sha256, content_type, bestandsnaam, statussen, bericht_id)
        SELECT id, 1, :versie, decode(:sha256, 'hex'), :content_type, :bestandsnaam,
               CAST(:statussen AS jsonb), :bericht_id
        FROM nieuw
    ), relatie AS (
        {TO_DOCUMENTS.insert({"document_id": "nieuw.id"}, "nieuw", "relaties")}
        RETURNING zaak_id
    ), regel AS (
        INSERT INTO audit (zaak_id, bericht_id, gebeurtenis)
        SELECT zaak_id, :bericht_id, :gebeurtenis FROM relatie
    )
    SELECT id FROM nieuw
""")  # noqa: S608 - names of columns, from the entity table


def voeg_toe(  # noqa: PLR0917 - where to, what, and where it comes from
    verbinding: Connection,
    inrichting: Inrichting,
    opslag: Opslag,
    voorwerp: Voorwerp,
    bestand: Inhoud | None,
    herkomst: Herkomst,
) -> int:
    """Register a new document and give its id; without `bestand` it is a container that waits for its file.

    Raises StUF055 for a missing or wrong element, StUF064 for a zaak that does not exist, StUF067 when the
    documentidentificatie is taken, StUF058 for a document that the municipality does not accept.
    """
    rules.controleer_documentwaarden(herkomst.leniency, voorwerp)
    identificatie = rules.controleer_nieuw_document(voorwerp, herkomst.leniency)
    bestandsrij = bestandskolommen(voorwerp.gegevens, bestand)
    rules.controleer_grootte(inrichting.documenten, bestand)
    rules.controleer_soort(inrichting.documenten, str(bestandsrij["content_type"]), str(bestandsrij["bestandsnaam"]))
    relaties = list(voorwerp.alle("isRelevantVoor"))
    zaken = _zoek_zaken(verbinding, identificatie, numbers(relaties))
    rules.controleer_documenttype(inrichting, voorwerp.gegevens, (zaaktype for _, zaaktype in zaken.values()))
    if bestand is not None:
        opslag.bewaar(verbinding, bestand.bestand, bestand.sha256, bestand.grootte)
    gegevens = eigen_gegevens(voorwerp.gegevens)
    if not values.tekst(gegevens.get("versie")):
        gegevens["versie"] = EERSTE_VERSIE
    rij = naar_rij(DOCUMENT, gegevens, DOCUMENT_REST)
    relatierijen = links.rows_of_new_document(relaties, {naam: zaak_id for naam, (zaak_id, _) in zaken.items()})
    parameters = {
        "rij": orjson.dumps(rij).decode(),
        "versie": rij["versie"],
        **bestandsrij,
        "statussen": orjson.dumps(statusregel(rij["status"], herkomst)).decode(),
        "relaties": orjson.dumps(relatierijen).decode(),
        "vandaag": tijdstip(herkomst.nu)[:8],
        "bericht_id": herkomst.bericht_id,
        "gebeurtenis": herkomst.gebeurtenis,
    }
    document_id = _REGISTREER.voer_uit(verbinding, parameters).scalar_one_or_none()
    if document_id is None:
        raise _bezet(identificatie)
    return int(document_id)


def eigen_gegevens(gegevens: Gegevens) -> Gegevens:
    """The elements of a document in a message, without its file, which belongs to a version."""
    return {naam: waarde for naam, waarde in gegevens.items() if naam != INHOUD.naam}


def bestandskolommen(gegevens: Gegevens, bestand: Inhoud | None) -> dict[str, str | None]:
    """The elements of the file of a version; for a container those of the file to come."""
    if bestand is not None:
        return {
            "sha256": bestand.sha256,
            "content_type": bestand.content_type,
            "bestandsnaam": bestand.bestandsnaam,
        }
    gezegd = gegevens.get(INHOUD.naam)
    attributen = gezegd if isinstance(gezegd, dict) else {}
    return {
        "sha256": None,
        "content_type": str(attributen.get("@contentType", "")),
        "bestandsnaam": str(attributen.get("@bestandsnaam", "")),
    }


def statusregel(status: str | None, herkomst: Herkomst) -> list[dict[str, Any]]:
    """A status in the history of a version; none when the document has none."""
    if not status:
        return []
    return [{"status": status, "op": herkomst.nu.isoformat(), "bericht_id": herkomst.bericht_id}]


def _zoek_zaken(verbinding: Connection, document: str, identificaties: list[str]) -> dict[str, tuple[int, int | None]]:
    """Id and zaaktype id of the zaken by identificatie, when the document may have its own."""
    rijen = _ZOEK.voer_uit(verbinding, {"document": document, "zaken": identificaties}).all()
    gevonden = {rij.identificatie: (rij.id, rij.zaaktype_id) for rij in rijen}
    onbekend = [identificatie for identificatie in identificaties if identificatie not in gevonden]
    if onbekend:
        raise StufFout("StUF064", f"zaak bestaat niet: {', '.join(onbekend)}")
    if any(rij.bezet for rij in rijen):
        raise _bezet(document)
    return gevonden


def _bezet(identificatie: str) -> StufFout:
    return StufFout("StUF067", f"er is al een document met identificatie {identificatie!r}; het blijft zoals het is")


# --- The versions of a document: each keeps its file and its elements; the document is the newest (ZDS 4.2.6)

_GETAL: Final = re.compile(r"[^0-9]*([0-9]{1,4})")
_NUMMER: Final = re.compile(r"[0-9]+(?:\.[0-9]+)*", re.ASCII)
_LEES: Final = Sql(f"""
    -- a document with its newest version, the labels of all, and its check-out
    SELECT d.id, {", ".join(f"d.{kolom}" for kolom in KOLOMMEN)}, v.id AS versie_id, v.volgnummer, v.statussen,
           v.content_type, v.bestandsnaam, v.sha256 IS NULL AS wacht, s.checked_out_id, s.checked_out_by, s.sinds,
           s.zender_organisatie, s.zender_applicatie, s.zender_administratie,
           (SELECT array_agg(a.versie) FROM document_versie a WHERE a.document_id = d.id) AS labels
    FROM document d JOIN document_versie v ON v.document_id = d.id LEFT JOIN document_slot s ON s.document_id = d.id
    WHERE d.id = :id ORDER BY v.volgnummer DESC LIMIT 1
""")  # noqa: S608 - names of columns, from the entity table
_DOCUMENT: Final = f"""
    regel AS (
        INSERT INTO audit (zaak_id, bericht_id, gebeurtenis, gewijzigd)
        SELECT zaak_id, :bericht_id, :gebeurtenis, CAST(:gewijzigd AS jsonb) FROM (
            SELECT zaak_id FROM document_zaak WHERE document_id = :id AND regie_geldt(beeindigd)
            UNION SELECT unnest(CAST(:zaken AS bigint[]))
        ) betrokken
    ), vrij AS (DELETE FROM document_slot WHERE document_id = :id AND :geef_vrij)
    UPDATE document SET ({", ".join(KOLOMMEN)}) =
        (SELECT {", ".join(f"r.{kolom}" for kolom in KOLOMMEN)}
         FROM jsonb_populate_record(NULL::document, CAST(:rij AS jsonb)) r)
    WHERE id = :id
"""  # noqa: S608 - names of columns, from the entity table
_WERK_BIJ: Final = Sql(f"""
    -- a document after a change, with its newest version, its audit lines, and when that is asked its release
    WITH versie AS (
        UPDATE document_versie SET versie = :versie, sha256 = coalesce(decode(:sha256, 'hex'), sha256),
               content_type = :content_type, bestandsnaam = :bestandsnaam, statussen = CAST(:statussen AS jsonb)
        WHERE id = :versie_id
    ), {_DOCUMENT}
""")  # noqa: S608 - our own text
_NIEUWE_VERSIE: Final = Sql(f"""
    -- a document with a new version; the one before keeps the data of the document until now
    WITH vorige AS (
        UPDATE document_versie SET gegevens = CAST(:toen AS jsonb) WHERE id = :versie_id
    ), versie AS (
        INSERT INTO document_versie
            (document_id, volgnummer, versie, sha256, content_type, bestandsnaam, statussen, bericht_id)
        VALUES (:id, :volgnummer, :versie, decode(:sha256, 'hex'), :content_type, :bestandsnaam,
                CAST(:statussen AS jsonb), :bericht_id)
    ), {_DOCUMENT}
""")  # noqa: S608 - our own text


def lees(verbinding: Connection, document_id: int) -> Mapping[Any, Any]:
    """A document that the caller has locked, as a row for `schrijf` and for `checkout.slot_van`."""
    return _LEES.voer_uit(verbinding, {"id": document_id}).mappings().one()


def schrijf(
    verbinding: Connection,
    rij: Mapping[Any, Any],
    gegevens: Gegevens,
    bestand: Mapping[str, str | None],
    herkomst: Herkomst,
    *,
    gewijzigd: Sequence[str],
    zaken: Sequence[int],
    nieuw: bool,
    geef_vrij: bool,
) -> None:
    """Write a document after a change.

    `bestand` are the columns of its file, `nieuw` tells whether they make a new version. `zaken` get an audit line also
    when the document no longer belongs to them. The label in `gegevens` must be free where it differs.
    """
    kolommen = naar_rij(DOCUMENT, gegevens, DOCUMENT_REST)
    if bestand["sha256"] or any(bestand[naam] != rij[naam] for naam in ("content_type", "bestandsnaam")):
        # Another file is a change of the document too, also when no element changes.
        kolommen[EIGEN_TIJDSTIP.kolom] = None
    statussen = [] if nieuw else list(rij["statussen"])
    if nieuw or kolommen["status"] != rij["status"]:
        statussen += statusregel(kolommen["status"], herkomst)
    parameters = {
        "id": rij["id"],
        "rij": orjson.dumps(kolommen).decode(),
        "versie_id": rij["versie_id"],
        "versie": kolommen["versie"],
        **bestand,
        "statussen": orjson.dumps(statussen).decode(),
        "bericht_id": herkomst.bericht_id,
        "gebeurtenis": herkomst.gebeurtenis,
        "gewijzigd": orjson.dumps(list(gewijzigd)).decode(),
        "zaken": list(zaken),
        "geef_vrij": geef_vrij,
    }
    if nieuw:
        toen = van_rij(DOCUMENT, rij, DOCUMENT_REST)
        parameters |= {"toen": orjson.dumps(toen).decode(), "volgnummer": rij["volgnummer"] + 1}
    (_NIEUWE_VERSIE if nieuw else _WERK_BIJ).voer_uit(verbinding, parameters)


def controleer_label(identificatie: str, gezegd: str, huidig: str, labels: Sequence[str]) -> None:
    """Refuse a label that a version has, or that is not above the newest. Raises StUF067 (docs/afwijkingen.md 36).

    A label is text (RGBZ, versie). Two labels that are numbers compare between the dots: 1.10 above 1.9, and 1 as 1.0.
    """
    if gezegd in labels:
        raise StufFout(
            "StUF067", f"document {identificatie!r} heeft al een versie {gezegd!r}; de nieuwste is {huidig!r}"
        )
    nieuw, oud = _nummer(gezegd), _nummer(huidig)
    if nieuw and oud and nieuw <= oud:
        raise StufFout(
            "StUF067", f"versie {gezegd!r} van document {identificatie!r} komt niet na de nieuwste, {huidig!r}"
        )


def volgend_label(labels: Sequence[str]) -> str:
    """The label of a new version when its sender names none: the next major one (docs/afwijkingen.md 36)."""
    nummers = [int(gevonden[1]) for label in labels if (gevonden := _GETAL.match(label))]
    hoogste = max(nummers, default=0) + 1
    return f"{hoogste}.0" if hoogste < 1000 else str(hoogste)


def _nummer(label: str) -> tuple[int, ...]:
    delen = [int(deel) for deel in label.split(".")] if _NUMMER.fullmatch(label) else []
    while len(delen) > 1 and not delen[-1]:
        delen.pop()
    return tuple(delen)


# --- A change of a document: its elements, its file, its zaken; guarded by `was` and by its check-out (ZDS 4.2.6)

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
    sleutel: checkout.Sleutel | None = None
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


def wijzig_document(
    verbinding: Connection, inrichting: Inrichting, opslag: Opslag, opdracht: Documentopdracht, herkomst: Herkomst
) -> int:
    """Apply a change to a document and give its id; the key in the message is used up.

    Raises StUF055 for a wrong element, StUF064 for a document, zaak or relation that does not exist, StUF067 for a
    version that exists or is below the newest. Raises StUF058 when another sender has the document, when the
    checkedOutId does not hold or is missing where a file would be replaced, or when the municipality does not accept
    the document. Raises StUF063 when `was` differs from the registration and [regels] refuses that.
    """
    rules.controleer_documentwaarden(herkomst.leniency, opdracht.was, opdracht.wordt)
    rules.controleer_grootte(inrichting.documenten, opdracht.bestand)
    identificatie = _identificatie(opdracht)
    was = opdracht.was.relaties.get(_RELATIE, []) if opdracht.was else []
    alle = veranderingen(was, opdracht.wordt.relaties.get(_RELATIE, []))
    weiger_wisseling(alle)
    te_doen = [een for een in alle if een.soort != "I"]
    wacht = Wacht(inrichting.regels.was, f"document {identificatie!r}")
    zaken = links.find_and_guard_zaken(verbinding, inrichting, wacht, te_doen)
    document_id = checkout.vergrendel(verbinding, identificatie)
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
    rij = lees(verbinding, document_id)
    bekend = van_rij(DOCUMENT, rij, DOCUMENT_REST)
    was = eigen_gegevens(opdracht.was.gegevens) if opdracht.was else None
    gezegd = {n: w for n, w in eigen_gegevens(opdracht.wordt.gegevens).items() if n != "identificatie"}
    veranderd = wijzigingen(wacht, "", bekend, was, gezegd)
    raakt_document = bool(veranderd) or INHOUD.naam in opdracht.wordt.gegevens or opdracht.sleutel is not None
    heeft_slot = False
    if raakt_document:
        slot = checkout.slot_van(rij)
        heeft_slot = checkout.controleer(
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
        rules.controleer_soort(inrichting.documenten, bestand["content_type"] or "", bestand["bestandsnaam"] or "")
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
    rules.controleer_documenttype(inrichting, wijziging.bekend | wijziging.veranderd, erbij)


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
    schrijf(
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
        return volgend_label(rij["labels"]) if nieuw else None
    # A container has no version yet that another could precede.
    if not rij["wacht"]:
        controleer_label(rij["identificatie"], gezegd, huidig, rij["labels"])
    return gezegd


def _bestand(rij: Mapping[Any, Any], opdracht: Documentopdracht) -> dict[str, str | None]:
    """The columns of the file; elements that the message leaves out of a new file stay as they were."""
    kolommen = bestandskolommen(opdracht.wordt.gegevens, opdracht.bestand)
    return kolommen | {naam: kolommen[naam] or rij[naam] for naam in _GEZEGD}
