"""Overviews of notifications, for the commands and for /metrics."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final

import orjson
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector
from pydantic import ValidationError
from sqlalchemy import Connection, Engine, RowMapping
from sqlalchemy.exc import SQLAlchemyError

from regiesysteem.db import Sql
from regiesysteem.errors import Reportable
from regiesysteem.inrichting.check import (
    InrichtingError,
    Melding,
    check_abonnement,
    did_you_mean,
    translate,
)
from regiesysteem.inrichting.check import (
    show as show_waarde,
)
from regiesysteem.inrichting.current import Inrichting, read_inrichting
from regiesysteem.inrichting.load import raise_versie
from regiesysteem.inrichting.model import ABONNEMENT, Abonnement, as_table
from regiesysteem.logging_ import logger
from regiesysteem.notifications.queue import wake

# --- The texts of the commands


def counted(count: int, one: str, more: str) -> str:
    """A number and the noun that it counts."""
    return f"{count} {one if count == 1 else more}"


# --- The queries and changes of the commands, for notifications, transfers and the postvak; all their SQL is here

_CHOICE: Final = """
    (CAST(:ids AS bigint[]) IS NULL OR n.id = ANY(:ids)) AND (CAST(:stand AS text) IS NULL OR n.stand = :stand)
    AND (CAST(:ontvanger AS text) IS NULL OR n.ontvanger = :ontvanger)
    AND (CAST(:zaak AS text) IS NULL OR n.stroom = :zaak)
"""
_LISTING: Final = Sql(f"""
    SELECT n.id, n.ontvanger, n.stroom, n.soort, coalesce(g.gebeurtenis, '') AS gebeurtenis, n.stand, n.pogingen,
           n.aangemaakt_op, n.volgende_poging, n.afgehandeld_op, n.melding
    FROM notificatie n LEFT JOIN gebeurtenis g ON g.id = n.gebeurtenis_id
    WHERE {_CHOICE} ORDER BY n.id DESC LIMIT :aantal
""")  # noqa: S608 - a constant of this module
_SHOW: Final = Sql("""
    SELECT n.*, g.gebeurtenis, g.applicatie AS veroorzaker, g.tijdstip
    FROM notificatie n LEFT JOIN gebeurtenis g ON g.id = n.gebeurtenis_id WHERE n.id = :id
""")
_STATES: Final = Sql("""
    -- per receiver the waiting messages, since when, its state, and the stranded ones; the totals are of all time
    SELECT ontvanger, coalesce(o.bezorgd, 0) AS bezorgd, coalesce(o.mislukt, 0) AS mislukt,
           coalesce(o.gestrand, 0) AS gestrand, coalesce(w.wacht, 0) AS wacht, w.oudste, o.rust_tot,
           coalesce(g.gestrand_nu, 0) AS gestrand_nu, coalesce(o.fouten, 0) AS fouten,
           coalesce(o.melding, '') AS melding
    FROM (SELECT ontvanger, count(*) AS wacht, min(aangemaakt_op) AS oudste FROM notificatie WHERE stand = 'wacht'
          GROUP BY ontvanger) w
    FULL JOIN (SELECT ontvanger, count(*) AS gestrand_nu FROM notificatie WHERE stand = 'gestrand'
               GROUP BY ontvanger) g USING (ontvanger)
    FULL JOIN (SELECT applicatie AS ontvanger, bezorgd, mislukt, gestrand, rust_tot, fouten, melding FROM ontvanger) o
         USING (ontvanger)
    ORDER BY ontvanger
""")
_STRANDED: Final = Sql("SELECT count(*) FROM notificatie WHERE stand = 'gestrand'")
_RETRYABLE: Final = """AND n.inhoud IS NOT NULL AND NOT EXISTS (
    SELECT FROM gebeurtenis g JOIN overdracht v ON v.referentienummer = g.gegevens ->> 'referentienummer'
    WHERE g.id = n.gebeurtenis_id AND v.richting = 'uit' AND v.stand = 'ingetrokken')
"""
"""The notificaties that may be tried again: not removed, and of no transfer that was withdrawn."""
_FREE: Final = f"""
    -- the chosen messages that nobody is sending at this moment: the others would have to be waited for
    WITH bedoeld AS (
        SELECT count(*) AS aantal FROM notificatie n WHERE {_CHOICE} AND n.stand IN ('wacht', 'gestrand') {{en}}
    ), vrij AS MATERIALIZED (
        SELECT n.id FROM notificatie n WHERE {_CHOICE} AND n.stand IN ('wacht', 'gestrand') {{en}}
        FOR UPDATE SKIP LOCKED
    )
"""  # noqa: S608 - a constant of this module
_AGAIN: Final = Sql(f"""
    {_FREE.format(en=_RETRYABLE)}, weer AS (
        UPDATE notificatie n SET stand = 'wacht', volgende_poging = now(), afgehandeld_op = NULL, bewaren_vanaf = now()
        FROM vrij WHERE n.id = vrij.id RETURNING n.ontvanger
    ), per_ontvanger AS (
        SELECT ontvanger, count(*) AS aantal FROM weer GROUP BY ontvanger
    ), rust AS MATERIALIZED (
        -- skips a receiver that is being tried at this moment, to see whether it is back
        SELECT applicatie FROM ontvanger WHERE applicatie IN (SELECT ontvanger FROM per_ontvanger)
        FOR UPDATE SKIP LOCKED
    ), los AS (
        UPDATE ontvanger o SET rust_tot = NULL, fouten = 0 FROM rust WHERE o.applicatie = rust.applicatie)
    SELECT ontvanger, per_ontvanger.aantal, bedoeld.aantal AS bedoeld FROM bedoeld LEFT JOIN per_ontvanger ON true
""")  # noqa: S608
_VERVALLEN: Final = Sql(f"""
    {_FREE.format(en="")}, weg AS (
        UPDATE notificatie n SET stand = 'vervallen', afgehandeld_op = now(), melding = :reden
        FROM vrij WHERE n.id = vrij.id RETURNING 1)
    SELECT (SELECT count(*) FROM weg) AS aantal, aantal AS bedoeld FROM bedoeld
""")  # noqa: S608
_NOT_OPEN: Final = Sql("""
    -- those of these numbers that nothing can be done with, and their stand; '' for an unknown number
    SELECT DISTINCT k.id, coalesce(n.stand, '') AS stand
    FROM unnest(CAST(:ids AS bigint[])) AS k (id) LEFT JOIN notificatie n ON n.id = k.id
    WHERE n.stand IS NULL OR n.stand NOT IN ('wacht', 'gestrand') ORDER BY k.id
""")
_OVERDRACHTEN: Final = Sql("""
    SELECT v.id, v.richting, v.zaakidentificatie, v.applicatie, v.stand, v.melding, v.antwoord, v.aangeboden_op,
           v.uiterlijk, v.beantwoord_op, v.stand = 'aangeboden' AND v.uiterlijk < now() AS te_laat,
           CASE WHEN n.stand IN ('gestrand', 'vervallen') THEN n.stand || ': ' || n.melding ELSE '' END AS bezorgmelding
    FROM overdracht v LEFT JOIN notificatie n ON v.richting = 'uit' AND n.referentienummer = v.referentienummer
    WHERE (NOT :open OR v.stand = 'aangeboden') AND (CAST(:zaak AS text) IS NULL OR v.zaakidentificatie = :zaak)
    ORDER BY v.id DESC LIMIT :aantal
""")
_POSTVAK: Final = Sql("""
    SELECT id, zaakidentificatie, gezinsplan, gebeurtenis, applicatie, gegevens, melding, ontvangen_op, gelezen_op
    FROM postvak
    WHERE (CAST(:gezinsplan AS text) IS NULL OR gezinsplan = :gezinsplan) AND (NOT :ongelezen OR gelezen_op IS NULL)
    ORDER BY id DESC LIMIT :aantal
""")
_MARK_READ: Final = Sql("UPDATE postvak SET gelezen_op = now() WHERE id = ANY(:ids) AND gelezen_op IS NULL")

_KNOWS: Final = Sql("""
    SELECT EXISTS (SELECT FROM notificatie WHERE ontvanger = :naam)
           OR EXISTS (SELECT FROM ontvanger WHERE applicatie = :naam) AS ontvanger,
           EXISTS (SELECT FROM zaak WHERE identificatie = :naam)
           OR EXISTS (SELECT FROM notificatie WHERE stroom = :naam)
           OR EXISTS (SELECT FROM overdracht WHERE zaakidentificatie = :naam)
           OR EXISTS (SELECT FROM postvak WHERE gezinsplan = :naam) AS zaak
""")
_NOT_NEW: Final = Sql("""
    -- those of these numbers that cannot be read for the first time, and whether they exist
    SELECT DISTINCT k.id, p.id IS NOT NULL AS is_er
    FROM unnest(CAST(:ids AS bigint[])) AS k (id) LEFT JOIN postvak p ON p.id = k.id
    WHERE p.id IS NULL OR p.gelezen_op IS NOT NULL ORDER BY k.id
""")


class NotificatieState(StrEnum):
    """The stand of a notificatie."""

    WAIT = "wacht"
    DELIVERED = "bezorgd"
    STRANDED = "gestrand"
    VERVALLEN = "vervallen"


class OpenState(StrEnum):
    """The stand of a notificatie that something can be done with."""

    WAIT = "wacht"
    STRANDED = "gestrand"


class Unknown(Reportable):
    """An unknown name; the text is Dutch."""


def require_known(connection: Connection, *, ontvanger: str | None = None, zaak: str | None = None) -> None:
    """Raise Unknown for a receiver or a zaak that does not exist, for which "nothing" would be no answer."""
    if ontvanger and not _KNOWS.run(connection, {"naam": ontvanger}).one().ontvanger:
        names = [applicatie.naam for applicatie in read_inrichting(connection).applicaties]
        if ontvanger not in names:
            raise Unknown(f"Applicatie {ontvanger} staat niet in de inrichting{did_you_mean(ontvanger, names) or '.'}")
    if zaak and not _KNOWS.run(connection, {"naam": zaak}).one().zaak:
        raise Unknown(f"Er is geen zaak {zaak}, en geen bericht daarover.")


class Selection:
    """A choice of notificaties; a field that is None does not count."""

    def __init__(
        self,
        ids: Sequence[int] | None = None,
        state: NotificatieState | OpenState | None = None,
        ontvanger: str | None = None,
        zaak: str | None = None,
    ) -> None:
        self.parameters: dict[str, Any] = {
            "ids": list(ids) if ids else None,
            "stand": state,
            "ontvanger": ontvanger,
            "zaak": zaak,
        }

    @property
    def empty(self) -> bool:
        """Tell whether it is empty, so that all of them are meant."""
        return not any(self.parameters.values())


def listing(connection: Connection, choice: Selection, count: int) -> Sequence[RowMapping]:
    """Notificaties, the newest first."""
    return _LISTING.run(connection, choice.parameters | {"aantal": count}).mappings().all()


def show(connection: Connection, number: int) -> RowMapping | None:
    """One notificatie with its message."""
    return _SHOW.run(connection, {"id": number}).mappings().one_or_none()


def states(connection: Connection, ontvanger: str | None = None) -> Sequence[RowMapping]:
    """The standen of every receiver, or of one."""
    return [row for row in _STATES.run(connection).mappings() if ontvanger in {None, row["ontvanger"]}]


def count_stranded(connection: Connection) -> int:
    """The number of stranded notificaties."""
    count: int = _STRANDED.run(connection).scalar_one()
    return count


def not_open(connection: Connection, numbers: Sequence[int]) -> list[tuple[int, str]]:
    """The numbers among these that neither wait nor are stranded, with their stand; "" for an unknown number."""
    return [(row.id, row.stand) for row in _NOT_OPEN.run(connection, {"ids": list(numbers)})]


def not_new(connection: Connection, numbers: Sequence[int]) -> list[tuple[int, bool]]:
    """The numbers of the postvak among these that do not exist (False) or were seen before (True)."""
    return [(row.id, row.is_er) for row in _NOT_NEW.run(connection, {"ids": list(numbers)})]


@dataclass(frozen=True, slots=True)
class Done:
    """The number of notificaties that a command changed, and that it left because they were being sent."""

    aantal: int
    under_way: int


def again(connection: Connection, choice: Selection) -> Done:
    """Let these be tried again now, with all the time they had at first, but for those that are being sent."""
    rows = _AGAIN.run(connection, choice.parameters).all()
    ontvangers = [(row.ontvanger, row.aantal) for row in rows if row.ontvanger is not None]
    wake(connection, (naam for naam, _ in ontvangers))
    count = sum(count for _, count in ontvangers)
    return Done(count, rows[0].bedoeld - count)


def vervallen(connection: Connection, choice: Selection, reason: str) -> Done:
    """Let these never be sent, but for those that are being sent."""
    row = _VERVALLEN.run(connection, choice.parameters | {"reden": reason}).one()
    return Done(row.aantal, row.bedoeld - row.aantal)


def overdrachten(
    connection: Connection, *, only_open: bool = False, zaak: str | None = None, count: int = 100
) -> Sequence[RowMapping]:
    """Transfers, the newest first."""
    return _OVERDRACHTEN.run(connection, {"open": only_open, "zaak": zaak, "aantal": count}).mappings().all()


def postvak(
    connection: Connection, *, gezinsplan: str | None = None, unread: bool = False, count: int = 100
) -> Sequence[RowMapping]:
    """The messages of others to us, the newest first."""
    parameters = {"gezinsplan": gezinsplan, "ongelezen": unread, "aantal": count}
    return _POSTVAK.run(connection, parameters).mappings().all()


def mark_read(connection: Connection, ids: Sequence[int]) -> int:
    """Note that somebody has seen these; gives how many were new."""
    return _MARK_READ.run(connection, {"ids": list(ids)}).rowcount


# --- Abonnementen and afnemersindicaties that are made with a command: kept in tables, beside the TOML

_KEEP: Final = Sql("INSERT INTO abonnement (regel) VALUES (CAST(:regel AS jsonb)) RETURNING id")
_REMOVE: Final = Sql("DELETE FROM abonnement WHERE id = :nummer")
_ZAAK: Final = Sql("SELECT id FROM zaak WHERE identificatie = :zaak")
_SET: Final = Sql("""
    INSERT INTO afnemersindicatie AS a (zaak_id, applicatie, verwachte_actie)
    VALUES (:zaak_id, :applicatie, :verwachte_actie)
    ON CONFLICT (zaak_id, applicatie) DO UPDATE SET verwachte_actie = EXCLUDED.verwachte_actie
""")
_DELETE: Final = Sql("""
    DELETE FROM afnemersindicatie a USING zaak z
    WHERE z.id = a.zaak_id AND z.identificatie = :zaak AND a.applicatie = :applicatie
""")
_PLACE: Final = Sql("""
    INSERT INTO afnemersindicatie (zaak_id, applicatie)
    SELECT zaak_id, :applicatie FROM unnest(CAST(:zaken AS bigint[])) AS w (zaak_id) ORDER BY zaak_id
    ON CONFLICT (zaak_id, applicatie) DO NOTHING
""")
_THERE_ARE_SOME: Final = Sql("SELECT EXISTS (SELECT FROM afnemersindicatie)")
_LISTING_ABONNEMENTEN: Final = Sql("""
    SELECT z.identificatie AS zaak, k.soort, a.applicatie, a.verwachte_actie, a.sinds
    FROM afnemersindicatie a JOIN zaak z ON z.id = a.zaak_id LEFT JOIN zaaktype k ON k.id = z.zaaktype_id
    WHERE (:zaak = '' OR z.identificatie = :zaak) AND (:applicatie = '' OR a.applicatie = :applicatie)
    ORDER BY z.identificatie, a.applicatie
""")


@dataclass(frozen=True, slots=True)
class Afnemersindicatie:
    """An applicatie that is told of a zaak, or of all zaken of a gezinsplan; `soort` of its zaaktype."""

    zaak: str
    soort: str | None
    applicatie: str
    verwachte_actie: str
    sinds: datetime


def add(connection: Connection, inrichting: Inrichting, table: Mapping[str, Any]) -> tuple[int, Abonnement]:
    """Keep an abonnement, written as in the TOML, and give its number. Raises InrichtingError with all mistakes."""
    known = {
        "applicatie": [applicatie.naam for applicatie in inrichting.applicaties],
        "zaaktype": [zaaktype.code for zaaktype in inrichting.zaaktypen],
    }
    meldingen = list(check_abonnement(table, (), known, "in de inrichting"))
    try:
        abonnement = ABONNEMENT.validate_python(table)
    except ValidationError as error:
        translated = map(translate, error.errors(include_url=False))
        raise InrichtingError("abonnement", [*translated, *meldingen]) from None
    same = next((rule for rule in inrichting.abonnementen if rule.abonnement == abonnement), None)
    if same is not None:
        meldingen.append(Melding("", f"is er al: {same.naam}"))
    if meldingen:
        raise InrichtingError("abonnement", meldingen)
    as_json = orjson.dumps(as_table(abonnement)).decode()
    number: int = _KEEP.run(connection, {"regel": as_json}).scalar_one()
    raise_versie(connection)
    return number, abonnement


def remove(connection: Connection, number: int) -> bool:
    """Remove an abonnement that a command made; False when there is none with this number."""
    gone = _REMOVE.run(connection, {"nummer": number}).rowcount > 0
    if gone:
        raise_versie(connection)
    return gone


def set_afnemersindicatie(
    connection: Connection, inrichting: Inrichting, zaak: str, applicatie: str, expected_actie: str
) -> None:
    """Have an applicatie told of a zaak; a second time changes the action. Raises InrichtingError."""
    zaak_id = _ZAAK.run(connection, {"zaak": zaak}).scalar_one_or_none()
    names = [one.naam for one in inrichting.applicaties]
    meldingen = []
    if zaak_id is None:
        meldingen.append(Melding("zaak", f"{show_waarde(zaak)} hebben wij niet"))
    if applicatie not in names:
        text = (
            f"{show_waarde(applicatie)} staat niet als [[applicatie]] in de inrichting{did_you_mean(applicatie, names)}"
        )
        meldingen.append(Melding("applicatie", text))
    if meldingen:
        raise InrichtingError("afnemersindicatie", meldingen)
    were_there = _there_are(connection)
    _SET.run(connection, {"zaak_id": zaak_id, "applicatie": applicatie, "verwachte_actie": expected_actie})
    _bump_if_changed(connection, were_there)


def remove_afnemersindicatie(connection: Connection, zaak: str, applicatie: str) -> bool:
    """No longer have an applicatie told of a zaak by its afnemersindicatie; False when it had none."""
    were_there = _there_are(connection)
    gone = _DELETE.run(connection, {"zaak": zaak, "applicatie": applicatie}).rowcount > 0
    _bump_if_changed(connection, were_there)
    return gone


def place_afnemersindicaties(connection: Connection, zaken: Collection[int], applicatie: str) -> None:
    """Have an applicatie of the inrichting told of these zaken, by id; nothing changes where it is already."""
    if zaken:
        were_there = _there_are(connection)
        _PLACE.run(connection, {"zaken": list(zaken), "applicatie": applicatie})
        _bump_if_changed(connection, were_there)


def listing_afnemersindicaties(connection: Connection, zaak: str = "", applicatie: str = "") -> list[Afnemersindicatie]:
    """All afnemersindicaties, or those of a zaak or an applicatie."""
    rows = _LISTING_ABONNEMENTEN.run(connection, {"zaak": zaak, "applicatie": applicatie}).mappings()
    return [Afnemersindicatie(**row) for row in rows]


def _there_are(connection: Connection) -> bool:
    return bool(_THERE_ARE_SOME.run(connection).scalar_one())


def _bump_if_changed(connection: Connection, were_there: bool) -> None:
    """Tell the inrichting whether there are afnemersindicaties; it holds no more of them."""
    if _there_are(connection) != were_there:
        raise_versie(connection)


# --- The figures of notifications for `/metrics`: kept in the database, so that they count for all workers together

_COUNTERS = {
    "bezorgd": "Notificaties die zijn aangekomen",
    "mislukt": "Pogingen die mislukten en herhaald worden",
    "gestrand": "Notificaties die niet meer vanzelf geprobeerd worden",
}


def show_figures(engine: Engine) -> bytes:
    """Per receiver the waiting, delivered, failed and stranded messages; and whether these could be read.

    When the database is away, or takes too long, there are no figures: those of an earlier moment would be wrong.
    """
    rows = None
    try:
        with engine.connect() as connection:
            rows = states(connection)
    except SQLAlchemyError as error:
        logger().warning("cijfers_onleesbaar", reden=str(error.__cause__ or error).strip())
    registry = CollectorRegistry()
    registry.register(_States(rows))
    return generate_latest(registry)


class _States(Collector):
    def __init__(self, rows: Sequence[Any] | None) -> None:
        self._rows = rows

    def collect(self) -> Iterator[GaugeMetricFamily | CounterMetricFamily]:
        readable = 0 if self._rows is None else 1
        yield GaugeMetricFamily(
            "notificaties_cijfers_beschikbaar", "0: de cijfers van notificaties zijn nu niet te lezen", readable
        )
        if self._rows is None:
            return
        now = datetime.now(UTC)
        waiting = GaugeMetricFamily("notificaties_wachtend", "Notificaties die wachten", labels=["ontvanger"])
        oldest = GaugeMetricFamily(
            "notificaties_oudste_seconden", "Hoe lang de oudste al wacht", labels=["ontvanger"]
        )  # fmt: skip
        stuck = GaugeMetricFamily(
            "notificaties_gestrand_nu", "Notificaties die nu zijn gestrand", labels=["ontvanger"]
        )  # fmt: skip
        rest = GaugeMetricFamily("notificaties_rust", "1: de ontvanger krijgt nu rust", labels=["ontvanger"])
        for row in self._rows:
            ontvanger = [row["ontvanger"]]
            waiting.add_metric(ontvanger, row["wacht"])
            oldest.add_metric(ontvanger, (now - row["oudste"]).total_seconds() if row["oudste"] else 0)
            stuck.add_metric(ontvanger, row["gestrand_nu"])
            rest.add_metric(ontvanger, 1 if row["rust_tot"] and row["rust_tot"] > now else 0)
        yield from (waiting, oldest, stuck, rest)
        for naam, explanation in _COUNTERS.items():
            counter = CounterMetricFamily(f"notificaties_{naam}", explanation, labels=["ontvanger"])
            for row in self._rows:
                counter.add_metric([row["ontvanger"]], row[naam])
            yield counter
