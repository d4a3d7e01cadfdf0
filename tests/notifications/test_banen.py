"""The lanes of a process: when one is enough, and who wakes a lane then."""

from sqlalchemy import Engine, text
from tests.notifications.routeringstappen import laad, zaak
from tests.notifications.test_verdelen import OPSLAG, muteer

from regiesysteem.inrichting.current import InrichtingBron
from regiesysteem.notifications.outbox import Verdeler
from regiesysteem.notifications.queue import Banen

WIE = "GWS4all"
REGELS = f'[[abonnement]]\napplicatie = "{WIE}"\n'


def _verdeel(engine: Engine, banen: Banen) -> int:
    """Distribute something for a receiver; how many wake-ups there are for it."""
    laad(engine, REGELS)
    with engine.begin() as verbinding:
        muteer(verbinding, zaak(verbinding, "Z1"), 1, "Anders")
    assert Verdeler(engine, InrichtingBron(engine), OPSLAG, banen=banen).loop_door() == 1
    with engine.connect() as verbinding:
        vraag = "SELECT count(*) FROM procrastinate_jobs WHERE args->>'ontvanger' = :wie"
        return int(verbinding.execute(text(vraag), {"wie": WIE}).scalar_one())


def test_a_lane_that_runs_to_a_quick_receiver_looks_again_and_needs_no_job(engine: Engine) -> None:
    banen = Banen()
    banen.noteer(WIE, 0.01)
    with banen.baan(WIE):
        assert _verdeel(engine, banen) == 0
    assert banen.moet_nog_eens(WIE)
    assert not banen.moet_nog_eens(WIE)


def test_without_a_lane_there_is_a_job(engine: Engine) -> None:
    banen = Banen()
    banen.noteer(WIE, 0.01)
    assert _verdeel(engine, banen) == 1
    assert not banen.moet_nog_eens(WIE)


def test_a_lane_to_a_receiver_that_makes_it_wait_gets_help(engine: Engine) -> None:
    banen = Banen()
    banen.noteer(WIE, 0.5)
    with banen.baan(WIE):
        assert _verdeel(engine, banen) == 1


def test_a_lane_that_ends_before_the_commit_leaves_a_job(engine: Engine) -> None:
    class Kort(Banen):
        """Its lane ends just when it was seen to run."""

        def is_genoeg(self, ontvanger: str) -> bool:
            with self.baan(ontvanger):
                return super().is_genoeg(ontvanger)

    banen = Kort()
    banen.noteer(WIE, 0.01)
    assert _verdeel(engine, banen) == 1


def test_a_message_under_way_for_long_makes_a_receiver_slow() -> None:
    banen = Banen()
    assert not banen.is_snel(WIE)
    banen.noteer(WIE, 0.01)
    with banen.zending("Ander"), banen.zending(WIE):
        assert banen.is_snel(WIE)
        while banen.is_snel(WIE):
            pass
    assert banen.is_snel(WIE)
    banen.noteer(WIE, None)
    assert not banen.is_snel(WIE)


def test_lanes_make_place_for_others() -> None:
    banen = Banen(2)
    with banen.baan(WIE):
        assert not banen.maak_plaats(WIE)
        with banen.baan("Ander"):
            assert banen.is_vol()
            assert banen.maak_plaats(WIE)
        with banen.baan(WIE):
            assert banen.maak_plaats(WIE)
    assert not banen.is_vol()
