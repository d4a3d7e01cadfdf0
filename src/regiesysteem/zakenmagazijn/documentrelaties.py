"""Which documents belong to which zaken: told from either side, kept once (ZDS 4.2.4; docs/afwijkingen.md 35)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson
from sqlalchemy import Connection

from regiesysteem.database import Sql
from regiesysteem.inrichting.current import Inrichting, Zaaktype
from regiesysteem.stuf.faults import StufFout
from regiesysteem.stuf.read import Voorkomen
from regiesysteem.stuf.values import Gegevens
from regiesysteem.zakenmagazijn.documentregels import controleer_documenttype
from regiesysteem.zakenmagazijn.koppelingen import identificatie_van
from regiesysteem.zakenmagazijn.paren import Verandering, bewaak_ander, eenmalig, samen
from regiesysteem.zakenmagazijn.rijen import (
    DOCUMENT_REST,
    beeindig,
    beeindiging,
    einde,
    geldt,
    kolommen,
    naar_rij,
    van_rij,
)
from regiesysteem.zakenmagazijn.vergelijken import Wacht, bewaak, toegepast, wijzigingen
from regiesysteem.zkn.documentgegevens import DOCUMENT, ZAAKDOCUMENT

_RIJEN: Final = """
    jsonb_to_recordset(CAST(:relaties AS jsonb))
        AS r (id bigint, document_id bigint, zaak_id bigint, registratiedatum text, beeindigd text, inhoud jsonb)
"""
_LEG: Final = Sql(f"""
    -- relations between documents and zaken that are not there
    INSERT INTO document_zaak (document_id, zaak_id, registratiedatum, beeindigd, inhoud)
    SELECT r.document_id, r.zaak_id, coalesce(r.registratiedatum, :vandaag), r.beeindigd, r.inhoud FROM {_RIJEN}
""")  # noqa: S608 - our own text
_LEES: Final = Sql("""
    -- the relations that hold of a document with zaken, or of a zaak with documents
    SELECT id, document_id, zaak_id, registratiedatum, inhoud FROM document_zaak
    WHERE (document_id = :document_id OR zaak_id = :zaak_id) AND regie_geldt(beeindigd)
""")
_BEEINDIG: Final = Sql(beeindig("document_zaak"))
_WIJZIG: Final = Sql(f"""
    -- the elements of relations between documents and zaken after a change
    UPDATE document_zaak z SET registratiedatum = r.registratiedatum, beeindigd = r.beeindigd, inhoud = r.inhoud
    FROM {_RIJEN} WHERE z.id = r.id
""")  # noqa: S608 - our own text
_ZOEK_DOCUMENTEN: Final = Sql(f"""
    -- the documents that a zaak relates to; locked as by a message about them, which may say the same
    SELECT id, {", ".join(kolommen(DOCUMENT, DOCUMENT_REST))} FROM document WHERE identificatie = ANY(:identificaties)
    ORDER BY id FOR NO KEY UPDATE
""")  # noqa: S608 - names of columns, from the entity table
_GEEN: Final = 0
"""An id that no row has."""


@dataclass(frozen=True, slots=True)
class Kant:
    """The document or the zaak whose message it is, and those at the other end, by identificatie."""

    eigen: int
    van_document: bool
    anderen: Mapping[str, int]

    def paar(self, voorkomen: Voorkomen) -> dict[str, int]:
        """The ids of both ends of a relation."""
        ander = self.anderen[identificatie_van(voorkomen)]
        document, zaak = (self.eigen, ander) if self.van_document else (ander, self.eigen)
        return {"document_id": document, "zaak_id": zaak}


def genoemd(veranderingen: Iterable[Verandering]) -> list[str]:
    """The identificaties at the other end, of what is to happen. Raises StUF055 where one is missing."""
    voorkomens = (een for v in veranderingen for een in (v.was, v.wordt) if een is not None)
    return list(dict.fromkeys(identificatie_van(een) for een in voorkomens))


def rijen(voorkomens: Iterable[Voorkomen], zaken: Mapping[str, int]) -> list[dict[str, Any]]:
    """The rows of the relations of a new document. Raises StUF067 for one that is contradicted."""
    return [_rij(een.gegevens) | {"zaak_id": zaken[identificatie_van(een)]} for een in samen(voorkomens)]


def muteer(
    verbinding: Connection, wacht: Wacht, kant: Kant, veranderingen: Sequence[Verandering], nu: str
) -> list[int]:
    """Lay, change and end relations, in at most four statements; gives the ids of the zaken that it is about.

    The document is locked, by whoever of both it is that changes. Raises StUF064 for a relation that is to change or
    end and is not there, and what `paren.eenmalig` raises.
    """
    te_doen = eenmalig(een for een in veranderingen if een.soort != "I")
    if not te_doen:
        return []
    eigen = {"document_id": kant.eigen, "zaak_id": _GEEN} if kant.van_document else {
        "document_id": _GEEN, "zaak_id": kant.eigen}  # fmt: skip
    bekend = {(rij["document_id"], rij["zaak_id"]): rij for rij in _LEES.voer_uit(verbinding, eigen).mappings()}
    weg: list[dict[str, Any]] = []
    gewijzigd: dict[tuple[int, int], dict[str, Any]] = {}
    nieuw: list[dict[str, Any]] = []
    # What goes first, so that what comes may take its place, in whatever order the message has them.
    for een in te_doen:
        if een.soort == "T" or (een.soort == "R" and een.was is None):
            continue
        paar = kant.paar(een.oud)
        plek = paar["document_id"], paar["zaak_id"]
        rij = bekend.get(plek)
        if rij is None:
            raise StufFout("StUF064", f"object/{een.naam}: er is geen relatie met {identificatie_van(een.oud)!r}")
        if een.soort == "W":
            gewijzigd[plek] = paar | {"id": rij["id"]} | _gewijzigd(wacht, rij, een.was, een.nieuw)
            continue
        bewaak(wacht, f"{een.naam}/", van_rij(ZAAKDOCUMENT, rij), een.was.gegevens if een.was else None)
        eind = beeindiging(rij, {} if een.soort == "V" else een.oud.gegevens, nu)
        if geldt(eind["op"], nu):
            # It holds until then, and may be told again.
            gewijzigd[plek] = {**rij, "beeindigd": eind["op"], "inhoud": {**rij["inhoud"], **eind["inhoud"]}}
        else:
            weg.append(eind)
            del bekend[plek]
    for een in te_doen:
        if een.soort in "TR":
            paar = kant.paar(een.nieuw)
            plek = paar["document_id"], paar["zaak_id"]
            # A relation that is there is told again: what is said comes on top of what is known.
            eerder = gewijzigd.get(plek) or bekend.get(plek)
            if eerder is not None:
                gewijzigd[plek] = paar | {"id": eerder["id"]} | _gewijzigd(wacht, eerder, None, een.nieuw)
            else:
                nieuw.append(paar | _rij(een.nieuw.gegevens))
    _schrijf(verbinding, weg, list(gewijzigd.values()), nieuw, nu)
    halven = (half for een in te_doen for half in (een.was, een.wordt) if half is not None)
    return list(dict.fromkeys(kant.paar(half)["zaak_id"] for half in halven))


def _schrijf(
    verbinding: Connection,
    weg: Sequence[dict[str, Any]],
    gewijzigd: Sequence[dict[str, Any]],
    nieuw: Sequence[dict[str, Any]],
    nu: str,
) -> None:
    if weg:
        _BEEINDIG.voer_uit(verbinding, {"rijen": orjson.dumps(weg).decode()})
    if gewijzigd:
        _WIJZIG.voer_uit(verbinding, {"relaties": orjson.dumps(gewijzigd).decode()})
    if nieuw:
        _LEG.voer_uit(verbinding, {"relaties": orjson.dumps(nieuw).decode(), "vandaag": nu[:8]})


def muteer_van_zaak(  # noqa: PLR0917 - a zaak, what changes, and by which rules
    verbinding: Connection,
    inrichting: Inrichting,
    wacht: Wacht,
    zaaktype: Zaaktype,
    zaak_id: int,
    veranderingen: Sequence[Verandering],
    nu: str,
) -> bool:
    """Relate and release documents as the message of a zaak says; whether anything was to be done.

    No schema lets a zakLk01 say so; senders that are `soepel` do (docs/afwijkingen.md 35). Raises StUF064 for a
    document that does not exist, StUF058 for one that the zaaktype does not take.
    """
    te_doen = [een for een in veranderingen if een.soort != "I"]
    if not te_doen:
        return False
    identificaties = genoemd(te_doen)
    rijen = _ZOEK_DOCUMENTEN.voer_uit(verbinding, {"identificaties": identificaties}).mappings()
    gevonden = {rij["identificatie"]: rij for rij in rijen}
    onbekend = [identificatie for identificatie in identificaties if identificatie not in gevonden]
    if onbekend:
        raise StufFout("StUF064", f"gerelateerd document bestaat niet: {', '.join(onbekend)}")
    for een in te_doen:
        if een.soort in "TR":
            soort = gevonden[identificatie_van(een.nieuw)]["dct_omschrijving"]
            controleer_documenttype(inrichting, {"dct.omschrijving": soort} if soort else {}, [zaaktype.id])
        if een.was is not None:
            bekend = gevonden[identificatie_van(een.was)]
            bewaak_ander(wacht, een, van_rij(DOCUMENT, bekend, DOCUMENT_REST))
    kant = Kant(zaak_id, van_document=False, anderen={naam: rij["id"] for naam, rij in gevonden.items()})
    return bool(muteer(verbinding, wacht, kant, te_doen, nu))


def _gewijzigd(wacht: Wacht, rij: Mapping[Any, Any], was: Voorkomen | None, wordt: Voorkomen) -> dict[str, Any]:
    """The elements of a relation after a change."""
    bekend = van_rij(ZAAKDOCUMENT, rij)
    eerst = was.gegevens if was else None
    veranderd = wijzigingen(wacht, f"{wordt.relatie.naam}/", bekend, eerst, wordt.gegevens)
    return _rij(toegepast(ZAAKDOCUMENT, bekend, veranderd))


def _rij(gegevens: Gegevens) -> dict[str, Any]:
    return naar_rij(ZAAKDOCUMENT, gegevens) | {"beeindigd": einde(gegevens)}
