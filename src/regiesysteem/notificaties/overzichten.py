"""What the commands show and do of notifications, transfers and what others told us; all SQL of them is here."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection, RowMapping

from regiesysteem.database import Sql
from regiesysteem.inrichting.check import lijkt_op
from regiesysteem.inrichting.current import lees_inrichting
from regiesysteem.meldbaar import Meldbaar
from regiesysteem.notificaties.wekken import wek

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
    -- per receiver what waits, since when, how it goes, and what is stranded now; the totals are of all time
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
"""What may be tried again: what is still there, and of no transfer that was withdrawn."""
_VRIJ: Final = f"""
    -- what is meant, and of that what nobody is sending at this moment: for the rest would have to be waited
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
        -- who is being tried at this moment, to see whether he is back, is left to that
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
    -- of these numbers what nothing can be done about, with how it is with that; '' is of what there is not
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
    -- of these numbers what cannot be read for the first time, and whether it is there
    SELECT DISTINCT k.id, p.id IS NOT NULL AS is_er
    FROM unnest(CAST(:ids AS bigint[])) AS k (id) LEFT JOIN postvak p ON p.id = k.id
    WHERE p.id IS NULL OR p.gelezen_op IS NOT NULL ORDER BY k.id
""")


class Stand(StrEnum):
    """How it is with a notificatie."""

    WACHT = "wacht"
    BEZORGD = "bezorgd"
    GESTRAND = "gestrand"
    VERVALLEN = "vervallen"


class OpenStand(StrEnum):
    """How it is with one that something can be done about."""

    WACHT = "wacht"
    GESTRAND = "gestrand"


class Onbekend(Meldbaar):
    """A name that nothing is called; the text is Dutch."""


def eis_bekend(verbinding: Connection, *, ontvanger: str | None = None, zaak: str | None = None) -> None:
    """Raise Onbekend for a receiver or a zaak that there is not: of a wrong name "nothing" would be no answer."""
    if ontvanger and not _KENT.voer_uit(verbinding, {"naam": ontvanger}).one().ontvanger:
        namen = [applicatie.naam for applicatie in lees_inrichting(verbinding).applicaties]
        if ontvanger not in namen:
            raise Onbekend(f"Applicatie {ontvanger} staat niet in de inrichting{lijkt_op(ontvanger, namen) or '.'}")
    if zaak and not _KENT.voer_uit(verbinding, {"naam": zaak}).one().zaak:
        raise Onbekend(f"Er is geen zaak {zaak}, en geen bericht daarover.")


class Keuze:
    """Which notificaties; what is None does not count."""

    def __init__(
        self,
        ids: Sequence[int] | None = None,
        stand: Stand | OpenStand | None = None,
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
        """Whether nothing is said, so that all of them are meant."""
        return not any(self.parameters.values())


def lijst(verbinding: Connection, keuze: Keuze, aantal: int) -> Sequence[RowMapping]:
    """Notificaties, the newest first."""
    return _LIJST.voer_uit(verbinding, keuze.parameters | {"aantal": aantal}).mappings().all()


def toon(verbinding: Connection, nummer: int) -> RowMapping | None:
    """One notificatie with its message."""
    return _TOON.voer_uit(verbinding, {"id": nummer}).mappings().one_or_none()


def standen(verbinding: Connection, ontvanger: str | None = None) -> Sequence[RowMapping]:
    """How it goes with every receiver, or with one."""
    return [rij for rij in _STANDEN.voer_uit(verbinding).mappings() if ontvanger in {None, rij["ontvanger"]}]


def gestrand(verbinding: Connection) -> int:
    """How many are stranded now."""
    aantal: int = _GESTRAND.voer_uit(verbinding).scalar_one()
    return aantal


def niet_open(verbinding: Connection, nummers: Sequence[int]) -> list[tuple[int, str]]:
    """Of these numbers those that wait nor are stranded, with their stand; the stand of what there is not is empty."""
    return [(rij.id, rij.stand) for rij in _NIET_OPEN.voer_uit(verbinding, {"ids": list(nummers)})]


def niet_nieuw(verbinding: Connection, nummers: Sequence[int]) -> list[tuple[int, bool]]:
    """Of these numbers of the postvak those that are not there (False) or were seen before (True)."""
    return [(rij.id, rij.is_er) for rij in _NIET_NIEUW.voer_uit(verbinding, {"ids": list(nummers)})]


@dataclass(frozen=True, slots=True)
class Gedaan:
    """How many notificaties a command changed, and how many it left because they were being sent (`onderweg`)."""

    aantal: int
    onderweg: int


def opnieuw(verbinding: Connection, keuze: Keuze) -> Gedaan:
    """Let these be tried again now, with all the time they had at first; what is under way is left to that."""
    rijen = _OPNIEUW.voer_uit(verbinding, keuze.parameters).all()
    ontvangers = [(rij.ontvanger, rij.aantal) for rij in rijen if rij.ontvanger is not None]
    wek(verbinding, (naam for naam, _ in ontvangers))
    aantal = sum(aantal for _, aantal in ontvangers)
    return Gedaan(aantal, rijen[0].bedoeld - aantal)


def vervallen(verbinding: Connection, keuze: Keuze, reden: str) -> Gedaan:
    """Let these never be sent; what is under way is left to that."""
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
    """What others told us, the newest first."""
    parameters = {"gezinsplan": gezinsplan, "ongelezen": ongelezen, "aantal": aantal}
    return _POSTVAK.voer_uit(verbinding, parameters).mappings().all()


def gelezen(verbinding: Connection, ids: Sequence[int]) -> int:
    """Note that somebody has seen these; gives how many were new."""
    return _GELEZEN.voer_uit(verbinding, {"ids": list(ids)}).rowcount
