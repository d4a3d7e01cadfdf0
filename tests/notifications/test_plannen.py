"""To which gezinsplan a zaak belongs is said once: routing, postvak and zaakbericht go by the same."""

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from sqlalchemy import Connection, Engine, text
from tests.notifications.routeringstappen import koppel, laad, zaak
from tests.notifications.test_routering_stapel import Wereld, werelden

from regiesysteem.db import maak_engine
from regiesysteem.inrichting.current import Inrichting
from regiesysteem.notifications.inbox import bewaar
from regiesysteem.notifications.routing import lees_feiten
from regiesysteem.stuf.message import Systeem
from regiesysteem.zakenmagazijn.loading import laad_zaakbeelden
from regiesysteem.zkn.rzs import Notificatie, Zaaktypevermelding
from regiesysteem.zkn.zaak import HEEFT_BETREKKING_OP_ANDERE


@pytest.fixture(scope="module")
def motor(module_database_url: str) -> Iterator[Engine]:
    motor = maak_engine(module_database_url)
    yield motor
    motor.dispose()


@pytest.fixture(scope="module")
def inrichting(motor: Engine) -> Inrichting:
    return laad(motor)


def in_postvak(verbinding: Connection, identificatie: str) -> str | None:
    """Under which gezinsplan what another tells of a zaak is kept."""
    bewaar(verbinding, 1, Systeem("1900", "Bus"), Notificatie(identificatie, "Update zaak", Zaaktypevermelding("WMO")))
    return verbinding.execute(text("SELECT gezinsplan FROM postvak ORDER BY id DESC LIMIT 1")).scalar_one()


def in_bericht(verbinding: Connection, inrichting: Inrichting, zaak_id: int) -> set[str]:
    """The zaken that a zaakbericht names beside the one that it is about."""
    relaties = laad_zaakbeelden(verbinding, inrichting, [zaak_id])[zaak_id].relaties
    andere = relaties.get(HEEFT_BETREKKING_OP_ANDERE.naam, [])
    return {str(een.beeld.gegevens["identificatie"]) for een in andere if een.beeld}


@settings(max_examples=60)
@given(wereld=werelden())
def test_all_say_the_same_of_any_zaken(motor: Engine, inrichting: Inrichting, wereld: Wereld) -> None:
    with motor.connect() as verbinding:
        ids = [zaak(verbinding, f"Z{nummer}", code) for nummer, code in enumerate(wereld.zaaktypen)]
        for relatie, van, naar, einde in wereld.relaties:
            koppel(verbinding, ids[van], ids[naar], relatie, "20260101" if einde else None)
        feiten = lees_feiten(verbinding, ids, [])
        alle = {f"Z{nummer}" for nummer in range(len(ids)) if wereld.soort(nummer) == "gezinsplan"}
        for nummer, zaak_id in enumerate(ids):
            plannen = {f"Z{plan}" for plan in wereld.gezinsplannen(nummer)}
            assert feiten[zaak_id].gezinsplannen == plannen
            assert in_postvak(verbinding, f"Z{nummer}") == min(plannen, default=None)
            if f"Z{nummer}" not in alle:
                assert in_bericht(verbinding, inrichting, zaak_id) & alle == plannen
        verbinding.rollback()


def test_a_message_is_not_kept_with_the_plan_of_a_related_zaak(motor: Engine, inrichting: Inrichting) -> None:
    """A deelplan of one family that has to do with a deelplan of another stays out of the other's plan."""
    with motor.connect() as verbinding:
        ander, gezin = zaak(verbinding, "X"), zaak(verbinding, "G", "GP")
        eigen = zaak(verbinding, "Y")
        koppel(verbinding, eigen, gezin)
        koppel(verbinding, ander, eigen)
        assert (in_postvak(verbinding, "Y"), in_postvak(verbinding, "X")) == ("G", None)
        assert in_bericht(verbinding, inrichting, ander) == {"Y"}
        verbinding.rollback()


def test_plans_further_up_are_found(motor: Engine, inrichting: Inrichting) -> None:
    """A deelzaak of a deelzaak of a deelplan, which has its gezinsplan by a levensdomeinplan."""
    with motor.connect() as verbinding:
        gezin, domein = zaak(verbinding, "G", "GP"), zaak(verbinding, "D", "LDP")
        eigen, deel, deel_daarvan = (zaak(verbinding, naam) for naam in ("A", "B", "C"))
        koppel(verbinding, domein, gezin)
        koppel(verbinding, eigen, domein)
        koppel(verbinding, eigen, deel, "heeftAlsDeelzaak")
        koppel(verbinding, deel, deel_daarvan, "heeftAlsDeelzaak")
        assert in_postvak(verbinding, "C") == "G"
        assert in_bericht(verbinding, inrichting, deel_daarvan) == {"G", "D"}
        verbinding.rollback()
