"""A receiver that is quick, and then silent about one zaak."""

from tests.berichten.bouw import nieuw_nummer
from tests.bezorging.conftest import MaakOntvangst
from tests.bezorging.opstelling import MaakOpstelling, abonnement, applicatie
from tests.conftest import wacht_tot

STIL = "ELDERS1"
SAMEN = 20  # that are sent in one transaction: these wait for each other
ZAKEN = 60
GEBEURTENISSEN = f"""
    INSERT INTO gebeurtenis (zaakidentificatie, gebeurtenis, applicatie, bericht_id, gegevens)
    SELECT 'ELDERS' || nr, 'Update zaak', 'Bron', nr, '{{"code": "B1026", "omschrijving": "Aanvraag"}}'
    FROM generate_series(1, {ZAKEN}) nr ORDER BY nr
"""


def test_other_zaken_go_on_while_a_quick_receiver_is_silent_about_one(
    maak_ontvangst: MaakOntvangst, maak_opstelling: MaakOpstelling
) -> None:
    """The silent message holds one thread, and what goes with it in its transaction."""
    ontvangst = maak_ontvangst("Proef")
    regie = maak_opstelling(applicatie("Proef", ontvangst.adres, timeout=200), abonnement("Proef"))
    regie.creeer(nieuw_nummer())
    wacht_tot(lambda: regie.standen("Proef") == {"bezorgd": 1}, "de eerste", logboek=regie.logboek)
    ontvangst.doe(f"zwijgzaak {STIL}")
    regie.wijzig(GEBEURTENISSEN)

    def gekomen() -> set[str]:
        return {een.zaak for een in ontvangst.ontvangen()}

    wacht_tot(lambda: len(gekomen()) >= 1 + ZAKEN - (SAMEN - 1), "de andere", logboek=regie.logboek)
    assert regie.standen("Proef")["wacht"] >= 1
    ontvangst.doe("goed")
    ontvangst.dood()
    ontvangst.start()
    wacht_tot(lambda: regie.standen("Proef") == {"bezorgd": 1 + ZAKEN}, "alles", logboek=regie.logboek)
