"""Who decides who is told: we do, for our own zaken and those of others, or another does (RZS 1.0, 6.1 and 6.10)."""

from prometheus_client.parser import text_string_to_metric_families
from tests.berichten import regie as r
from tests.berichten.bouw import nieuw_nummer
from tests.bezorging.conftest import MaakOntvangst
from tests.bezorging.opstelling import MaakOpstelling, abonnement, applicatie
from tests.conftest import haal, wacht_tot

INITIEER = "initieerNotificeerOverZaak_Di01"


def test_what_a_servicebus_tells_is_told_further_also_of_zaken_that_we_do_not_hold(
    maak_ontvangst: MaakOntvangst, maak_opstelling: MaakOpstelling
) -> None:
    """Variant 1 and 2: we are abonnementenbeheer; who caused it is not told. `/metrics` counts it."""
    wmo, bron = maak_ontvangst("Wmo"), maak_ontvangst("Bron")
    regie = maak_opstelling(
        *(applicatie(naam, wie.adres) for naam, wie in (("Wmo", wmo), ("Bron", bron))),
        *(abonnement(naam, 'zaaktype = "B1026"') for naam in ("Wmo", "Bron")),
    )
    for gebeurtenis in ("Creeer zaak", "Voeg zaakdocument toe", "Actualiseer zaakstatus"):
        inhoud = r.extra(gebeurtenis=gebeurtenis, zendendeApplicatie="Bron") + r.is_van() + r.heeft()
        bericht = r.notificatie(r.zaak(inhoud, "9999ELDERS"), naam=INITIEER)
        assert regie.stuur("initieerNotificeerOverZaak", bericht) == "Bv03"
    wacht_tot(lambda: len(wmo.ontvangen()) == 3, "drie notificaties", logboek=regie.logboek)
    eerste = wmo.ontvangen()[0]
    assert (eerste.actie, eerste.zaak) == ("notificeerOverZaak", "9999ELDERS")
    assert "In behandeling" in eerste.bericht
    assert [een.gebeurtenis for een in wmo.ontvangen()] == [
        "Creeer zaak",
        "Voeg zaakdocument toe",
        "Actualiseer zaakstatus",
    ]
    assert bron.ontvangen() == []
    wacht_tot(lambda: regie.standen("Wmo") == {"bezorgd": 3}, "bezorgd")
    cijfers = {
        (meting.name, meting.labels.get("ontvanger")): meting.value
        for familie in text_string_to_metric_families(haal(f"http://127.0.0.1:{regie.poort}/metrics")[1])
        for meting in familie.samples
    }
    assert cijfers["notificaties_bezorgd_total", "Wmo"] == 3
    assert cijfers["notificaties_wachtend", "Wmo"] == 0


def test_another_abonnementenbeheer_hears_all_with_who_caused_it(
    maak_ontvangst: MaakOntvangst, maak_opstelling: MaakOpstelling
) -> None:
    """Variant 3: initieerNotificeerOverZaak goes to the other, and nobody hears anything of us."""
    bus, wmo = maak_ontvangst("Servicebus"), maak_ontvangst("Wmo")
    regie = maak_opstelling(
        '[notificaties]\nvariant = "extern"\nabonnementenbeheer = "Servicebus"\n',
        *(applicatie(naam, wie.adres) for naam, wie in (("Servicebus", bus), ("Wmo", wmo))),
        abonnement("Wmo"),
    )
    nummer = nieuw_nummer()
    regie.creeer(nummer)
    wacht_tot(lambda: len(bus.ontvangen()) == 1, "initieer", logboek=regie.logboek)
    [een] = bus.ontvangen()
    assert (een.actie, een.zaak, een.gebeurtenis) == ("initieerNotificeerOverZaak", nummer, "Creeer zaak")
    assert 'naam="zendendeApplicatie">GWS4all<' in een.bericht
    assert wmo.ontvangen() == []
    inhoud = r.extra(gebeurtenis="Creeer zaak", zendendeApplicatie="Wmo") + r.is_van()
    assert regie.stuur("initieerNotificeerOverZaak", r.notificatie(r.zaak(inhoud), naam=INITIEER)) == "Fo03"
