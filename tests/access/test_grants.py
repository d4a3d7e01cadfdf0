"""Every operation by every grant, with a right credential: what a sender may not do or see leaves a refusal only."""

import re
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import text
from tests.access.conftest import ELSEWHERE, GWS, PASSWORDS, RECEIVES, Doors, basic, outcome
from tests.access.elke_dienst import MESSAGES, About, post, prepare, send, written
from tests.marks import MARKS

from regiesysteem import config
from regiesysteem.inrichting.load import load_inrichting, read_text
from regiesysteem.stuf.xml import parse
from regiesysteem.zakenmagazijn import refusals
from regiesysteem.zkn.operations import OPERATIONS

ALL_TABLES = "SELECT oid::regclass::text FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
EVERYTHING = 'diensten = ["*"]'
CREDENTIAL = basic("GWS4all", PASSWORDS[GWS])
Give = Callable[[str], None]

REFUSED = (500, "StUF052")
FAULTS = {
    "creeerZaak_Lk01": "StUF052",
    **dict.fromkeys(
        (
            "updateZaak_Lk01",
            "actualiseerZaakstatus_Lk01",
            "voegZaakdocumentToe_Lk01",
            "maakZaakdocument_Lk01",
            "geefZaakdocumentbewerken_Di02",
            "updateZaakdocument_Di02",
            "cancelCheckout_Di02",
            "ontkoppelZaakdocument_Di02",
            "zakLk01",
            "edcLk01",
            "voegBesluitToe_Di01",
            "updateBesluit_BslLk01",
            "zakSa03",
            "zakSh03",
        ),
        "StUF064",
    ),
}
"""The fault about a hidden zaak; other operations tell nothing of it, and leave what they were told or a look."""
KEPT = {"bericht", "postvak", "gebeurtenis", "overdracht"}
LATER = {
    "bericht",
    "notificatie",
    "procrastinate_jobs",
    "procrastinate_events",
    "afwijking",
    "inzage",
    "inzage_betrokkene",
}
"""The tables that a question fills that is answered later: with an answer without the zaak, and the look."""


@pytest.fixture(scope="module")
def doors(make_doors: Callable[..., Doors]) -> Iterator[Doors]:
    """The application where the sender may do everything, and every refusal is on record, however many there are."""
    with pytest.MonkeyPatch.context() as otherwise:
        otherwise.setattr(refusals, "PER_SENDER", 1000)
        yield make_doors(**ELSEWHERE)


@pytest.fixture(scope="module")
def abouts(doors: Doors) -> dict[str, About]:
    """The subject of each message: a zaak, and a document of it that is checked out where the message needs that."""
    shared = prepare(doors, CREDENTIAL)
    made = dict.fromkeys(MESSAGES, shared)
    for dienst in ("updateZaakdocument_Di02", "cancelCheckout_Di02"):
        made[dienst] = prepare(doors, CREDENTIAL)
        send(doors, "geefZaakdocumentbewerken_Di02", made[dienst], CREDENTIAL)
    made["ontkoppelZaakdocument_Di02"] = prepare(doors, CREDENTIAL)
    return made


@pytest.fixture(scope="module")
def give(doors: Doors) -> Give:
    """Give the sender other rights, of the next message on."""
    has: list[str] = [EVERYTHING]

    def change(rechten: str) -> None:
        if has[-1] != rechten:
            toml = config.example_inrichting().read_text()
            for old, new in {
                'autorisatie = "open"': 'autorisatie = "applicaties"',
                EVERYTHING: f"{rechten}\n#",
                **RECEIVES,
            }.items():
                assert old in toml
                toml = toml.replace(old, new, 1)
            load_inrichting(doors.engine, read_text(toml, "test"))
            has.append(rechten)

    return change


def _rows(doors: Doors) -> dict[str, int]:
    """How many rows each table has."""
    with doors.engine.connect() as connection:
        tables = connection.execute(text(ALL_TABLES)).scalars().all()
        counts = " UNION ALL ".join(f"SELECT '{table}', count(*) FROM {table}" for table in tables)
        return {row[0]: row[1] for row in connection.execute(text(counts))}


def _sent(doors: Doors, dienst: str, about: About) -> tuple[tuple[int, str], dict[str, int], str]:
    """The outcome of a message, the tables that it left rows in, and the answer."""
    before = _rows(doors)
    answer = post(doors, dienst, written(dienst, about), CREDENTIAL)
    after = _rows(doors)
    return (
        outcome(answer),
        {table: rows - before[table] for table, rows in after.items() if rows != before[table]},
        answer.text,
    )


@pytest.mark.parametrize("dienst", MESSAGES)
def test_what_is_granted_opens_nothing_else(doors: Doors, abouts: dict[str, About], give: Give, dienst: str) -> None:
    """Granted is it alone; the operation after it in the list is not."""
    names = list(MESSAGES)
    other = names[(names.index(dienst) + 1) % len(names)]
    give(f'diensten = ["{dienst}"]')
    assert _sent(doors, other, abouts[other])[:2] == (REFUSED, {"weigering": 1})
    said, left, _ = _sent(doors, dienst, abouts[dienst])
    assert said == (200, "")
    assert left.get("bericht", 0) == OPERATIONS[dienst].mutates
    assert "weigering" not in left


@pytest.mark.parametrize("dienst", MESSAGES)
def test_the_signaal_opens_no_operation(doors: Doors, abouts: dict[str, About], give: Give, dienst: str) -> None:
    """One question has it, which the example of zakLv01 is not."""
    give("signaal = true")
    assert _sent(doors, dienst, abouts[dienst])[:2] == (REFUSED, {"weigering": 1})


@pytest.mark.parametrize("dienst", MESSAGES)
def test_a_hidden_zaak_is_not_there(doors: Doors, abouts: dict[str, About], give: Give, dienst: str) -> None:
    give('zaaktypen = ["GEZINSPLAN"]')
    said, left, answer = _sent(doors, dienst, abouts[dienst])
    assert [mark for mark in MARKS if mark in answer] == []
    if dienst in FAULTS:
        assert (said, left) == ((500, FAULTS[dienst]), {"weigering": 1})
    elif OPERATIONS[dienst].mutates and OPERATIONS[dienst].asks:
        assert said == (200, "")
        assert left["notificatie"] == 1
        assert {re.sub(r"_\d{6}$", "", table) for table in left} <= LATER | {"inzage", "inzage_betrokkene"}
    elif OPERATIONS[dienst].mutates:
        assert said == (200, "")
        assert {"bericht"} <= set(left) <= KEPT
    else:
        assert said == (200, "")
        assert {table.rpartition("_")[0] for table in left} <= {"inzage", "inzage_betrokkene"}
        assert parse(answer.encode()).find(".//{*}antwoord/{*}object") is None
