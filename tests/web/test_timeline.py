"""The timeline of a plan: its order, its filter, its words; and the alert of what did not arrive."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, text
from tests.berichten.bouw import lk01, status
from tests.diensten.documentstappen import add
from tests.soap.conftest import Door
from tests.web.conftest import LogIn
from tests.web.planstappen import WORKER, Family, content, two_halves

from regiesysteem.inrichting.current import read_inrichting
from regiesysteem.notifications.transfers import hand_over
from regiesysteem.regie.timeline import AT_ONCE


def notify(engine: Engine, zaak: str, stand: str, melding: str = "", ontvanger: str = "WmoVoorziening") -> None:
    """A message about a zaak with an outcome, as the worker keeps it."""
    with engine.begin() as connection:
        connection.execute(
            text("""INSERT INTO notificatie (gebeurtenis_id, ontvanger, stroom, soort, referentienummer, stand,
                                             pogingen, melding, afgehandeld_op)
                    SELECT g.id, :o, :z, 'notificeerOverZaak', gen_random_uuid()::text, :s, 8, :m,
                           CASE WHEN :s <> 'wacht' THEN clock_timestamp() END
                    FROM gebeurtenis g WHERE g.zaakidentificatie = :z ORDER BY g.id LIMIT 1"""),
            {"z": zaak, "s": stand, "m": melding, "o": ontvanger},
        )


def offer(engine: Engine, zaak: str, refused: str = "") -> None:
    """Offer a zaak to a back office; it may refuse."""
    with engine.begin() as connection:
        number = hand_over(connection, read_inrichting(connection), zaak, "Schuldhulp", "Graag snel")
        if refused:
            connection.execute(
                text("""UPDATE overdracht SET stand = 'geweigerd', antwoord = :a, beantwoord_op = clock_timestamp()
                        WHERE id = :id"""),
                {"a": refused, "id": number},
            )


def titles(page: str) -> list[str]:
    return re.findall(r"<p><strong>(.*?)</strong></p>", page)


def test_what_happened_stands_newest_first_with_who_did_it(
    family: Family, regisseur: FlaskClient, engine: Engine, door: Door
) -> None:
    offer(engine, family.own, refused="Cliënt niet bekend")
    add(door, family.plan, titel="Verslag van het gesprek")
    notify(engine, family.own, "gestrand", "time-out")
    page = regisseur.get(f"/plannen/{family.plan}").text
    assert titles(page)[:5] == [
        "Bericht gestrand bij WmoVoorziening",
        "Document Verslag van het gesprek toegevoegd",
        "Het gezinsplan gewijzigd",
        "Overdracht van Drempel weg geweigerd door Schuldhulp",
        "Drempel weg aangeboden aan Schuldhulp",
    ]
    assert "Over Drempel weg (nieuwe zaak). 8 pogingen. Laatste antwoord: time-out" in content(page)
    assert "Reden: Cliënt niet bekend" in content(page)
    assert "Het gezinsplan gemaakt Door GWS4all." in content(page)
    moments = re.findall(r'<time datetime="([^"]*)"', page)
    assert moments == sorted(moments, reverse=True)
    assert [one for one in titles(page) if one.startswith("Status")][:3] == [
        "Status van Minima: Afgehandeld",
        "Status van het gezinsplan: Gezinsplan opgesteld",
        "Status van het gezinsplan: Signaal geregistreerd",
    ]
    assert "Overdracht geweigerd" in content(page)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("status", "Status van"),
        ("bericht", "Bericht "),
        ("overdracht", "Drempel weg aangeboden"),
        ("document", "Document "),
        ("wijziging", ""),
    ],
)
def test_the_filter_leaves_one_kind(
    kind: str, expected: str, family: Family, regisseur: FlaskClient, engine: Engine, door: Door
) -> None:
    offer(engine, family.own)
    add(door, family.plan)
    notify(engine, family.plan, "bezorgd")
    page = regisseur.get(f"/plannen/{family.plan}?soort={kind}").text
    found = titles(page)
    assert found
    assert all(one.startswith(expected) for one in found), found
    assert (kind == "wijziging") == ("Minima gemaakt" in found)
    assert f'href="/plannen/{family.plan}?soort={kind}#tijdlijn" aria-current="true"' in page


def test_older_moments_are_a_page_further_and_none_is_lost(
    family: Family, regisseur: FlaskClient, engine: Engine
) -> None:
    for number in range(AT_ONCE):
        notify(engine, family.own, "bezorgd", ontvanger=f"Systeem{number}")
    first = regisseur.get(f"/plannen/{family.plan}?soort=bericht").text
    assert ">Ouder</a>" not in first
    notify(engine, family.own, "bezorgd", ontvanger="Een te veel")
    first = regisseur.get(f"/plannen/{family.plan}?soort=bericht").text
    [older] = re.findall(r'href="(/plannen/[^"]*voor=[^"]*)">Ouder', first)
    second = regisseur.get(older.replace("&amp;", "&")).text
    assert (len(titles(first)), titles(second)) == (AT_ONCE, ["Bericht aangekomen bij Systeem0"])
    assert titles(first)[0] == "Bericht aangekomen bij Een te veel"
    assert titles(regisseur.get(f"/plannen/{family.plan}?soort=bericht&voor=x'--").text) == titles(first)


def test_what_did_not_arrive_is_told_on_top(family: Family, regisseur: FlaskClient, engine: Engine) -> None:
    page = content(regisseur.get(f"/plannen/{family.plan}").text)
    assert "aangekomen" not in page
    notify(engine, family.own, "gestrand")
    notify(engine, family.plan, "gestrand")
    notify(engine, family.loose, "wacht", ontvanger="Schuldhulp")
    notify(engine, family.loose, "bezorgd", ontvanger="Leerlingvervoer")
    page = content(regisseur.get(f"/plannen/{family.plan}").text)
    assert "Twee berichten over dit plan zijn niet aangekomen bij WmoVoorziening." in page
    assert "Een bericht over dit plan wacht sinds" in page
    assert "Leerlingvervoer" not in page[: page.index("Regisseur")]
    own = content(regisseur.get(f"/zaken/{family.own}").text)
    assert "Een bericht over deze zaak is niet aangekomen bij WmoVoorziening." in own
    assert "Schuldhulp" not in own


def test_who_executes_a_deelplan_sees_what_happened_to_that_alone(
    family: Family, log_in: LogIn, engine: Engine, door: Door
) -> None:
    offer(engine, family.other, refused="Geheim")
    add(door, family.plan, titel="Ons verslag")
    notify(engine, family.other, "gestrand", "woorden")
    notify(engine, family.own, "bezorgd", ontvanger="Leerlingvervoer")
    page = log_in("uitvoerende", medewerker=WORKER).get(f"/plannen/{family.plan}").text
    assert "Bericht aangekomen bij Leerlingvervoer" in titles(page)
    assert all("het gezinsplan" not in one.lower() for one in titles(page))
    for hidden in ("Geheim", "Schuldhulp", "woorden", "Ons verslag", "niet aangekomen"):
        assert hidden not in page, hidden


def test_a_status_without_a_time_shows_its_day_and_one_of_no_day_says_so(
    family: Family, regisseur: FlaskClient, door: Door, engine: Engine
) -> None:
    told = lk01("W", *two_halves(family.other, status(2, "202603041530")))
    door.succeeded("actualiseerZaakstatus_Lk01", told)
    page = content(regisseur.get(f"/plannen/{family.plan}?soort=status").text)
    assert "4 maart 2026, 15.30 uur Status van Traplift: In behandeling" in page
    assert "3 februari 2026 Status van het gezinsplan" in page
    with engine.begin() as connection:
        connection.execute(text("UPDATE zaak_status SET datum_status_gezet = '19991300', moment = '19991300000000000'"))
    assert "dag niet bekend" in content(regisseur.get(f"/plannen/{family.plan}?soort=status").text)


def test_a_message_of_another_system_is_in_the_timeline_of_its_plan(
    family: Family, regisseur: FlaskClient, engine: Engine
) -> None:
    with engine.begin() as connection:
        connection.execute(
            text("""INSERT INTO postvak (bericht_id, zaakidentificatie, gezinsplan, gebeurtenis, applicatie, gegevens,
                                         melding, ontvangen_op)
                    VALUES (1, 'Z-ELDERS', :p, 'Creeer zaak', 'Jeugd', '{}', '<b>Nieuw</b> verzoek', :op)"""),
            {"p": family.plan, "op": datetime.now(UTC) + timedelta(seconds=1)},
        )
    page = regisseur.get(f"/plannen/{family.plan}").text
    assert titles(page)[0] == "Melding van Jeugd over zaak Z-ELDERS (nieuwe zaak)"
    assert "&lt;b&gt;Nieuw" in page
    assert "Z-ELDERS" not in regisseur.get(f"/zaken/{family.own}").text
