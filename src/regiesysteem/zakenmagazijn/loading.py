"""Zaken and documents for an answer: ids in, all that the scope asks out, in a fixed number of statements."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

import orjson
from sqlalchemy import Connection

from regiesysteem.db import Sql
from regiesysteem.inrichting.current import Inrichting
from regiesysteem.stuf import values
from regiesysteem.stuf.entity import Entiteit, Keuze, Relatie
from regiesysteem.stuf.faults import StufFout
from regiesysteem.stuf.values import Gegevens
from regiesysteem.stuf.write import KERNGEGEVENS, Beeld, Modus, RelatieBeeld, Scope
from regiesysteem.zakenmagazijn.document_changes import KOLOMMEN
from regiesysteem.zakenmagazijn.links import DEELZAKEN_INDICATIE, deelzaken_indicatie
from regiesysteem.zakenmagazijn.relations import TO_OBJECTS, TO_STATUSES, TO_ZAKEN
from regiesysteem.zakenmagazijn.rows import (
    DOCUMENT_REST,
    GERELATEERDE,
    Rij,
    holds,
    kolommen,
    statustype_gegevens,
    van_rij,
    voeg_samen,
    zaaktype_gegevens,
)
from regiesysteem.zakenmagazijn.zaak_changes import ONBEKENDE_RELATIES
from regiesysteem.zkn.blocks import AFGELEID_TIJDSTIP, EIGEN_TIJDSTIP
from regiesysteem.zkn.document import IS_RELEVANT_VOOR
from regiesysteem.zkn.documentgegevens import DOCUMENT, ZAAKDOCUMENT
from regiesysteem.zkn.zaak import HEEFT, HEEFT_BETREKKING_OP_ANDERE, HEEFT_RELEVANT, IS_GEZET_DOOR, IS_VAN, ZAK

# --- Zaken with their relations, loaded for an answer with one statement for fifty of them

MAX_ANTWOORD: Final = 4_000_000
"""Characters of the rows of several zaken in one answer; the XML has a few times as many."""

MAX_ZAAK: Final = 16_000_000
"""Characters of the rows of a zaak that is the only one in its answer: the longest text of a message fits."""

_ONBEGRENSD: Final = 2**31 - 2
_FEW: Final = MAX_ZAAK // MAX_ANTWOORD
"""Zaken that may each be read up to MAX_ANTWOORD before they are counted: together no more than one zaak may be."""
_STAPEL: Final = 50
"""Zaken that the first statement loads, the next ones four times as many: when one stops, the rest was made in vain."""

ZAAKKOLOMMEN: Final = ("id", "zaaktype_id", *kolommen(ZAK.elementen))
"""The columns of a zaak that an answer needs."""

_EIGEN: Final = ", ".join(
    f"{deelzaken_indicatie('z')} AS {kolom}" if kolom == DEELZAKEN_INDICATIE else f"z.{kolom}" for kolom in ZAAKKOLOMMEN
)
# The asked relations of a zaak to objects that hold, in the order of their registration.
_RELATIES: Final = f"""
    SELECT r.relatie, {TO_OBJECTS.answered("r")},
           o.entiteittype, o.identificatie, o.naam, o.inhoud AS object_inhoud
    FROM zaak_relatie r LEFT JOIN object o ON o.id = r.object_id
    WHERE r.zaak_id = z.id AND r.relatie = ANY(:objectrelaties) AND {holds("r.beeindigd")}
    ORDER BY r.id
"""  # noqa: S608 - names of columns, from the entity table
# The statuses of a zaak, oldest first.
_STATUSSEN: Final = f"""
    SELECT s.statustype_id, s.laatste, {TO_STATUSES.answered("s")},
           o.entiteittype, o.identificatie, o.naam, o.inhoud AS object_inhoud
    FROM zaak_status s LEFT JOIN object o ON o.id = s.gezet_door_id
    WHERE s.zaak_id = z.id AND (s.laatste OR NOT :alleen_laatste)
    ORDER BY s.moment, s.id
"""  # noqa: S608 - names of columns, from the entity table
# The relations with other zaken that hold, seen from this one, with the zaak at the other end.
_KOPPELINGEN: Final = f"""
    SELECT k.relatie, k.inhoud || jsonb_build_object('tijdstipRegistratie', k.tijdstip_registratie) AS koppeling,
           {", ".join(f"a.{kolom}" for kolom in ZAAKKOLOMMEN)}
    FROM (
        SELECT id, naar_id AS ander_id, relatie, inhoud, tijdstip_registratie, beeindigd
        FROM zaak_zaak WHERE van_id = z.id
        UNION ALL
        SELECT id, van_id, CASE relatie WHEN 'heeftAlsDeelzaak' THEN 'heeftAlsHoofdzaak' ELSE relatie END, inhoud,
               tijdstip_registratie, beeindigd
        FROM zaak_zaak WHERE naar_id = z.id
    ) k JOIN zaak a ON a.id = k.ander_id
    WHERE k.relatie = ANY(:zaakrelaties) AND {holds("k.beeindigd")}
    ORDER BY k.id
"""  # noqa: S608 - names of columns, from the entity table
# The documents of a zaak, in the order of their relations, without their files.
_DOCUMENTEN: Final = f"""
    SELECT r.registratiedatum, r.tijdstip_registratie AS sinds, r.inhoud,
           {", ".join(f"d.{kolom}" for kolom in kolommen(DOCUMENT, DOCUMENT_REST))}
    FROM document_zaak r JOIN document d ON d.id = r.document_id
    WHERE r.zaak_id = z.id AND {holds("r.beeindigd")}
    ORDER BY r.id
"""  # noqa: S608 - names of columns, from the entity table
_DELEN: Final = {
    "relaties": _RELATIES,
    "statussen": _STATUSSEN,
    "koppelingen": _KOPPELINGEN,
    "documenten": _DOCUMENTEN,
}


@lru_cache(maxsize=500)
def _opdracht(eigen: str, delen: tuple[str, ...], *, few: bool) -> Sql:
    """The statement for zaken by id: their `eigen` columns, and for each of `delen` an array of rows.

    One row per zaak, in the order of the ids: a document. For a `few` zaken each is cut off one character after
    `ruimte`. For more, a row is NULL once they are more than `ruimte` together, which takes PostgreSQL longer.
    """
    rijen = [f"(SELECT json_agg(d) FROM ({_DELEN[deel]}) d) AS {deel}" for deel in delen]  # noqa: S608 - our own texts
    velden = ", ".join([eigen, *rijen])
    zaken = f"SELECT {velden} FROM zaak z WHERE z.id = ANY(CAST(:ids AS bigint[]))"  # noqa: S608
    if few:
        return Sql(f"""
            -- a few zaken with their relations, a document each, cut off where it is too long
            SELECT left(row_to_json(v)::text, :ruimte + 1) FROM ({zaken}) v
            ORDER BY array_position(CAST(:ids AS bigint[]), v.id)
        """)  # noqa: S608
    return Sql(f"""
        -- zaken with their relations, a document each
        SELECT CASE WHEN sum(length(tekst)) OVER (ORDER BY rang) <= :ruimte THEN tekst END
        FROM (
            SELECT array_position(CAST(:ids AS bigint[]), v.id) AS rang, row_to_json(v)::text AS tekst
            FROM ({zaken}) v
            OFFSET 0  -- or the planner makes each text twice: to measure, and to give
        ) t
        ORDER BY rang
    """)  # noqa: S608


class _Vol(Exception):
    """The asked data does not fit; `passen` is how many zaken of the first level do, None for another level."""

    def __init__(self, passen: int | None) -> None:
        super().__init__()
        self.passen = passen


@dataclass(slots=True)
class _Zaak:
    """A zaak being put together; `id` and `zaaktype_id` as in its row."""

    id: int
    zaaktype_id: int
    beeld: Beeld


class _Vraag:
    """The asked scope of the relations of an entity, by name."""

    def __init__(self, entiteit: Entiteit, scope: Scope) -> None:
        self.relaties = [relatie for relatie in entiteit.relaties if scope.vraagt(relatie)]
        op_naam = {relatie.naam: relatie for relatie in self.relaties}
        self.is_van = op_naam.get(IS_VAN.naam)
        self.objecten = {naam: relatie for naam, relatie in op_naam.items() if naam in TO_OBJECTS.names}
        self.zaken = {naam: relatie for naam, relatie in op_naam.items() if naam in TO_ZAKEN.names}
        self.statussen = HEEFT.naam in op_naam
        self.documenten = HEEFT_RELEVANT.naam in op_naam

    @property
    def delen(self) -> tuple[str, ...]:
        """The parts of the statement that it needs."""
        gevraagd = {
            "relaties": self.objecten,
            "statussen": self.statussen,
            "koppelingen": self.zaken,
            "documenten": self.documenten,
        }
        return tuple(naam for naam, nodig in gevraagd.items() if nodig)


def laad(
    verbinding: Connection,
    inrichting: Inrichting,
    ids: Sequence[int],
    scope: Scope,
    *,
    alleen_laatste: bool = False,
    begrensd: bool = False,
) -> list[Beeld]:
    """The zaken with these ids, in this order, with the relations that the scope asks.

    `alleen_laatste`: only the last status (ZDS 4.1.1, geefZaakstatus). `begrensd`: only the first ones, as many as an
    answer may have (StUF 03.01, 6.4.1); raises StUF058 when not even the first fits.
    """
    aantal = len(ids)
    vraag = _Vraag(ZAK, scope)
    while aantal:
        lader = _Lader(verbinding, inrichting, alleen_laatste)
        if begrensd:
            lader.ruimte = MAX_ZAAK if aantal == 1 else MAX_ANTWOORD
        try:
            rijen = lader.haal(ids[:aantal], vraag, eigen=_EIGEN)
            zaken = [_zaak(rijen[zaak_id], ZAK) for zaak_id in ids[:aantal] if zaak_id in rijen]
            lader.vul(zaken, rijen, vraag, scope)
        except _Vol as vol:
            if aantal == 1:
                raise _te_groot(vraag) from None
            aantal = max(aantal // 2 if vol.passen is None else vol.passen, 1)
        else:
            return [zaak.beeld for zaak in zaken]
    return []


def _te_groot(vraag: _Vraag) -> StufFout:
    gevraagd = ", ".join(relatie.naam for relatie in vraag.relaties)
    raad = f"vraag in scope minder; nu ook de relaties {gevraagd}" if gevraagd else "vraag in scope minder elementen"
    return StufFout("StUF058", f"Wat van een zaak gevraagd is, is te groot voor een antwoord: {raad}.")


def laad_gerelateerde_zaken(
    verbinding: Connection, inrichting: Inrichting, rijen: Sequence[Rij], entiteit: Entiteit, scope: Scope | None
) -> list[Beeld]:
    """The zaken of these rows (ZAAKKOLOMMEN) at the other end of a relation, with the data that the scope asks."""
    zaken = [_zaak(rij, entiteit) for rij in rijen]
    if scope is not None:
        _Lader(verbinding, inrichting, alleen_laatste=False).vul_verder(zaken, _Vraag(entiteit, scope), scope)
    return [zaak.beeld for zaak in zaken]


class _Lader:
    """Fills zaken with their relations, level by level."""

    def __init__(self, verbinding: Connection, inrichting: Inrichting, alleen_laatste: bool) -> None:
        self._verbinding = verbinding
        self._inrichting = inrichting
        self._alleen_laatste = alleen_laatste
        self.ruimte = _ONBEGRENSD
        """Characters that may still be loaded."""

    def haal(self, ids: Sequence[int], vraag: _Vraag, *, eigen: str) -> dict[int, Rij]:
        """The rows of zaken by id: the columns `eigen`, and the asked parts. Raises _Vol."""
        parameters: dict[str, Any] = {}
        if vraag.objecten:
            parameters["objectrelaties"] = list(vraag.objecten)
        if vraag.statussen:
            parameters["alleen_laatste"] = self._alleen_laatste
        if vraag.zaken:
            parameters["zaakrelaties"] = list(vraag.zaken)
        opdracht = _opdracht(eigen, vraag.delen, few=len(ids) <= _FEW)
        rijen: dict[int, Rij] = {}
        begin, aantal = 0, _STAPEL
        while begin < len(ids):
            parameters |= {"ids": list(ids[begin : begin + aantal]), "ruimte": self.ruimte}
            begin, aantal = begin + aantal, 4 * aantal
            for tekst in opdracht.voer_uit(self._verbinding, parameters).scalars():
                if tekst is None or len(tekst) > self.ruimte:
                    raise _Vol(len(rijen))
                self.ruimte -= len(tekst)
                rij = orjson.loads(tekst)
                rijen[rij["id"]] = rij
        return rijen

    def vul(self, zaken: Sequence[_Zaak], rijen: Mapping[int, Rij], vraag: _Vraag, scope: Scope) -> None:
        """Add the asked relations to these zaken, from their rows."""
        verder: dict[str, list[_Zaak]] = defaultdict(list)
        for zaak in zaken:
            rij = rijen.get(zaak.id, {})
            if vraag.is_van is not None:
                self._voeg_zaaktype_toe(zaak, vraag.is_van)
            _noteer_onbekend(zaak, vraag.relaties)
            for deel in rij.get("relaties") or ():
                relatie = vraag.objecten[deel["relatie"]]
                beeld = _relatiebeeld(relatie, van_rij(relatie.elementen, deel), deel, deel["inhoud"].get(GERELATEERDE))
                zaak.beeld.relaties.setdefault(relatie.naam, []).append(beeld)
            if statussen := rij.get("statussen"):
                zaak.beeld.relaties[HEEFT.naam] = [self._statusbeeld(zaak, deel) for deel in statussen]
            if documenten := rij.get("documenten"):
                zaak.beeld.relaties[HEEFT_RELEVANT.naam] = [_documentbeeld(deel) for deel in documenten]
            for deel in rij.get("koppelingen") or ():
                relatie = vraag.zaken[deel["relatie"]]
                ander = _zaak(deel, relatie.gerelateerde[0].entiteit)
                verder[relatie.naam].append(ander)
                beeld = RelatieBeeld(deel["koppeling"], relatie.gerelateerde[0], ander.beeld)
                zaak.beeld.relaties.setdefault(relatie.naam, []).append(beeld)
        for naam, anderen in verder.items():
            dieper = scope.relatie(naam).gerelateerde("")
            if dieper is not None:
                self.vul_verder(anderen, _Vraag(vraag.zaken[naam].gerelateerde[0].entiteit, dieper), dieper)

    def vul_verder(self, zaken: Sequence[_Zaak], vraag: _Vraag, scope: Scope) -> None:
        """Fill zaken at the other end of a relation, whose own elements are there already."""
        ids = list(dict.fromkeys(zaak.id for zaak in zaken))
        try:
            rijen = self.haal(ids, vraag, eigen="z.id") if vraag.delen else {}
        except _Vol:
            raise _Vol(None) from None
        self.vul(zaken, rijen, vraag, scope)

    def _voeg_zaaktype_toe(self, zaak: _Zaak, is_van: Relatie) -> None:
        zaaktype = self._inrichting.zaaktype_met_id(zaak.zaaktype_id)
        if zaaktype is None:
            return
        eigen = dict(zaak.beeld.gegevens.get(is_van.naam) or {})  # type: ignore[arg-type]
        rest = eigen.pop(GERELATEERDE, {})
        beeld = Beeld({**zaaktype_gegevens(zaaktype), **rest})
        zaak.beeld.relaties[is_van.naam] = [RelatieBeeld(eigen, is_van.gerelateerde[0], beeld)]

    def _statusbeeld(self, zaak: _Zaak, rij: Rij) -> RelatieBeeld:
        gegevens = van_rij(HEEFT.elementen, rij)
        gegevens["indicatieLaatsteStatus"] = "J" if rij["laatste"] else "N"
        zaaktype = self._inrichting.zaaktype_met_id(zaak.zaaktype_id)
        statustype = zaaktype.statustype_met_id(rij["statustype_id"]) if zaaktype else None
        bekend = statustype_gegevens(zaaktype, statustype) if zaaktype and statustype else {}
        beeld = RelatieBeeld(gegevens, HEEFT.gerelateerde[0], Beeld({**bekend, **rij["inhoud"].get(GERELATEERDE, {})}))
        gezet = rij["inhoud"].get(IS_GEZET_DOOR.naam, {})
        if "@noValue" in gezet:
            beeld.onbekend[IS_GEZET_DOOR.naam] = [gezet["@noValue"]]
        elif rij["entiteittype"] is not None or gezet:
            zelf = {**gezet, AFGELEID_TIJDSTIP.naam: rij["tijdstip_registratie"]}
            beeld.relaties[IS_GEZET_DOOR.naam] = [_relatiebeeld(IS_GEZET_DOOR, zelf, rij, gezet.get(GERELATEERDE))]
        return beeld


def _documentbeeld(rij: Rij) -> RelatieBeeld:
    """A document of a zaak. A date in sta.datumStatusGezet has no place in the schema (docs/afwijkingen.md 39).

    Neither has its completeness; a missing value can be answered.
    """
    gegevens = van_rij(HEEFT_RELEVANT.elementen, {**rij, EIGEN_TIJDSTIP.kolom: rij["sinds"]})
    leeg = values.geen_waarde(gegevens.pop("sta.datumStatusGezet", None))
    if leeg:
        gegevens["sta.datumStatusGezet"] = {"@noValue": leeg}
    keuze = HEEFT_RELEVANT.gerelateerde[0]
    return RelatieBeeld(gegevens, keuze, Beeld(van_rij(keuze.entiteit.elementen, rij, DOCUMENT_REST)))


def _noteer_onbekend(zaak: _Zaak, relaties: Sequence[Relatie]) -> None:
    """Note the relations that a message declared unknown, with another noValue than geenWaarde."""
    onbekend = zaak.beeld.gegevens.get(ONBEKENDE_RELATIES)
    if not isinstance(onbekend, dict):
        return
    for relatie in relaties:
        if relatie.naam in onbekend:
            zaak.beeld.onbekend[relatie.naam] = list(onbekend[relatie.naam])


def _zaak(rij: Rij, entiteit: Entiteit) -> _Zaak:
    gegevens = van_rij(ZAK.elementen, rij)
    for naam in ("isVan", ONBEKENDE_RELATIES):
        if naam in rij["inhoud"]:
            gegevens[naam] = rij["inhoud"][naam]
    sleutel = str(rij["id"]) if entiteit is ZAK else ""
    return _Zaak(rij["id"], rij["zaaktype_id"], Beeld(gegevens, sleutel=sleutel))


def _relatiebeeld(relatie: Relatie, gegevens: Gegevens, rij: Rij, aanvulling: Mapping[str, Any] | None) -> RelatieBeeld:
    """A relation with its object: the shared row, and the values beyond it in the message of this zaak."""
    if rij["entiteittype"] is None:
        return RelatieBeeld({**gegevens, **({GERELATEERDE: dict(aanvulling)} if aanvulling else {})})
    keuze = _keuze(relatie, rij["entiteittype"])
    if keuze.entiteit.letterlijk:
        return RelatieBeeld(gegevens, keuze, Beeld(dict(rij["object_inhoud"])))
    entiteit = keuze.entiteit
    bekend = van_rij(entiteit.elementen, {**rij, "inhoud": rij["object_inhoud"]})
    # The number in the shared row identifies a person: another number in the relation does not replace it.
    anders = {naam for naam, _ in entiteit.sleutels[1:]}
    gezegd = {naam: waarde for naam, waarde in (aanvulling or {}).items() if naam not in anders}
    return RelatieBeeld(gegevens, keuze, Beeld(voeg_samen(entiteit.elementen, bekend, gezegd)))


def _keuze(relatie: Relatie, entiteittype: str) -> Keuze:
    keuze = relatie.keuze_voor(entiteittype)
    if keuze is None:
        raise LookupError(f"{relatie.naam} leads to a {entiteittype}")
    return keuze


# --- A document with its zaken and statuses, loaded for an answer in one statement without its bytes (ZDS 4.2.2)

_LAAD: Final = Sql(f"""
    -- a document in its newest version or the one that is asked, with the zaken that it belongs to
    SELECT d.id, {", ".join(f"d.{kolom}" for kolom in KOLOMMEN)}, d.geregistreerd_op, v.gegevens AS toen,
           encode(v.sha256, 'hex') AS sha256, v.content_type, v.bestandsnaam,
           (SELECT json_agg(deel) FROM (
                SELECT {", ".join(f"z.{kolom}" for kolom in ZAAKKOLOMMEN)},
                       r.registratiedatum AS geregistreerd, r.tijdstip_registratie AS sinds, r.inhoud AS relatie
                FROM document_zaak r JOIN zaak z ON z.id = r.zaak_id
                WHERE r.document_id = d.id AND regie_geldt(r.beeindigd) AND :met_zaken ORDER BY r.id
            ) deel) AS zaken
    FROM document d JOIN document_versie v ON v.document_id = d.id
    WHERE d.identificatie = :identificatie AND (CAST(:versie AS text) IS NULL OR v.versie = :versie)
    ORDER BY v.volgnummer DESC LIMIT 1
""")  # noqa: S608 - names of columns, from the entity tables


@dataclass(frozen=True, slots=True)
class Document:
    """A document for an answer; without `sha256` it is a container that waits for its file."""

    beeld: Beeld
    sha256: str | None
    content_type: str
    bestandsnaam: str
    geregistreerd_op: datetime


def laad_document(
    verbinding: Connection, inrichting: Inrichting, identificatie: str, versie: str | None, scope: Scope
) -> Document | None:
    """The document with this identificatie, in the newest or the asked version; None when there is no such version."""
    gevraagd = scope.vraagt(IS_RELEVANT_VOOR)
    parameters = {"identificatie": identificatie, "versie": versie, "met_zaken": gevraagd}
    rij = _LAAD.voer_uit(verbinding, parameters).mappings().one_or_none()
    if rij is None:
        return None
    gegevens = dict(rij["toen"]) if rij["toen"] is not None else van_rij(DOCUMENT, rij, DOCUMENT_REST)
    beeld = Beeld(gegevens, sleutel=str(rij["id"]))
    if gevraagd and rij["zaken"]:
        beeld.relaties[IS_RELEVANT_VOOR.naam] = _relaties(verbinding, inrichting, rij, scope)
    return Document(beeld, rij["sha256"], rij["content_type"], rij["bestandsnaam"], rij["geregistreerd_op"])


def _relaties(
    verbinding: Connection, inrichting: Inrichting, rij: Mapping[Any, Any], scope: Scope
) -> list[RelatieBeeld]:
    keuze = IS_RELEVANT_VOOR.gerelateerde[0]
    dieper = scope.relatie(IS_RELEVANT_VOOR.naam).gerelateerde("")
    zaken = laad_gerelateerde_zaken(verbinding, inrichting, rij["zaken"], keuze.entiteit, dieper)
    return [
        RelatieBeeld(van_rij(ZAAKDOCUMENT, _eigen_rij(deel)), keuze, zaak)
        for deel, zaak in zip(rij["zaken"], zaken, strict=True)
    ]


def _eigen_rij(deel: Mapping[Any, Any]) -> dict[str, Any]:
    """The columns of the relation itself, beside those of its zaak."""
    return {
        "registratiedatum": deel["geregistreerd"],
        "tijdstip_registratie": deel["sinds"],
        "inhoud": deel["relatie"],
    }


# --- Zaken for a kennisgeving: everything that it can carry, and the plans that they belong to

_SCOPE: Final = Scope(
    Modus.ELEMENTEN, {relatie.naam: Scope(Modus.ELEMENTEN) for relatie in ZAK.relaties if relatie.kennisgeving}
)
_PLANNEN: Final = Sql(f"""
    SELECT p.zaak_id AS van, {", ".join(f"a.{kolom}" for kolom in ZAAKKOLOMMEN)}
    FROM regie_plannen(:ids) p JOIN zaak a ON a.id = p.plan_id
    WHERE p.plan_id <> p.zaak_id ORDER BY p.zaak_id, a.id
""")  # noqa: S608 - names of columns, from the entity table


def laad_zaakbeelden(verbinding: Connection, inrichting: Inrichting, zaak_ids: Sequence[int]) -> dict[int, Beeld]:
    """The zaken by id, with every relation that a kennisgeving can have; one that does not exist is left out.

    heeftBetrekkingOpAndere also has the gezinsplan and the levensdomeinplan that a zaak belongs to in another way:
    through the levensdomeinplan, or the hoofdzaak.
    """
    ids = list(dict.fromkeys(zaak_ids))
    beelden = {int(beeld.sleutel): beeld for beeld in laad(verbinding, inrichting, ids, _SCOPE)}
    rijen = list(_PLANNEN.voer_uit(verbinding, {"ids": list(beelden)}).mappings()) if beelden else []
    keuze = HEEFT_BETREKKING_OP_ANDERE.gerelateerde[0]
    plannen = laad_gerelateerde_zaken(verbinding, inrichting, rijen, keuze.entiteit, KERNGEGEVENS)
    per_zaak: dict[int, list[Beeld]] = defaultdict(list)
    for rij, plan in zip(rijen, plannen, strict=True):
        per_zaak[rij["van"]].append(plan)
    for zaak_id, erbij in per_zaak.items():
        relaties = beelden[zaak_id].relaties.setdefault(HEEFT_BETREKKING_OP_ANDERE.naam, [])
        bekend = {een.beeld.gegevens.get("identificatie") for een in relaties if een.beeld}
        relaties += [
            RelatieBeeld({}, keuze, plan) for plan in erbij if plan.gegevens.get("identificatie") not in bekend
        ]
    return beelden
