"""`regie notificaties`: what is under way is left to that, and how long something waits stays known."""

import pytest
from sqlalchemy import Engine, text
from tests.notifications.routeringstappen import load
from tests.notifications.stappen import do, notificatie, sql

UNDER_WAY = "1 is juist onderweg naar de ontvanger; die blijft zoals zij is."


@pytest.mark.parametrize("command", ["opnieuw", "vervallen"])
def test_what_is_under_way_is_not_waited_for(engine: Engine, database_url: str, command: str) -> None:
    under_way, _ = notificatie(engine, "A"), notificatie(engine, "B", stand="gestrand")
    with engine.begin() as busy:
        busy.execute(text("SELECT FROM notificatie WHERE id = :id FOR UPDATE"), {"id": under_way})
        code, out, error = do(database_url, "notificaties", command, "--ontvanger", "Wmo")
    assert (code, error) == (0, "")
    assert out.startswith("1 notificatie ")
    assert out.endswith(f"{UNDER_WAY}\n")
    states = {"opnieuw": [("wacht",), ("wacht",)], "vervallen": [("wacht",), ("vervallen",)]}
    assert sql(engine, "SELECT stand FROM notificatie ORDER BY referentienummer") == states[command]


def test_when_all_is_under_way_that_is_all_there_is_to_say(engine: Engine, database_url: str) -> None:
    notificatie(engine, "A")
    with engine.begin() as busy:
        busy.execute(text("SELECT FROM notificatie FOR UPDATE"))
        assert do(database_url, "notificaties", "opnieuw", "--alle") == (0, f"{UNDER_WAY}\n", "")
    assert "1 notificatie wordt" in do(database_url, "notificaties", "opnieuw", "--alle")[1]
    sql(engine, "UPDATE notificatie SET stand = 'bezorgd'")
    assert do(database_url, "notificaties", "opnieuw", "--alle")[:2] == (
        0,
        "Er is niets dat wacht of is gestrand en nog kan worden verstuurd.\n",
    )


def test_a_receiver_that_is_being_tried_is_not_waited_for(engine: Engine, database_url: str) -> None:
    """A worker that tries a receiver holds its row until the receiver answers; another receiver rests no longer."""
    for naam in ("Wmo", "Jeugd"):
        notificatie(engine, naam, ontvanger=naam, stand="gestrand")
        sql(engine, "INSERT INTO ontvanger (applicatie, rust_tot, fouten) VALUES (:n, now() + '1 hour', 7)", n=naam)
    with engine.begin() as busy:
        busy.execute(text("SELECT FROM ontvanger WHERE applicatie = 'Wmo' FOR UPDATE"))
        assert do(database_url, "notificaties", "opnieuw", "--alle")[0] == 0
    rows = sql(engine, "SELECT applicatie, fouten, rust_tot IS NULL FROM ontvanger ORDER BY 1")
    assert rows == [("Jeugd", 0, True), ("Wmo", 7, False)]
    gewekt = sql(engine, "SELECT DISTINCT args ->> 'ontvanger' FROM procrastinate_jobs ORDER BY 1")
    assert gewekt == [("Jeugd",), ("Wmo",)]


def test_trying_again_gives_all_the_time_and_keeps_the_age(engine: Engine, database_url: str) -> None:
    notificatie(engine, "A", stand="gestrand")
    sql(engine, "UPDATE notificatie SET aangemaakt_op = '2026-01-01Z', bewaren_vanaf = '2026-01-01Z'")
    assert do(database_url, "notificaties", "opnieuw", "--stand", "gestrand")[0] == 0
    question = (
        "SELECT aangemaakt_op = '2026-01-01Z', bewaren_vanaf > now() - interval '1 minute', stand FROM notificatie"
    )
    assert sql(engine, question) == [(True, True, "wacht")]
    out = do(database_url, "notificaties", "standen")[1]
    assert "2026-01-01" in out


@pytest.mark.parametrize(
    ("command", "choice"),
    [
        *((command, choice) for command in ("lijst", "opnieuw", "vervallen") for choice in ("--ontvanger", "--zaak")),
        ("standen", "--ontvanger"),
    ],
)
def test_a_name_that_nothing_is_called_is_an_error(
    engine: Engine, database_url: str, command: str, choice: str
) -> None:
    """ "Nothing" would be no answer to a slip of the pen."""
    load(engine)
    notificatie(engine, "A")
    code, out, error = do(database_url, "notificaties", command, choice, "GWS4al")
    assert (code, out) == (1, "")
    assert error in {
        'Applicatie GWS4al staat niet in de inrichting; bedoelde u "GWS4all"?\n',
        "Er is geen zaak GWS4al, en geen bericht daarover.\n",
    }
    for known in ("GWS4all", "Wmo") if choice == "--ontvanger" else ("A",):
        assert do(database_url, "notificaties", command, choice, known)[0] == 0


def test_how_it_goes_may_be_asked_of_one_receiver(engine: Engine, database_url: str) -> None:
    notificatie(engine, "A")
    notificatie(engine, "B", ontvanger="Jeugd")
    out = do(database_url, "notificaties", "standen", "--ontvanger", "Jeugd")[1]
    assert ("Jeugd" in out, "Wmo" in out) == (True, False)


def test_a_gezinsplan_that_there_is_not_has_no_postvak(engine: Engine, database_url: str) -> None:
    assert do(database_url, "postvak", "lijst", "--gezinsplan", "X")[0] == 1


@pytest.mark.parametrize(
    ("command", "state"), [("lijst", "onzin"), ("opnieuw", "onzin"), ("opnieuw", "bezorgd"), ("vervallen", "bezorgd")]
)
def test_a_stand_that_is_none_is_refused(database_url: str, command: str, state: str) -> None:
    code, out, error = do(database_url, "notificaties", command, "--stand", state)
    assert (code, out) == (2, "")
    assert state in error


def test_a_list_may_be_of_one_stand(engine: Engine, database_url: str) -> None:
    notificatie(engine, "A", stand="gestrand")
    notificatie(engine, "B")
    out = do(database_url, "notificaties", "lijst", "--stand", "gestrand")[1]
    assert (" A " in out, " B " in out) == (True, False)


def test_what_another_holds_is_told_as_such(engine: Engine, database_url: str) -> None:
    """Not as a database that cannot be reached."""
    sql(engine, "INSERT INTO postvak (bericht_id, zaakidentificatie, gebeurtenis, applicatie, gegevens)"
                " VALUES (1, 'Z', 'Update zaak', 'Bus', '{}')")  # fmt: skip
    short = f"{database_url}{'&' if '?' in database_url else '?'}options=-c%20lock_timeout%3D100"
    with engine.begin() as busy:
        busy.execute(text("SELECT FROM postvak FOR UPDATE"))
        code, _, error = do(short, "postvak", "gelezen", "1")
    assert (code, error) == (1, "Iets anders houdt dit nu vast; er is niets gewijzigd. Probeer het zo opnieuw.\n")


def test_standen_say_how_it_is_now_apart_from_what_ever_was(engine: Engine, database_url: str) -> None:
    """A receiver that recovered has no rest and no melding; a message that went after all is in the totals alone."""
    for naam, rest, fouten in (("Beter", "-1 hour", 0), ("Ziek", "1 hour", 7)):
        sql(
            engine,
            "INSERT INTO ontvanger (applicatie, rust_tot, fouten, melding, bezorgd, mislukt, gestrand)"
            " VALUES (:n, now() + CAST(:rust AS interval), :fouten, 'geen verbinding', 31, 32, 33)",
            n=naam,
            rust=rest,
            fouten=fouten,
        )
    notificatie(engine, "A", ontvanger="Ziek", stand="gestrand")
    notificatie(engine, "B", ontvanger="Nieuw", stand="gestrand")
    out = do(database_url, "notificaties", "standen")[1]
    cells = [[cell.strip() for cell in regel.strip("│").split("│")] for regel in out.splitlines() if regel[:1] == "│"]
    assert [row[:4] + row[5:] for row in cells] == [
        ["Beter", "0", "", "0", "", "31", "32", "33"],
        ["Nieuw", "0", "", "1", "", "0", "0", "0"],
        ["Ziek", "0", "", "1", "geen verbinding", "31", "32", "33"],
    ]
    assert [bool(row[4]) for row in cells] == [False, False, True]


@pytest.mark.parametrize(("command", "done"), [("opnieuw", "2 notificaties worden opnieuw geprobeerd.\n"),
                                                  ("vervallen", "2 notificaties zijn vervallen.\n")])  # fmt: skip
def test_of_each_number_that_nothing_is_done_with_is_said_why(
    engine: Engine, database_url: str, command: str, done: str
) -> None:
    open_ = [notificatie(engine, "A"), notificatie(engine, "B", stand="gestrand")]
    ready = notificatie(engine, "C", stand="bezorgd")
    explanation = f"Notificatie {ready} is bezorgd; daar verandert niets aan.\nEr is geen notificatie 9999.\n"
    assert do(database_url, "notificaties", command, "9999", str(ready), "9999") == (1, "", explanation)
    assert do(database_url, "notificaties", command, "9999", *map(str, [*open_, ready])) == (0, done, explanation)
    assert do(database_url, "notificaties", command, str(2**63))[0] == 2


def test_of_each_number_of_the_postvak_that_is_not_new_is_said_why(engine: Engine, database_url: str) -> None:
    sql(engine, "INSERT INTO postvak (bericht_id, zaakidentificatie, gebeurtenis, applicatie, gegevens)"
                " SELECT n, 'Z', 'Update zaak', 'Bus', '{}' FROM generate_series(1, 3) n")  # fmt: skip
    one, twee, drie = (str(row[0]) for row in sql(engine, "SELECT id FROM postvak ORDER BY id"))
    assert do(database_url, "postvak", "gelezen", one) == (0, "1 melding is nu gelezen.\n", "")
    explanation = f"Melding {one} was al gelezen.\nEr is geen melding 9999.\n"
    assert do(database_url, "postvak", "gelezen", "9999", one) == (1, "", explanation)
    assert do(database_url, "postvak", "gelezen", one, twee, drie, "9999") == (
        0, "2 meldingen zijn nu gelezen.\n", explanation
    )  # fmt: skip
