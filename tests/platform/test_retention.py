"""Data that may not stay goes each night, in batches, by the setting that the docs name; younger data stays."""

import ast
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from regiesysteem.access.people import reasons
from regiesysteem.config import Settings
from regiesysteem.notifications import inbox
from regiesysteem.regie import signaal
from regiesysteem.worker import remove_old
from regiesysteem.zakenmagazijn import deviations, messages, refusals

ROOT = Path(__file__).resolve().parents[2]
MESSAGES, NOTIFICATIONS, REFUSALS, LOOKS = (
    f"REGIE_{name}_DAGEN" for name in ("BERICHTEN_BEWAREN", "NOTIFICATIES_BEWAREN", "WEIGERINGEN", "INZAGE")
)


@dataclass(frozen=True)
class Kept:
    """How a row gets in a table, by moment (:on) and number (:id), and the expression that holds while it stays."""

    insert: str
    stays: str = "true"
    key: str = "id"


_NOTIFICATIE = """INSERT INTO notificatie (id, ontvanger, stroom, soort, referentienummer, inhoud, stand, aangemaakt_op)
    OVERRIDING SYSTEM VALUE VALUES (:id, 'A', 'Z', '{soort}', :id, 'x', 'bezorgd', :on)"""
_GEBEURTENIS = """INSERT INTO gebeurtenis (id, zaakidentificatie, gebeurtenis, gegevens, verdeeld, tijdstip)
    OVERRIDING SYSTEM VALUE VALUES (:id, 'Z', 'Update zaak', '{gegevens}', true, :on)"""
_POSTVAK = """INSERT INTO postvak (id, bericht_id, zaakidentificatie, gebeurtenis, applicatie, gegevens, melding,
    ontvangen_op, gelezen_op) OVERRIDING SYSTEM VALUE
    VALUES (:id, 1, 'Z', 'Update zaak', 'A', '{{}}', 'x', :on, {read})"""

CASES = {
    ("bericht", MESSAGES): Kept(
        """INSERT INTO bericht (id, zender_organisatie, zender_applicatie, zender_administratie, referentienummer,
           dienst, ontvangen_op, tijdstip_bericht, digest, inhoud, antwoord)
           OVERRIDING SYSTEM VALUE VALUES (:id, '', 'A', '', :id, 'creeerZaak_Lk01', :on, '', '', 'x', 'x')""",
        "inhoud IS NOT NULL",
    ),
    ("notificatie", MESSAGES): Kept(_NOTIFICATIE.format(soort="creeerZaak_Lk01"), "inhoud IS NOT NULL"),
    ("notificatie", NOTIFICATIONS): Kept(_NOTIFICATIE.format(soort="notificeerOverZaak")),
    ("gebeurtenis", MESSAGES): Kept(
        _GEBEURTENIS.format(gegevens='{"meldingen": []}'), "jsonb_exists(gegevens, 'meldingen')"
    ),
    ("gebeurtenis", NOTIFICATIONS): Kept(_GEBEURTENIS.format(gegevens="{}")),
    ("postvak", MESSAGES): Kept(_POSTVAK.format(read="now()"), "melding <> ''"),
    ("postvak", NOTIFICATIONS): Kept(_POSTVAK.format(read="NULL")),
    ("overdracht", NOTIFICATIONS): Kept(
        """INSERT INTO overdracht (id, richting, zaakidentificatie, applicatie, referentienummer, melding, antwoord,
           beantwoord_op) OVERRIDING SYSTEM VALUE VALUES (:id, 'in', 'Z', 'A', 'r', 'x', 'y', :on)""",
        "melding || antwoord = 'xy'",
    ),
    ("domeingegevens", MESSAGES): Kept(
        """WITH z AS (INSERT INTO zaak (identificatie) VALUES ('Z' || :id) RETURNING id)
           INSERT INTO domeingegevens (id, zaak_id, formaat, mediatype, herkomst, sha256, grootte, inhoud, bericht_id,
           vervangen_op) OVERRIDING SYSTEM VALUE SELECT :id, id, 'x', '', '', '\\x00', 1, 'x', 1, :on FROM z"""
    ),
    ("afwijking", REFUSALS): Kept(
        """INSERT INTO afwijking (organisatie, applicatie, administratie, regel, aantal, eerste, laatste, dienst, plek,
           referentienummer) VALUES ('', 'A', '', :id, 1, :on, :on, '', '', '')""",
        key="regel",
    ),
    ("signaal_vraag", LOOKS): Kept(
        """INSERT INTO signaal_vraag (id, persoon, rol, reden, tijdstip, gevonden, vandaag, te_vaak)
           OVERRIDING SYSTEM VALUE VALUES (:id, 'p', 'r', 'aanvraag', :on, true, 1, false)"""
    ),
    ("toegang_reden", LOOKS): Kept(
        """INSERT INTO toegang_reden (id, zaakidentificatie, persoon, rol, reden, toelichting, gegeven_op, verloopt_op)
           OVERRIDING SYSTEM VALUE VALUES (:id, 'Z', 'p', 'r', 'gevaar', 't', :on, :on)"""
    ),
    ("weigering", REFUSALS): Kept(
        """INSERT INTO weigering (id, tijdstip, organisatie, applicatie, administratie, bewezen, bewijs, adres, dienst,
           referentienummer, zaak, code, http_status, plek)
           OVERRIDING SYSTEM VALUE VALUES (:id, :on, '', '', '', '', '', '', '', '', '', 'StUF055', 500, '')"""
    ),
}  # fmt: skip

ELSEWHERE = {
    ("inzage", LOOKS): "tests/access/test_rollen.py",
    ("inzage_betrokkene", LOOKS): "tests/access/test_rollen.py",
    ("procrastinate_jobs", "30 dagen"): "tests/platform/test_worker.py",
    ("sessie", "een kwartier zonder gebruik, hoogstens tien uur"): "tests/web/test_frame.py",
    ("inlog_link", "een half uur"): "tests/web/test_frame.py",
    ("account", "tot een beheerder het weghaalt"): "",
    ("zaak_eigenaar", "met de zaak"): "",
    ("besluit_document", "met de zaak"): "",
    ("archief", "met de zaak"): "",
    ("bewaarblokkade", "met de zaak"): "",
    ("vernietiging", "nooit"): "",
    ("vernietiging_zaak", "nooit"): "",
}
"""Rows of the docs that another test holds, or that nothing removes by time."""


def documented() -> set[tuple[str, str]]:
    """The tables of "Wat blijft, en hoe lang", each with its term."""
    page = (ROOT / "docs/gebruiken/beheer.md").read_text()
    rows = page.partition("## Wat blijft, en hoe lang")[2].partition("\n## ")[0].partition("Het logboek gaat")[0]
    cells = [row.split("|") for row in rows.splitlines() if row.startswith("| `")]
    return {(table, cell[2].strip().strip("`")) for cell in cells for table in re.findall(r"`(\w+)`", cell[1])}


def test_the_docs_and_the_tests_have_the_same_tables_and_terms() -> None:
    assert documented() == {*CASES, *ELSEWHERE}
    assert all((ROOT / place).is_file() for place in ELSEWHERE.values() if place)


def test_every_setting_of_a_term_is_in_the_table() -> None:
    settings = {f"REGIE_{name.upper()}" for name in Settings.model_fields if name.endswith("_dagen")}
    assert {term for _, term in documented() if term.startswith("REGIE_")} == settings - {"REGIE_NOTIFICATIE_DAGEN"}


def test_every_statement_that_removes_by_time_has_a_case() -> None:
    """A new one, with a bound :grens, comes with its row in the docs and here."""
    removing = set()
    for module in (ROOT / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(module.read_text())):
            said = node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
            if ":grens" in said and "LIMIT :aantal" in said:
                removing |= set(re.findall(r"(?:DELETE FROM|UPDATE) (\w+) (?:SET|WHERE)", said))
    assert removing <= {table for table, _ in CASES}
    assert len(removing) > 5


def test_every_table_that_says_when_is_in_the_docs_or_goes_with_a_zaak(engine: Engine) -> None:
    """Other tables are the configuration, or hang on a zaak or a document (bewaren.md)."""
    with engine.connect() as connection:
        found = connection.execute(
            text("""
            SELECT DISTINCT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
            WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
              AND a.atttypid = 'timestamptz'::regtype AND c.relname NOT LIKE 'procrastinate%'""")
        ).scalars()
        tables = set(found)
    of_a_zaak = {
        "zaak",
        "audit",
        "document",
        "document_inhoud",
        "document_slot",
        "document_versie",
        "afnemersindicatie",
    }
    configuration = {"inrichting", "abonnement", "applicatie_wachtwoord", "inzage_sleutel"}
    state = {"ontvanger"}
    assert tables - {table for table, _ in documented()} <= of_a_zaak | configuration | state


def test_what_is_older_than_its_term_goes_in_batches_and_what_is_younger_stays(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module, name in (
        (reasons, "_BATCH"),
        (signaal, "_ROWS"),
        (messages, "_ROWS"),
        (inbox, "_ROWS"),
        (deviations, "_ROWS"),
        (refusals, "_BATCH"),
    ):
        monkeypatch.setattr(module, name, 2)
    settings, now = Settings(), datetime.now(UTC)
    rows: list[tuple[tuple[str, str], int, bool]] = []
    with engine.begin() as connection:
        for number, (case, kept) in enumerate(CASES.items()):
            days = getattr(settings, case[1].removeprefix("REGIE_").lower())
            for place, age in enumerate((days + 3, days + 2, days + 1, days - 1)):
                id_ = 1000 + 10 * number + place
                values = {"id": id_, "on": now - timedelta(days=age)}
                connection.execute(text(kept.insert), _typed(kept, values))
                rows.append((case, id_, age < days))
    remove_old(engine, settings)
    with engine.connect() as connection:
        for case, id_, young in rows:
            kept = CASES[case]
            question = f"SELECT {kept.stays} FROM {case[0]} WHERE {kept.key} = :id"
            stays = connection.execute(text(question), _typed(kept, {"id": id_})).scalar_one_or_none()
            assert bool(stays) is young, (case, id_)


def _typed(kept: Kept, values: dict[str, object]) -> dict[str, object]:
    return values if kept.key == "id" else {**values, "id": str(values["id"])}
