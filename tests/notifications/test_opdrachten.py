"""`regie notificaties`: what is under way is left to that, and how long something waits stays known."""

import pytest
from sqlalchemy import Engine, text
from tests.notifications.routeringstappen import laad
from tests.notifications.stappen import doe, notificatie, sql

ONDERWEG = "1 is juist onderweg naar de ontvanger; die blijft zoals zij is."


@pytest.mark.parametrize("opdracht", ["opnieuw", "vervallen"])
def test_what_is_under_way_is_not_waited_for(engine: Engine, database_url: str, opdracht: str) -> None:
    onderweg, _ = notificatie(engine, "A"), notificatie(engine, "B", stand="gestrand")
    with engine.begin() as bezig:
        bezig.execute(text("SELECT FROM notificatie WHERE id = :id FOR UPDATE"), {"id": onderweg})
        code, uit, fout = doe(database_url, "notificaties", opdracht, "--ontvanger", "Wmo")
    assert (code, fout) == (0, "")
    assert uit.startswith("1 notificatie ")
    assert uit.endswith(f"{ONDERWEG}\n")
    standen = {"opnieuw": [("wacht",), ("wacht",)], "vervallen": [("wacht",), ("vervallen",)]}
    assert sql(engine, "SELECT stand FROM notificatie ORDER BY referentienummer") == standen[opdracht]


def test_when_all_is_under_way_that_is_all_there_is_to_say(engine: Engine, database_url: str) -> None:
    notificatie(engine, "A")
    with engine.begin() as bezig:
        bezig.execute(text("SELECT FROM notificatie FOR UPDATE"))
        assert doe(database_url, "notificaties", "opnieuw", "--alle") == (0, f"{ONDERWEG}\n", "")
    assert "1 notificatie wordt" in doe(database_url, "notificaties", "opnieuw", "--alle")[1]
    sql(engine, "UPDATE notificatie SET stand = 'bezorgd'")
    assert doe(database_url, "notificaties", "opnieuw", "--alle")[:2] == (
        0,
        "Er is niets dat wacht of is gestrand en nog kan worden verstuurd.\n",
    )


def test_a_receiver_that_is_being_tried_is_not_waited_for(engine: Engine, database_url: str) -> None:
    """Who tries whether he is back holds his row until he answers; another rests no longer."""
    for naam in ("Wmo", "Jeugd"):
        notificatie(engine, naam, ontvanger=naam, stand="gestrand")
        sql(engine, "INSERT INTO ontvanger (applicatie, rust_tot, fouten) VALUES (:n, now() + '1 hour', 7)", n=naam)
    with engine.begin() as bezig:
        bezig.execute(text("SELECT FROM ontvanger WHERE applicatie = 'Wmo' FOR UPDATE"))
        assert doe(database_url, "notificaties", "opnieuw", "--alle")[0] == 0
    rijen = sql(engine, "SELECT applicatie, fouten, rust_tot IS NULL FROM ontvanger ORDER BY 1")
    assert rijen == [("Jeugd", 0, True), ("Wmo", 7, False)]
    gewekt = sql(engine, "SELECT DISTINCT args ->> 'ontvanger' FROM procrastinate_jobs ORDER BY 1")
    assert gewekt == [("Jeugd",), ("Wmo",)]


def test_trying_again_gives_all_the_time_and_keeps_the_age(engine: Engine, database_url: str) -> None:
    notificatie(engine, "A", stand="gestrand")
    sql(engine, "UPDATE notificatie SET aangemaakt_op = '2026-01-01Z', bewaren_vanaf = '2026-01-01Z'")
    assert doe(database_url, "notificaties", "opnieuw", "--stand", "gestrand")[0] == 0
    vraag = "SELECT aangemaakt_op = '2026-01-01Z', bewaren_vanaf > now() - interval '1 minute', stand FROM notificatie"
    assert sql(engine, vraag) == [(True, True, "wacht")]
    uit = doe(database_url, "notificaties", "standen")[1]
    assert "2026-01-01" in uit


@pytest.mark.parametrize(
    ("opdracht", "keuze"),
    [
        *((opdracht, keuze) for opdracht in ("lijst", "opnieuw", "vervallen") for keuze in ("--ontvanger", "--zaak")),
        ("standen", "--ontvanger"),
    ],
)
def test_a_name_that_nothing_is_called_is_an_error(
    engine: Engine, database_url: str, opdracht: str, keuze: str
) -> None:
    """ "Nothing" would be no answer to a slip of the pen."""
    laad(engine)
    notificatie(engine, "A")
    code, uit, fout = doe(database_url, "notificaties", opdracht, keuze, "GWS4al")
    assert (code, uit) == (1, "")
    assert fout in {
        'Applicatie GWS4al staat niet in de inrichting; bedoelde u "GWS4all"?\n',
        "Er is geen zaak GWS4al, en geen bericht daarover.\n",
    }
    for bekend in ("GWS4all", "Wmo") if keuze == "--ontvanger" else ("A",):
        assert doe(database_url, "notificaties", opdracht, keuze, bekend)[0] == 0


def test_how_it_goes_may_be_asked_of_one_receiver(engine: Engine, database_url: str) -> None:
    notificatie(engine, "A")
    notificatie(engine, "B", ontvanger="Jeugd")
    uit = doe(database_url, "notificaties", "standen", "--ontvanger", "Jeugd")[1]
    assert ("Jeugd" in uit, "Wmo" in uit) == (True, False)


def test_a_gezinsplan_that_there_is_not_has_no_postvak(engine: Engine, database_url: str) -> None:
    assert doe(database_url, "postvak", "lijst", "--gezinsplan", "X")[0] == 1


@pytest.mark.parametrize(
    ("opdracht", "stand"), [("lijst", "onzin"), ("opnieuw", "onzin"), ("opnieuw", "bezorgd"), ("vervallen", "bezorgd")]
)
def test_a_stand_that_is_none_is_refused(database_url: str, opdracht: str, stand: str) -> None:
    code, uit, fout = doe(database_url, "notificaties", opdracht, "--stand", stand)
    assert (code, uit) == (2, "")
    assert stand in fout


def test_a_list_may_be_of_one_stand(engine: Engine, database_url: str) -> None:
    notificatie(engine, "A", stand="gestrand")
    notificatie(engine, "B")
    uit = doe(database_url, "notificaties", "lijst", "--stand", "gestrand")[1]
    assert (" A " in uit, " B " in uit) == (True, False)


def test_what_another_holds_is_told_as_such(engine: Engine, database_url: str) -> None:
    """Not as a database that cannot be reached."""
    sql(engine, "INSERT INTO postvak (bericht_id, zaakidentificatie, gebeurtenis, applicatie, gegevens)"
                " VALUES (1, 'Z', 'Update zaak', 'Bus', '{}')")  # fmt: skip
    kort = f"{database_url}{'&' if '?' in database_url else '?'}options=-c%20lock_timeout%3D100"
    with engine.begin() as bezig:
        bezig.execute(text("SELECT FROM postvak FOR UPDATE"))
        code, _, fout = doe(kort, "postvak", "gelezen", "1")
    assert (code, fout) == (1, "Iets anders houdt dit nu vast; er is niets gewijzigd. Probeer het zo opnieuw.\n")


def test_standen_say_how_it_is_now_apart_from_what_ever_was(engine: Engine, database_url: str) -> None:
    """Who has recovered has no rest and no melding; what was stranded and went after all is in the totals alone."""
    for naam, rust, fouten in (("Beter", "-1 hour", 0), ("Ziek", "1 hour", 7)):
        sql(
            engine,
            "INSERT INTO ontvanger (applicatie, rust_tot, fouten, melding, bezorgd, mislukt, gestrand)"
            " VALUES (:n, now() + CAST(:rust AS interval), :fouten, 'geen verbinding', 31, 32, 33)",
            n=naam,
            rust=rust,
            fouten=fouten,
        )
    notificatie(engine, "A", ontvanger="Ziek", stand="gestrand")
    notificatie(engine, "B", ontvanger="Nieuw", stand="gestrand")
    uit = doe(database_url, "notificaties", "standen")[1]
    cellen = [[cel.strip() for cel in regel.strip("│").split("│")] for regel in uit.splitlines() if regel[:1] == "│"]
    assert [rij[:4] + rij[5:] for rij in cellen] == [
        ["Beter", "0", "", "0", "", "31", "32", "33"],
        ["Nieuw", "0", "", "1", "", "0", "0", "0"],
        ["Ziek", "0", "", "1", "geen verbinding", "31", "32", "33"],
    ]
    assert [bool(rij[4]) for rij in cellen] == [False, False, True]


@pytest.mark.parametrize(("opdracht", "gedaan"), [("opnieuw", "2 notificaties worden opnieuw geprobeerd.\n"),
                                                  ("vervallen", "2 notificaties zijn vervallen.\n")])  # fmt: skip
def test_of_each_number_that_nothing_is_done_with_is_said_why(
    engine: Engine, database_url: str, opdracht: str, gedaan: str
) -> None:
    open_ = [notificatie(engine, "A"), notificatie(engine, "B", stand="gestrand")]
    klaar = notificatie(engine, "C", stand="bezorgd")
    uitleg = f"Notificatie {klaar} is bezorgd; daar verandert niets aan.\nEr is geen notificatie 9999.\n"
    assert doe(database_url, "notificaties", opdracht, "9999", str(klaar), "9999") == (1, "", uitleg)
    assert doe(database_url, "notificaties", opdracht, "9999", *map(str, [*open_, klaar])) == (0, gedaan, uitleg)
    assert doe(database_url, "notificaties", opdracht, str(2**63))[0] == 2


def test_of_each_number_of_the_postvak_that_is_not_new_is_said_why(engine: Engine, database_url: str) -> None:
    sql(engine, "INSERT INTO postvak (bericht_id, zaakidentificatie, gebeurtenis, applicatie, gegevens)"
                " SELECT n, 'Z', 'Update zaak', 'Bus', '{}' FROM generate_series(1, 3) n")  # fmt: skip
    een, twee, drie = (str(rij[0]) for rij in sql(engine, "SELECT id FROM postvak ORDER BY id"))
    assert doe(database_url, "postvak", "gelezen", een) == (0, "1 melding is nu gelezen.\n", "")
    uitleg = f"Melding {een} was al gelezen.\nEr is geen melding 9999.\n"
    assert doe(database_url, "postvak", "gelezen", "9999", een) == (1, "", uitleg)
    assert doe(database_url, "postvak", "gelezen", een, twee, drie, "9999") == (
        0, "2 meldingen zijn nu gelezen.\n", uitleg
    )  # fmt: skip
