"""Overviews of notifications, for the commands and for /metrics."""

from collections.abc import Iterator, Mapping, Sequence
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
from regiesysteem.errors import Meldbaar
from regiesysteem.inrichting.check import (
    InrichtingFout,
    Melding,
    controleer_abonnement,
    lijkt_op,
    vertaal,
)
from regiesysteem.inrichting.check import (
    toon as toon_waarde,
)
from regiesysteem.inrichting.current import Inrichting, lees_inrichting
from regiesysteem.inrichting.load import verhoog
from regiesysteem.inrichting.model import ABONNEMENT, Abonnement, als_tabel
from regiesysteem.logging_ import logger
from regiesysteem.notifications.queue import wek

# --- The texts of the commands


def geteld(aantal: int, een: str, meer: str) -> str:
    """A number and the noun that it counts."""
    return f"{aantal} {een if aantal == 1 else meer}"


# --- The queries and changes of the commands, for notifications, transfers and the postvak; all their SQL is here

_KEUZE: Final = """
    (CAST(:ids AS bigint[]) IS NULL OR n.id = ANY(:ids)) AND (CAST(:stand AS text) IS NULL OR n.stand = :stand)
    AND (CAST(:ontvanger AS text) IS NULL OR n.ontvanger = :ontvanger)
    AND (CAST(:zaak AS text) IS NULL OR n.stroom = :zaak)
"""
_LIJST: Final = Sql(f"""
    SELECT n.id, n.ontvanger, n.stroom, n.soort, coalesce(g.gebeurtenis, '') AS gebeurtenis, n.stand, n.pogingen,
           n.aangemaakt_op, n.volgende_poging, n.afgehandeld_op, n.melding
    FROM notificatie n LEFT JOIN gebeurtenis g ON g.id = n.gebeurtenis_id
    WHERE {_KEUZE} ORDER BY n.id DESC LIMIT :aantal
""")  # noqa: S608 - a constant of this module
_TOON: Final = Sql("""
    SELECT n.*, g.gebeurtenis, g.applicatie AS veroorzaker, g.tijdstip
    FROM notificatie n LEFT JOIN gebeurtenis g ON g.id = n.gebeurtenis_id WHERE n.id = :id
""")
_STANDEN: Final = Sql("""
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
_GESTRAND: Final = Sql("SELECT count(*) FROM notificatie WHERE stand = 'gestrand'")
_WEL: Final = """AND n.inhoud IS NOT NULL AND NOT EXISTS (
    SELECT FROM gebeurtenis g JOIN overdracht v ON v.referentienummer = g.gegevens ->> 'referentienummer'
    WHERE g.id = n.gebeurtenis_id AND v.richting = 'uit' AND v.stand = 'ingetrokken')
"""
"""The notificaties that may be tried again: not removed, and of no transfer that was withdrawn."""
_VRIJ: Final = f"""
    -- the chosen messages that nobody is sending at this moment: the others would have to be waited for
    WITH bedoeld AS (
        SELECT count(*) AS aantal FROM notificatie n WHERE {_KEUZE} AND n.stand IN ('wacht', 'gestrand') {{en}}
    ), vrij AS MATERIALIZED (
        SELECT n.id FROM notificatie n WHERE {_KEUZE} AND n.stand IN ('wacht', 'gestrand') {{en}}
        FOR UPDATE SKIP LOCKED
    )
"""  # noqa: S608 - a constant of this module
_OPNIEUW: Final = Sql(f"""
    {_VRIJ.format(en=_WEL)}, weer AS (
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
    {_VRIJ.format(en="")}, weg AS (
        UPDATE notificatie n SET stand = 'vervallen', afgehandeld_op = now(), melding = :reden
        FROM vrij WHERE n.id = vrij.id RETURNING 1)
    SELECT (SELECT count(*) FROM weg) AS aantal, aantal AS bedoeld FROM bedoeld
""")  # noqa: S608
_NIET_OPEN: Final = Sql("""
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
_GELEZEN: Final = Sql("UPDATE postvak SET gelezen_op = now() WHERE id = ANY(:ids) AND gelezen_op IS NULL")

_KENT: Final = Sql("""
    SELECT EXISTS (SELECT FROM notificatie WHERE ontvanger = :naam)
           OR EXISTS (SELECT FROM ontvanger WHERE applicatie = :naam) AS ontvanger,
           EXISTS (SELECT FROM zaak WHERE identificatie = :naam)
           OR EXISTS (SELECT FROM notificatie WHERE stroom = :naam)
           OR EXISTS (SELECT FROM overdracht WHERE zaakidentificatie = :naam)
           OR EXISTS (SELECT FROM postvak WHERE gezinsplan = :naam) AS zaak
""")
_NIET_NIEUW: Final = Sql("""
    -- those of these numbers that cannot be read for the first time, and whether they exist
    SELECT DISTINCT k.id, p.id IS NOT NULL AS is_er
    FROM unnest(CAST(:ids AS bigint[])) AS k (id) LEFT JOIN postvak p ON p.id = k.id
    WHERE p.id IS NULL OR p.gelezen_op IS NOT NULL ORDER BY k.id
""")


class NotificatieState(StrEnum):
    """The stand of a notificatie."""

    WACHT = "wacht"
    BEZORGD = "bezorgd"
    GESTRAND = "gestrand"
    VERVALLEN = "vervallen"


class OpenStand(StrEnum):
    """The stand of a notificatie that something can be done with."""

    WACHT = "wacht"
    GESTRAND = "gestrand"


class Onbekend(Meldbaar):
    """An unknown name; the text is Dutch."""


def eis_bekend(verbinding: Connection, *, ontvanger: str | None = None, zaak: str | None = None) -> None:
    """Raise Onbekend for a receiver or a zaak that does not exist, for which "nothing" would be no answer."""
    if ontvanger and not _KENT.voer_uit(verbinding, {"naam": ontvanger}).one().ontvanger:
        namen = [applicatie.naam for applicatie in lees_inrichting(verbinding).applicaties]
        if ontvanger not in namen:
            raise Onbekend(f"Applicatie {ontvanger} staat niet in de inrichting{lijkt_op(ontvanger, namen) or '.'}")
    if zaak and not _KENT.voer_uit(verbinding, {"naam": zaak}).one().zaak:
        raise Onbekend(f"Er is geen zaak {zaak}, en geen bericht daarover.")


class Selection:
    """A choice of notificaties; a field that is None does not count."""

    def __init__(
        self,
        ids: Sequence[int] | None = None,
        stand: NotificatieState | OpenStand | None = None,
        ontvanger: str | None = None,
        zaak: str | None = None,
    ) -> None:
        self.parameters: dict[str, Any] = {
            "ids": list(ids) if ids else None,
            "stand": stand,
            "ontvanger": ontvanger,
            "zaak": zaak,
        }

    @property
    def leeg(self) -> bool:
        """Tell whether it is empty, so that all of them are meant."""
        return not any(self.parameters.values())


def lijst(verbinding: Connection, keuze: Selection, aantal: int) -> Sequence[RowMapping]:
    """Notificaties, the newest first."""
    return _LIJST.voer_uit(verbinding, keuze.parameters | {"aantal": aantal}).mappings().all()


def toon(verbinding: Connection, nummer: int) -> RowMapping | None:
    """One notificatie with its message."""
    return _TOON.voer_uit(verbinding, {"id": nummer}).mappings().one_or_none()


def standen(verbinding: Connection, ontvanger: str | None = None) -> Sequence[RowMapping]:
    """The standen of every receiver, or of one."""
    return [rij for rij in _STANDEN.voer_uit(verbinding).mappings() if ontvanger in {None, rij["ontvanger"]}]


def gestrand(verbinding: Connection) -> int:
    """The number of stranded notificaties."""
    aantal: int = _GESTRAND.voer_uit(verbinding).scalar_one()
    return aantal


def niet_open(verbinding: Connection, nummers: Sequence[int]) -> list[tuple[int, str]]:
    """Those of these numbers that neither wait nor are stranded, with their stand; "" for an unknown number."""
    return [(rij.id, rij.stand) for rij in _NIET_OPEN.voer_uit(verbinding, {"ids": list(nummers)})]


def niet_nieuw(verbinding: Connection, nummers: Sequence[int]) -> list[tuple[int, bool]]:
    """Those of these numbers of the postvak that do not exist (False) or were seen before (True)."""
    return [(rij.id, rij.is_er) for rij in _NIET_NIEUW.voer_uit(verbinding, {"ids": list(nummers)})]


@dataclass(frozen=True, slots=True)
class Gedaan:
    """The number of notificaties that a command changed, and that it left because they were being sent (`onderweg`)."""

    aantal: int
    onderweg: int


def opnieuw(verbinding: Connection, keuze: Selection) -> Gedaan:
    """Let these be tried again now, with all the time they had at first, but for those that are being sent."""
    rijen = _OPNIEUW.voer_uit(verbinding, keuze.parameters).all()
    ontvangers = [(rij.ontvanger, rij.aantal) for rij in rijen if rij.ontvanger is not None]
    wek(verbinding, (naam for naam, _ in ontvangers))
    aantal = sum(aantal for _, aantal in ontvangers)
    return Gedaan(aantal, rijen[0].bedoeld - aantal)


def vervallen(verbinding: Connection, keuze: Selection, reden: str) -> Gedaan:
    """Let these never be sent, but for those that are being sent."""
    rij = _VERVALLEN.voer_uit(verbinding, keuze.parameters | {"reden": reden}).one()
    return Gedaan(rij.aantal, rij.bedoeld - rij.aantal)


def overdrachten(
    verbinding: Connection, *, alleen_open: bool = False, zaak: str | None = None, aantal: int = 100
) -> Sequence[RowMapping]:
    """Transfers, the newest first."""
    return _OVERDRACHTEN.voer_uit(verbinding, {"open": alleen_open, "zaak": zaak, "aantal": aantal}).mappings().all()


def postvak(
    verbinding: Connection, *, gezinsplan: str | None = None, ongelezen: bool = False, aantal: int = 100
) -> Sequence[RowMapping]:
    """The messages of others to us, the newest first."""
    parameters = {"gezinsplan": gezinsplan, "ongelezen": ongelezen, "aantal": aantal}
    return _POSTVAK.voer_uit(verbinding, parameters).mappings().all()


def gelezen(verbinding: Connection, ids: Sequence[int]) -> int:
    """Note that somebody has seen these; gives how many were new."""
    return _GELEZEN.voer_uit(verbinding, {"ids": list(ids)}).rowcount


# --- Abonnementen and afnemersindicaties that are made with a command: kept in tables, beside the TOML

_BEWAAR: Final = Sql("INSERT INTO abonnement (regel) VALUES (CAST(:regel AS jsonb)) RETURNING id")
_VERWIJDER: Final = Sql("DELETE FROM abonnement WHERE id = :nummer")
_ZAAK: Final = Sql("SELECT id FROM zaak WHERE identificatie = :zaak")
_ZET: Final = Sql("""
    INSERT INTO afnemersindicatie AS a (zaak_id, applicatie, verwachte_actie)
    VALUES (:zaak_id, :applicatie, :verwachte_actie)
    ON CONFLICT (zaak_id, applicatie) DO UPDATE SET verwachte_actie = EXCLUDED.verwachte_actie
""")
_HAAL_WEG: Final = Sql("""
    DELETE FROM afnemersindicatie a USING zaak z
    WHERE z.id = a.zaak_id AND z.identificatie = :zaak AND a.applicatie = :applicatie
""")
_ER_ZIJN_ER: Final = Sql("SELECT EXISTS (SELECT FROM afnemersindicatie)")
_LIJST_ABONNEMENTEN: Final = Sql("""
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


def voeg_toe(verbinding: Connection, inrichting: Inrichting, tabel: Mapping[str, Any]) -> tuple[int, Abonnement]:
    """Keep an abonnement, written as in the TOML, and give its number. Raises InrichtingFout with all mistakes."""
    bekend = {
        "applicatie": [applicatie.naam for applicatie in inrichting.applicaties],
        "zaaktype": [zaaktype.code for zaaktype in inrichting.zaaktypen],
    }
    meldingen = list(controleer_abonnement(tabel, (), bekend, "in de inrichting"))
    try:
        abonnement = ABONNEMENT.validate_python(tabel)
    except ValidationError as fout:
        vertaald = map(vertaal, fout.errors(include_url=False))
        raise InrichtingFout("abonnement", [*vertaald, *meldingen]) from None
    gelijk = next((regel for regel in inrichting.abonnementen if regel.abonnement == abonnement), None)
    if gelijk is not None:
        meldingen.append(Melding("", f"is er al: {gelijk.naam}"))
    if meldingen:
        raise InrichtingFout("abonnement", meldingen)
    regel = orjson.dumps(als_tabel(abonnement)).decode()
    nummer: int = _BEWAAR.voer_uit(verbinding, {"regel": regel}).scalar_one()
    verhoog(verbinding)
    return nummer, abonnement


def verwijder(verbinding: Connection, nummer: int) -> bool:
    """Remove an abonnement that a command made; False when there is none with this number."""
    weg = _VERWIJDER.voer_uit(verbinding, {"nummer": nummer}).rowcount > 0
    if weg:
        verhoog(verbinding)
    return weg


def zet_afnemersindicatie(
    verbinding: Connection, inrichting: Inrichting, zaak: str, applicatie: str, verwachte_actie: str
) -> None:
    """Have an applicatie told of a zaak; a second time changes the action. Raises InrichtingFout."""
    zaak_id = _ZAAK.voer_uit(verbinding, {"zaak": zaak}).scalar_one_or_none()
    namen = [een.naam for een in inrichting.applicaties]
    meldingen = []
    if zaak_id is None:
        meldingen.append(Melding("zaak", f"{toon_waarde(zaak)} hebben wij niet"))
    if applicatie not in namen:
        tekst = f"{toon_waarde(applicatie)} staat niet als [[applicatie]] in de inrichting{lijkt_op(applicatie, namen)}"
        meldingen.append(Melding("applicatie", tekst))
    if meldingen:
        raise InrichtingFout("afnemersindicatie", meldingen)
    waren_er = _zijn_er(verbinding)
    _ZET.voer_uit(verbinding, {"zaak_id": zaak_id, "applicatie": applicatie, "verwachte_actie": verwachte_actie})
    _verhoog_als_anders(verbinding, waren_er)


def verwijder_afnemersindicatie(verbinding: Connection, zaak: str, applicatie: str) -> bool:
    """No longer have an applicatie told of a zaak by its afnemersindicatie; False when it had none."""
    waren_er = _zijn_er(verbinding)
    weg = _HAAL_WEG.voer_uit(verbinding, {"zaak": zaak, "applicatie": applicatie}).rowcount > 0
    _verhoog_als_anders(verbinding, waren_er)
    return weg


def lijst_afnemersindicaties(verbinding: Connection, zaak: str = "", applicatie: str = "") -> list[Afnemersindicatie]:
    """All afnemersindicaties, or those of a zaak or an applicatie."""
    rijen = _LIJST_ABONNEMENTEN.voer_uit(verbinding, {"zaak": zaak, "applicatie": applicatie}).mappings()
    return [Afnemersindicatie(**rij) for rij in rijen]


def _zijn_er(verbinding: Connection) -> bool:
    return bool(_ER_ZIJN_ER.voer_uit(verbinding).scalar_one())


def _verhoog_als_anders(verbinding: Connection, waren_er: bool) -> None:
    """Tell the inrichting whether there are afnemersindicaties; it holds no more of them."""
    if _zijn_er(verbinding) != waren_er:
        verhoog(verbinding)


# --- The figures of notifications for `/metrics`: kept in the database, so that they count for all workers together

_TELLERS = {
    "bezorgd": "Notificaties die zijn aangekomen",
    "mislukt": "Pogingen die mislukten en herhaald worden",
    "gestrand": "Notificaties die niet meer vanzelf geprobeerd worden",
}


def toon_cijfers(motor: Engine) -> bytes:
    """Per receiver the waiting, delivered, failed and stranded messages; and whether these could be read.

    When the database is away, or takes too long, there are no figures: those of an earlier moment would be wrong.
    """
    rijen = None
    try:
        with motor.connect() as verbinding:
            rijen = standen(verbinding)
    except SQLAlchemyError as fout:
        logger().warning("cijfers_onleesbaar", reden=str(fout.__cause__ or fout).strip())
    registry = CollectorRegistry()
    registry.register(_Standen(rijen))
    return generate_latest(registry)


class _Standen(Collector):
    def __init__(self, rijen: Sequence[Any] | None) -> None:
        self._rijen = rijen

    def collect(self) -> Iterator[GaugeMetricFamily | CounterMetricFamily]:
        gelezen = 0 if self._rijen is None else 1
        yield GaugeMetricFamily(
            "notificaties_cijfers_beschikbaar", "0: de cijfers van notificaties zijn nu niet te lezen", gelezen
        )
        if self._rijen is None:
            return
        nu = datetime.now(UTC)
        wacht = GaugeMetricFamily("notificaties_wachtend", "Notificaties die wachten", labels=["ontvanger"])
        oudste = GaugeMetricFamily(
            "notificaties_oudste_seconden", "Hoe lang de oudste al wacht", labels=["ontvanger"]
        )  # fmt: skip
        vast = GaugeMetricFamily(
            "notificaties_gestrand_nu", "Notificaties die nu zijn gestrand", labels=["ontvanger"]
        )  # fmt: skip
        rust = GaugeMetricFamily("notificaties_rust", "1: de ontvanger krijgt nu rust", labels=["ontvanger"])
        for rij in self._rijen:
            ontvanger = [rij["ontvanger"]]
            wacht.add_metric(ontvanger, rij["wacht"])
            oudste.add_metric(ontvanger, (nu - rij["oudste"]).total_seconds() if rij["oudste"] else 0)
            vast.add_metric(ontvanger, rij["gestrand_nu"])
            rust.add_metric(ontvanger, 1 if rij["rust_tot"] and rij["rust_tot"] > nu else 0)
        yield from (wacht, oudste, vast, rust)
        for naam, uitleg in _TELLERS.items():
            teller = CounterMetricFamily(f"notificaties_{naam}", uitleg, labels=["ontvanger"])
            for rij in self._rijen:
                teller.add_metric([rij["ontvanger"]], rij[naam])
            yield teller
