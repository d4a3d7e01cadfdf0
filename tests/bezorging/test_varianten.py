"""One system decides on receivers: we do, for our own zaken and those of others, or another (RZS 1.0, 6.1, 6.10)."""

from prometheus_client.parser import text_string_to_metric_families
from tests.berichten import regie as r
from tests.berichten.bouw import new_number
from tests.bezorging.conftest import MakeReception
from tests.bezorging.opstelling import MakeOpstelling, abonnement, applicatie
from tests.conftest import fetch, wait_until

INITIEER = "initieerNotificeerOverZaak_Di01"


def test_what_a_servicebus_tells_is_told_further_also_of_zaken_that_we_do_not_hold(
    make_reception: MakeReception, make_opstelling: MakeOpstelling
) -> None:
    """Variant 1 and 2: we are abonnementenbeheer; who caused it is not told. `/metrics` counts it."""
    wmo, source = make_reception("Wmo"), make_reception("Bron")
    regie = make_opstelling(
        *(applicatie(naam, who.adres) for naam, who in (("Wmo", wmo), ("Bron", source))),
        *(abonnement(naam, 'zaaktype = "B1026"') for naam in ("Wmo", "Bron")),
    )
    for gebeurtenis in ("Creeer zaak", "Voeg zaakdocument toe", "Actualiseer zaakstatus"):
        inhoud = r.extra(gebeurtenis=gebeurtenis, zendendeApplicatie="Bron") + r.is_van() + r.heeft()
        bericht = r.notificatie(r.zaak(inhoud, "9999ELDERS"), naam=INITIEER)
        assert regie.send("initieerNotificeerOverZaak", bericht) == "Bv03"
    wait_until(lambda: len(wmo.received()) == 3, "drie notificaties", logboek=regie.logboek)
    first = wmo.received()[0]
    assert (first.actie, first.zaak) == ("notificeerOverZaak", "9999ELDERS")
    assert "In behandeling" in first.bericht
    assert [one.gebeurtenis for one in wmo.received()] == [
        "Creeer zaak",
        "Voeg zaakdocument toe",
        "Actualiseer zaakstatus",
    ]
    assert source.received() == []
    wait_until(lambda: regie.states("Wmo") == {"bezorgd": 3}, "bezorgd")
    digits = {
        (meting.name, meting.labels.get("ontvanger")): meting.value
        for family in text_string_to_metric_families(fetch(f"http://127.0.0.1:{regie.port}/metrics")[1])
        for meting in family.samples
    }
    assert digits["notificaties_bezorgd_total", "Wmo"] == 3
    assert digits["notificaties_wachtend", "Wmo"] == 0


def test_another_abonnementenbeheer_hears_all_with_who_caused_it(
    make_reception: MakeReception, make_opstelling: MakeOpstelling
) -> None:
    """Variant 3: initieerNotificeerOverZaak goes to the other, and nobody hears anything of us."""
    bus, wmo = make_reception("Servicebus"), make_reception("Wmo")
    regie = make_opstelling(
        '[notificaties]\nvariant = "extern"\nabonnementenbeheer = "Servicebus"\n',
        *(applicatie(naam, who.adres) for naam, who in (("Servicebus", bus), ("Wmo", wmo))),
        abonnement("Wmo"),
    )
    number = new_number()
    regie.creeer(number)
    wait_until(lambda: len(bus.received()) == 1, "initieer", logboek=regie.logboek)
    [one] = bus.received()
    assert (one.actie, one.zaak, one.gebeurtenis) == ("initieerNotificeerOverZaak", number, "Creeer zaak")
    assert 'naam="zendendeApplicatie">GWS4all<' in one.bericht
    assert wmo.received() == []
    inhoud = r.extra(gebeurtenis="Creeer zaak", zendendeApplicatie="Wmo") + r.is_van()
    assert regie.send("initieerNotificeerOverZaak", r.notificatie(r.zaak(inhoud), naam=INITIEER)) == "Fo03"
