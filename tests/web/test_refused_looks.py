"""A refused look is on record, whatever page was asked, with the person who asked and the zaak it was about."""

import pytest
from sqlalchemy import Engine, text
from tests.diensten.documentstappen import add
from tests.soap.conftest import Door
from tests.web.conftest import LogIn, token_of
from tests.web.planstappen import BSN, REGISSEUR, Family, content

from regiesysteem.web.plan_words import looked_at


def refusals(engine: Engine) -> list[tuple[str, list[str]]]:
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT wat, zaken FROM inzage WHERE wat LIKE '%geweigerd' ORDER BY id"))
        return [(row.wat.removesuffix(" geweigerd"), row.zaken) for row in rows]


def test_each_refused_look_is_one_row_with_what_it_was_about(
    family: Family, log_in: LogIn, engine: Engine, door: Door
) -> None:
    add(door, family.own, titel="Verslag")
    with engine.connect() as connection:
        document = connection.execute(text("SELECT max(id) FROM document")).scalar_one()
    who = log_in("teamlid", "iemand", "9999")
    token = token_of(who.get("/zoeken").text)
    asked: list[tuple[str, str, str, list[str]]] = [
        ("GET", f"/plannen/{family.plan}/afdruk", "/plannen/<zaaknummer>/afdruk", [family.plan]),
        ("GET", f"/documenten/{document}", "/documenten/<int:nummer>", [family.own]),
        ("GET", f"/documenten/{document}/versies/1", "/documenten/<int:nummer>/versies/<int:versie>", [family.own]),
        ("GET", "/documenten/99999", "/documenten/<int:nummer>", []),
        ("POST", f"/zaken/{family.plan}/bsn", "/zaken/<zaaknummer>/bsn", [family.plan]),
        ("GET", "/domeingegevens/1", "/domeingegevens/<int:nummer>", []),
        ("GET", f"/toegang/{family.own}", "/toegang/<zaaknummer>", [family.own]),
        # He has no right for these at all.
        ("POST", f"/zaken/{family.plan}/status", "/zaken/<zaaknummer>/status", []),
        ("GET", "/beheer/berichten/1", "/beheer/berichten/<int:nummer>", []),
        ("POST", "/inzageverzoek", "/inzageverzoek", []),
    ]
    for method, path, _, _ in asked:
        data = {"csrf_token": token, "bsn": BSN, "betrokkene": "1"}
        assert who.open(path, method=method, data=data if method == "POST" else None).status_code == 404
    assert refusals(engine) == [(f"{method} {rule}", zaken) for method, _, rule, zaken in asked]


def test_the_bsn_of_somebody_of_another_zaak_is_refused_on_record(
    family: Family, log_in: LogIn, engine: Engine
) -> None:
    who = log_in("regisseur", medewerker=REGISSEUR)
    with engine.connect() as connection:
        other = connection.execute(
            text("""SELECT min(r.id) FROM zaak_relatie r JOIN zaak z ON z.id = r.zaak_id
                    WHERE z.identificatie = :z AND r.relatie = 'heeftBetrekkingOp'"""),
            {"z": family.domain},
        ).scalar_one()
    token = token_of(who.get("/zoeken").text)
    for wrong in (other, "", "x", "-1", "9" * 40):
        answer = who.post(f"/zaken/{family.plan}/bsn", data={"csrf_token": token, "betrokkene": wrong})
        assert answer.status_code == 404
        assert BSN not in answer.text
    assert refusals(engine) == [("POST /zaken/<zaaknummer>/bsn", [family.plan])] * 5


def test_a_plan_that_a_name_or_a_number_found_is_on_record_with_its_people(
    family: Family, log_in: LogIn, engine: Engine
) -> None:
    who = log_in("teamlid", "iemand", "9999")
    token = token_of(who.get("/zoeken").text)
    for sought in ("Jansen", family.plan):
        page = who.post("/zoeken", data={"csrf_token": token, "vraag": sought}).text
        assert f"/toegang/{family.plan}" in page
        with engine.connect() as connection:
            row = connection.execute(
                text("""SELECT zaken, EXISTS (SELECT FROM inzage_betrokkene p WHERE p.inzage_id = i.id
                            AND p.betrokkene = ANY(regie_betrokkene(:bsn))) AS over FROM inzage i
                        ORDER BY id DESC LIMIT 1"""),
                {"bsn": [f"bsn:{BSN}"]},
            ).one()
        assert tuple(row) == ([family.plan], True)
    shown = content(log_in("regisseur", medewerker=REGISSEUR).get(f"/plannen/{family.plan}/inzage").text)
    assert "iemand teamlid een zoekvraag die het plan vond" in shown


@pytest.mark.parametrize(
    ("wat", "words"),
    [
        ("GET /plannen/<zaaknummer> geweigerd", "het plan, geweigerd"),
        ("GET /zaken/<zaaknummer>", "een zaak van het plan"),
        ("regie inzage", "regie inzage"),
    ],
)
def test_a_look_is_told_in_words(wat: str, words: str) -> None:
    assert looked_at(wat) == words
