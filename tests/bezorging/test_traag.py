"""A receiver that is quick, and then silent about one zaak."""

from tests.berichten.bouw import new_number
from tests.bezorging.conftest import MakeReception
from tests.bezorging.opstelling import MakeOpstelling, abonnement, applicatie
from tests.conftest import wait_until

QUIET = "ELDERS1"
TOGETHER = 20  # that are sent in one transaction: these wait for each other
ZAKEN = 60
GEBEURTENISSEN = f"""
    INSERT INTO gebeurtenis (zaakidentificatie, gebeurtenis, applicatie, bericht_id, gegevens)
    SELECT 'ELDERS' || nr, 'Update zaak', 'Bron', nr, '{{"code": "B1026", "omschrijving": "Aanvraag"}}'
    FROM generate_series(1, {ZAKEN}) nr ORDER BY nr
"""


def test_other_zaken_go_on_while_a_quick_receiver_is_silent_about_one(
    make_reception: MakeReception, make_opstelling: MakeOpstelling
) -> None:
    """The silent message holds one thread, and what goes with it in its transaction."""
    reception = make_reception("Proef")
    regie = make_opstelling(applicatie("Proef", reception.adres, timeout=200), abonnement("Proef"))
    regie.creeer(new_number())
    wait_until(lambda: regie.states("Proef") == {"bezorgd": 1}, "de eerste", logboek=regie.logboek)
    reception.do(f"zwijgzaak {QUIET}")
    regie.change(GEBEURTENISSEN)

    def come() -> set[str]:
        return {one.zaak for one in reception.received()}

    wait_until(lambda: len(come()) >= 1 + ZAKEN - (TOGETHER - 1), "de andere", logboek=regie.logboek)
    assert regie.states("Proef")["wacht"] >= 1
    reception.do("goed")
    reception.dood()
    reception.start()
    wait_until(lambda: regie.states("Proef") == {"bezorgd": 1 + ZAKEN}, "alles", logboek=regie.logboek)
