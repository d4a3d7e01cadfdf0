"""Old data about people goes after the term; the fact that it was there, its subject and its time stay."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine
from tests.notifications.stappen import notificatie, sql

from regiesysteem.notifications import inbox
from regiesysteem.notifications.inbox import clean_up_notificaties, remove_history

NOW = datetime.now(UTC)
OLD, JONG = NOW - timedelta(days=91), NOW - timedelta(days=89)


def _clean_up(engine: Engine) -> dict[str, int]:
    """How many rows of what were cleaned up; what is 0 left out."""
    return {what: count for what, count in clean_up_notificaties(engine, 90).items() if count}


def _removed(engine: Engine) -> dict[str, int]:
    """How many rows of what ended long ago; what is 0 left out."""
    return {what: count for what, count in remove_history(engine, 90).items() if count}


def test_of_old_notifications_only_what_they_said_goes(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not of those that still wait: they must be sent as they are. More than a batch goes too."""
    monkeypatch.setattr(inbox, "_ROWS", 1)
    for state in ("wacht", "bezorgd", "gestrand"):
        notificatie(engine, state, stand=state, aangemaakt_op=OLD)
    notificatie(engine, "jong", stand="bezorgd", aangemaakt_op=JONG)
    assert _clean_up(engine) == {"notificaties": 2}
    over = sql(engine, "SELECT referentienummer FROM notificatie WHERE inhoud IS NOT NULL ORDER BY id")
    assert over == [("wacht",), ("jong",)]


def test_of_what_another_told_only_the_zaak_and_the_event_stay(engine: Engine) -> None:
    """Data said with an event goes when all were told of it; data of the postvak when somebody has seen it."""
    for when, ready in ((OLD, True), (OLD, False), (JONG, True)):
        rest: dict[str, Any] = {"wanneer": when, "klaar": ready, "gezien": NOW if ready else None}
        sql(
            engine,
            """INSERT INTO gebeurtenis (zaakidentificatie, gebeurtenis, bericht_id, gegevens, verdeeld, tijdstip)
            VALUES ('Z', 'Update zaak', 1, '{"code": "B1026", "meldingen": ["Bel"]}', :klaar, :wanneer)""",
            **rest,
        )
        sql(
            engine,
            """INSERT INTO postvak (bericht_id, zaakidentificatie, gebeurtenis, applicatie, gegevens, melding,
                                            ontvangen_op, gelezen_op)
            VALUES (1, 'Z', 'Update zaak', 'Bus', '{"code": "B1026"}', 'Bel', :wanneer, :gezien)""",
            **rest,
        )
    assert _clean_up(engine) == {"gebeurtenissen": 1, "postvak": 1}
    assert _clean_up(engine) == {}
    said = sql(engine, "SELECT gegevens ->> 'code', jsonb_exists(gegevens, 'meldingen') FROM gebeurtenis ORDER BY id")
    assert said == [("B1026", False), ("B1026", True), ("B1026", True)]
    assert sql(engine, "SELECT melding, gegevens = '{}' FROM postvak ORDER BY id") == [
        ("", True), ("Bel", False), ("Bel", False)]  # fmt: skip


def test_of_what_ended_long_ago_only_what_a_rule_asks_for_stays(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A receiver that got a zaak as new gets no second creation; a gebeurtenis stays as long as its notifications."""
    monkeypatch.setattr(inbox, "_ROWS", 1)
    sql(
        engine,
        """INSERT INTO gebeurtenis (zaakidentificatie, gebeurtenis, bericht_id, gegevens, verdeeld, tijdstip)
        SELECT naam, 'Update zaak', 1, CASE naam WHEN 'transfer' THEN '{"referentienummer": "R"}' ELSE '{}' END::jsonb,
               naam <> 'undivided', CASE naam WHEN 'young' THEN :jong ELSE :oud END
        FROM unnest(ARRAY['old', 'told', 'stranded', 'transfer', 'undivided', 'young']) naam""",
        oud=OLD,
        jong=JONG,
    )
    for number, rest in {
        "told": {"stand": "bezorgd"},
        "told2": {"stand": "vervallen"},
        "stranded": {"stand": "gestrand"},
        "waits": {"stand": "wacht"},
        "created": {"stand": "bezorgd", "soort": "creeerZaak_Lk01"},
        "offer": {"stand": "bezorgd", "soort": "overdragenZaak_Di01"},
    }.items():
        notificatie(engine, number, aangemaakt_op=OLD, **rest)
    notificatie(engine, "young", stand="bezorgd", aangemaakt_op=JONG)
    for zaak in ("told", "stranded"):
        sql(
            engine,
            "UPDATE notificatie SET gebeurtenis_id = (SELECT id FROM gebeurtenis WHERE zaakidentificatie = :zaak)"
            " WHERE referentienummer = :zaak",
            zaak=zaak,
        )
    sql(
        engine,
        "INSERT INTO overdracht (richting, zaakidentificatie, applicatie, referentienummer)"
        " VALUES ('uit', 'Z', 'Bus', 'offer')",
    )
    assert _removed(engine) == {"notificaties": 2, "gebeurtenissen": 2}
    assert _removed(engine) == {}
    over = sql(engine, "SELECT referentienummer FROM notificatie ORDER BY id")
    assert over == [("stranded",), ("waits",), ("created",), ("offer",), ("young",)]
    over = sql(engine, "SELECT zaakidentificatie FROM gebeurtenis ORDER BY id")
    assert over == [("stranded",), ("transfer",), ("undivided",), ("young",)]
