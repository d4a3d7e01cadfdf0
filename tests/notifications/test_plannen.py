"""To which gezinsplan a zaak belongs is said once: routing, postvak and zaakbericht go by the same."""

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from sqlalchemy import Connection, Engine, text
from tests.notifications.routeringstappen import link, load, zaak
from tests.notifications.test_routering_stapel import Wereld, werelden

from regiesysteem.db import make_engine
from regiesysteem.inrichting.current import Inrichting
from regiesysteem.notifications.inbox import keep
from regiesysteem.notifications.routing import read_facts
from regiesysteem.stuf.message import Systeem
from regiesysteem.zakenmagazijn.loading import load_zaken_to_send
from regiesysteem.zkn.rzs import Notificatie, Zaaktypevermelding
from regiesysteem.zkn.zaak import HEEFT_BETREKKING_OP_ANDERE


@pytest.fixture(scope="module")
def engine(module_database_url: str) -> Iterator[Engine]:
    engine = make_engine(module_database_url)
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def inrichting(engine: Engine) -> Inrichting:
    return load(engine)


def in_postvak(connection: Connection, identificatie: str) -> str | None:
    """Under which gezinsplan what another tells of a zaak is kept."""
    keep(connection, 1, Systeem("1900", "Bus"), Notificatie(identificatie, "Update zaak", Zaaktypevermelding("WMO")))
    return connection.execute(text("SELECT gezinsplan FROM postvak ORDER BY id DESC LIMIT 1")).scalar_one()


def in_bericht(connection: Connection, inrichting: Inrichting, zaak_id: int) -> set[str]:
    """The zaken that a zaakbericht names beside the one that it is about."""
    relaties = load_zaken_to_send(connection, inrichting, [zaak_id])[zaak_id].relaties
    others = relaties.get(HEEFT_BETREKKING_OP_ANDERE.naam, [])
    return {str(one.view.gegevens["identificatie"]) for one in others if one.view}


@settings(max_examples=60)
@given(wereld=werelden())
def test_all_say_the_same_of_any_zaken(engine: Engine, inrichting: Inrichting, wereld: Wereld) -> None:
    with engine.connect() as connection:
        ids = [zaak(connection, f"Z{number}", code) for number, code in enumerate(wereld.zaaktypen)]
        for relatie, from_, to, end in wereld.relaties:
            link(connection, ids[from_], ids[to], relatie, "20260101" if end else None)
        facts = read_facts(connection, ids, [])
        every = {f"Z{number}" for number in range(len(ids)) if wereld.soort(number) == "gezinsplan"}
        for number, zaak_id in enumerate(ids):
            plans = {f"Z{plan}" for plan in wereld.gezinsplannen(number)}
            assert facts[zaak_id].gezinsplannen == plans
            assert in_postvak(connection, f"Z{number}") == min(plans, default=None)
            if f"Z{number}" not in every:
                assert in_bericht(connection, inrichting, zaak_id) & every == plans
        connection.rollback()


def test_a_message_is_not_kept_with_the_plan_of_a_related_zaak(engine: Engine, inrichting: Inrichting) -> None:
    """A deelplan of one family that has to do with a deelplan of another stays out of the other's plan."""
    with engine.connect() as connection:
        other, gezin = zaak(connection, "X"), zaak(connection, "G", "GP")
        own = zaak(connection, "Y")
        link(connection, own, gezin)
        link(connection, other, own)
        assert (in_postvak(connection, "Y"), in_postvak(connection, "X")) == ("G", None)
        assert in_bericht(connection, inrichting, other) == {"Y"}
        connection.rollback()


def test_plans_further_up_are_found(engine: Engine, inrichting: Inrichting) -> None:
    """A deelzaak of a deelzaak of a deelplan, which has its gezinsplan by a levensdomeinplan."""
    with engine.connect() as connection:
        gezin, domein = zaak(connection, "G", "GP"), zaak(connection, "D", "LDP")
        own, part, part_daarvan = (zaak(connection, naam) for naam in ("A", "B", "C"))
        link(connection, domein, gezin)
        link(connection, own, domein)
        link(connection, own, part, "heeftAlsDeelzaak")
        link(connection, part, part_daarvan, "heeftAlsDeelzaak")
        assert in_postvak(connection, "C") == "G"
        assert in_bericht(connection, inrichting, part_daarvan) == {"G", "D"}
        connection.rollback()
