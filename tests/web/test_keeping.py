"""Destroying on the pages: one proposes, another judges, and it is carried out."""

from flask.testing import FlaskClient
from sqlalchemy import Engine, text
from tests.berichten.bouw import lk01, new_number, zaak
from tests.soap.conftest import Door
from tests.web.conftest import LogIn, token_of


def due(door: Door, engine: Engine, count: int = 1) -> list[str]:
    numbers = [new_number() for _ in range(count)]
    for number in numbers:
        door.succeeded("creeerZaak_Lk01", lk01("T", zaak(number)))
    with engine.begin() as connection:
        connection.execute(
            text("""WITH gesloten AS (
                        UPDATE zaak SET einddatum = '20100101', archiefnominatie = 'J',
                            datum_vernietiging_dossier = '20200101' WHERE identificatie = ANY(:z) RETURNING id)
                    INSERT INTO archief (zaak_id) SELECT id FROM gesloten"""),
            {"z": numbers},
        )
    return numbers


def press(who: FlaskClient, path: str, **fields: str) -> str:
    return who.post(path, data={"csrf_token": token_of(who.get("/bewaren").text), **fields}, follow_redirects=True).text


def count(engine: Engine, number: str) -> int:
    with engine.connect() as connection:
        found = connection.execute(text("SELECT count(*) FROM zaak WHERE identificatie = :z"), {"z": number})
        return int(found.scalar_one())


def test_two_people_destroy_and_the_verklaring_says_who(log_in: LogIn, door: Door, engine: Engine) -> None:
    [number] = due(door, engine)
    first, second = log_in("archivaris", "a.archief"), log_in("privacy", "p.officer")
    assert number in first.get("/bewaren").text
    assert "Lijst 1 heeft 1 zaken" in press(first, "/bewaren/voorstel")
    assert "een ander moet haar beoordelen" in press(first, "/bewaren/1/goed")
    assert "is goedgekeurd" in press(second, "/bewaren/1/goed")
    assert "Vernietigd: 1 zaken. Nog 0 zaken" in press(first, "/bewaren/1/voer-uit")
    assert "Klaar." in press(first, "/bewaren/1/voer-uit")
    assert count(engine, number) == 0
    page = second.get("/bewaren/1").text
    assert all(word in page for word in ("a.archief", "p.officer", "vernietigd", number))


def test_a_list_that_is_not_approved_is_not_carried_out(log_in: LogIn, door: Door, engine: Engine) -> None:
    [number] = due(door, engine)
    who = log_in("archivaris")
    press(who, "/bewaren/voorstel")
    press(who, "/bewaren/1/voer-uit")
    assert count(engine, number) == 1


def test_a_rejection_needs_a_reason(log_in: LogIn, door: Door, engine: Engine) -> None:
    due(door, engine)
    press(log_in("archivaris", "a"), "/bewaren/voorstel")
    other = log_in("privacy", "b")
    assert "Schrijf waarom." in press(other, "/bewaren/1/af")
    assert "is afgekeurd" in press(other, "/bewaren/1/af", reden="te vroeg")


def test_a_zaak_that_is_held_back_stays_until_it_is_released(log_in: LogIn, door: Door, engine: Engine) -> None:
    [number] = due(door, engine)
    who = log_in("archivaris")
    assert "blijft tot iemand haar vrijgeeft" in press(who, "/bewaren/blokkeer", zaak=number, reden="er loopt bezwaar")
    assert "Er zijn geen zaken" in press(who, "/bewaren/voorstel")
    assert "is vrijgegeven" in press(who, f"/bewaren/vrij/{number}")
    assert "heeft 1 zaken" in press(who, "/bewaren/voorstel")


def test_what_is_wrong_is_told_and_what_was_typed_stays(log_in: LogIn) -> None:
    page = press(log_in("archivaris"), "/bewaren/blokkeer", zaak="19009999999999", reden="omdat")
    assert "Er is geen zaak 19009999999999" in page
    assert 'value="omdat"' in page


def test_a_list_that_is_not_there_is_no_page(log_in: LogIn) -> None:
    assert log_in("archivaris").get("/bewaren/77").status_code == 404
