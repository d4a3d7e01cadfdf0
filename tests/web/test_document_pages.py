"""Documents and domain data on pages: for whom, on record, and never run as a page of ours."""

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, text
from tests.berichten.bouw import client, lk01, new_number, zaak
from tests.berichten.documenten import inhoud, pdf
from tests.diensten.documentstappen import add, make
from tests.soap.conftest import Door
from tests.web.conftest import LogIn
from tests.web.planstappen import BSN, WORKER, Family, content, director, omschrijving, under


def links(page: str, begin: str) -> list[str]:
    return re.findall(rf'href="({begin}[^"#?]*)"', page)


def last_look(engine: Engine) -> tuple[str, list[str], list[str]]:
    with engine.connect() as connection:
        row = connection.execute(text("SELECT wat, zaken, documenten FROM inzage ORDER BY id DESC LIMIT 1")).one()
    return row.wat, row.zaken, row.documenten


def test_a_document_shows_its_facts_and_hands_out_its_file(
    family: Family, regisseur: FlaskClient, door: Door, engine: Engine
) -> None:
    number = add(door, family.plan, titel="Verslag")
    [link] = links(regisseur.get(f"/plannen/{family.plan}?soort=status").text, "/documenten/")
    page = regisseur.get(link).text
    assert "Document Verslag" in content(page)
    assert "Auteur R. Egisseur" in content(page)
    assert "1 november 2026" in content(page)
    assert last_look(engine) == ("GET /documenten/<int:nummer>", [family.plan], [])
    [file] = links(page, f"{link}/versies/")
    answer = regisseur.get(file, buffered=True)
    assert answer.data == pdf(number)
    assert answer.headers["Content-Disposition"] == "attachment; filename=plan.pdf"
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    assert last_look(engine) == ("GET /documenten/<int:nummer>/versies/<int:versie>", [family.plan], [number])
    assert regisseur.get(f"{link}/versies/2").status_code == 404


@pytest.mark.parametrize(
    ("name", "said", "expected"),
    [
        ("plan.html", "text/html", "attachment; filename=plan.html"),
        ("plan.svg", "image/svg+xml", "attachment; filename=plan.svg"),
        ("plan.pdf.htm", "application/pdf", "attachment; filename=plan.pdf.htm"),
        ("plan", "text/html", "attachment; filename=plan"),
        ("naam &quot;x&quot;; f=&lt;b&gt;é", "text/html", "attachment; filename"),
    ],
)
def test_a_file_is_never_a_page(
    name: str, said: str, expected: str, family: Family, regisseur: FlaskClient, door: Door
) -> None:
    add(door, family.plan, file=inhoud(b"<script>alert(1)</script>", name, said))
    [link] = links(regisseur.get(f"/plannen/{family.plan}?soort=status").text, "/documenten/")
    answer = regisseur.get(f"{link}/versies/1", buffered=True)
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith(expected)
    assert "\n" not in answer.headers["Content-Disposition"]
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"


def test_a_container_without_a_file_has_nothing_to_hand_out(family: Family, regisseur: FlaskClient, door: Door) -> None:
    make(door, family.plan)
    [link] = links(regisseur.get(f"/plannen/{family.plan}?soort=status").text, "/documenten/")
    assert "nog geen bestand" in content(regisseur.get(link).text)
    assert regisseur.get(f"{link}/versies/1").status_code == 404


def test_a_document_is_for_who_has_the_right_by_one_of_its_zaken(
    family: Family, regisseur: FlaskClient, log_in: LogIn, door: Door
) -> None:
    add(door, family.plan, titel="Van het plan")
    add(door, family.own, titel="Van het deelplan")
    page = regisseur.get(f"/plannen/{family.plan}?soort=status").text
    own, of_plan = links(page, "/documenten/")
    worker = log_in("uitvoerende", medewerker=WORKER)
    assert links(worker.get(f"/plannen/{family.plan}?soort=status").text, "/documenten/") == [own]
    for path in (own, f"{own}/versies/1"):
        assert worker.get(path, buffered=True).status_code == 200
    for who in (worker, log_in("teamlid", medewerker="4444"), log_in("coordinator", medewerker="1001")):
        for path in (of_plan, f"{of_plan}/versies/1"):
            answer = who.get(path)
            assert answer.status_code == 404
            assert "Van het plan" not in answer.text
    shown = log_in("coordinator", medewerker="1001").get(f"/plannen/{family.plan}").text
    assert "Documenten" not in re.sub(r"<nav.*?</nav>", "", shown, flags=re.DOTALL)
    assert "Van het plan" not in shown
    assert regisseur.get("/documenten/99999999999999999999").status_code == 404


def test_a_document_that_left_the_zaak_is_gone(
    family: Family, regisseur: FlaskClient, door: Door, engine: Engine
) -> None:
    add(door, family.plan)
    [link] = links(regisseur.get(f"/plannen/{family.plan}?soort=status").text, "/documenten/")
    with engine.begin() as connection:
        connection.execute(text("UPDATE document_zaak SET beeindigd = '20260101'"))
    assert links(regisseur.get(f"/plannen/{family.plan}").text, "/documenten/") == []
    assert regisseur.get(link).status_code == 404


def test_domain_data_of_a_zaak_is_downloaded_byte_for_byte(
    family: Family, regisseur: FlaskClient, log_in: LogIn, door: Door, engine: Engine
) -> None:
    number = new_number()
    extra = (
        '<StUF:extraElementen><StUF:extraElement naam="domeingegevens/iWmo;mediatype=text/html">'
        "&lt;script&gt;x&lt;/script&gt;</StUF:extraElement></StUF:extraElementen>"
    )
    made = zaak(number, "B1026", relaties=client(BSN) + director(), elementen=extra, after=under(family.plan))
    door.succeeded("creeerZaak_Lk01", lk01("T", omschrijving(made, "Met gegevens")))
    [link] = links(regisseur.get(f"/zaken/{number}").text, "/domeingegevens/")
    answer = regisseur.get(link, buffered=True)
    assert answer.data == b"<script>x</script>"
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert last_look(engine) == ("GET /domeingegevens/<int:nummer>", [number], [])
    for who in (log_in("teamlid", medewerker="4444"), log_in("coordinator", medewerker="1001")):
        assert who.get(link).status_code == 404
    assert regisseur.get("/domeingegevens/0").status_code == 404
    worker = log_in("uitvoerende", medewerker=WORKER)
    for zaaknummer, status in ((family.plan, 404), (family.own, 200)):
        with engine.begin() as connection:
            connection.execute(
                text("UPDATE domeingegevens SET zaak_id = (SELECT id FROM zaak WHERE identificatie = :z)"),
                {"z": zaaknummer},
            )
        assert worker.get(link, buffered=True).status_code == status
