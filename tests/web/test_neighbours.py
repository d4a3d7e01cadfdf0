"""Two families, and people who have to do with one of them: nothing of the other stands in any answer, or changes."""

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, text
from tests.berichten.bouw import lk01, mdw, new_number, nps, other, rol, status, zaak
from tests.berichten.documenten import document, edc_lk01, inhoud
from tests.conftest import insert_into
from tests.soap.conftest import Door
from tests.web.conftest import LogIn, token_of

from regiesysteem.web.routes import ROUTES, Route

TEAMS = {"A": "NOORD", "B": "ZUID"}
BSNS = {"A": "999993653", "B": "999990019"}
MARKED = (
    *("Naam", "Oma", "Plan", "Deel", "Uitleg", "Stap", "Titel"),
    *("Bestand", "Aanbod", "Antwoord", "Melding", "Notitie"),
)
ROLES = ("regisseur", "teamlid", "uitvoerende", "signaal", "coordinator", "manager")
"""The roles that have to do with families; those of beheer and toezicht see what the whole system holds."""


@dataclass
class Family:
    """A plan with two deelplannen, each text in it with a mark of the family."""

    name: str
    plan: str = field(default_factory=new_number)
    deelplan: str = field(default_factory=new_number)
    numbers: dict[str, int] = field(default_factory=dict)

    @property
    def marks(self) -> list[str]:
        """Texts that only people of the family may read; its regisseur is told to all who may know that it is there."""
        return [*(f"{what}Van{self.name}" for what in MARKED), BSNS[self.name]]


def build(door: Door, engine: Engine, name: str, medewerker: str) -> Family:
    """Make a family with all that a page may show of it."""
    one = Family(name)
    client = rol("heeftBetrekkingOp", nps(BSNS[name], f"NaamVan{name}"), "<ZKN:omschrijving>Client</ZKN:omschrijving>")
    oma = (
        '<ZKN:natuurlijkPersoon StUF:entiteittype="NPS" StUF:verwerkingssoort="T">'
        f"<BG:geslachtsnaam>OmaVan{name}</BG:geslachtsnaam><BG:geboortedatum>19500101</BG:geboortedatum>"
        "</ZKN:natuurlijkPersoon>"
    )
    people = client + rol("heeftAlsBelanghebbende", oma) + rol("heeftAlsInitiator", mdw(medewerker, f"Regisseur{name}"))
    named = f"<ZKN:omschrijving>PlanVan{name}</ZKN:omschrijving><ZKN:toelichting>UitlegVan{name}</ZKN:toelichting>"
    plan = zaak(one.plan, "GEZINSPLAN", relaties=people).replace("<ZKN:omschrijving>Zaak</ZKN:omschrijving>", named, 1)
    door.succeeded("creeerZaak_Lk01", lk01("T", plan))
    doing = rol("heeftAlsInitiator", mdw(medewerker)) + rol("heeftAlsUitvoerende", mdw(f"{medewerker}9"))
    step = status(1, "20260102", extra=f"<ZKN:toelichting>StapVan{name}</ZKN:toelichting>")
    late = "<ZKN:einddatumGepland>20260201</ZKN:einddatumGepland>"
    deel = zaak(one.deelplan, elementen=late, relaties=doing, after=other("heeftBetrekkingOpAndere", one.plan) + step)
    door.succeeded("creeerZaak_Lk01", lk01("T", deel.replace(">Zaak<", f">DeelVan{name}<", 1)))
    number = new_number()
    file = inhoud(b"geheim", naam=f"BestandVan{name}.pdf")
    made = document(number, one.plan, file=file, titel=f"TitelVan{name}")
    door.succeeded("voegZaakdocumentToe_Lk01", edc_lk01("T", made))
    loose = {
        "overdracht": {"richting": "uit", "zaakidentificatie": one.deelplan, "applicatie": "WmoVoorziening",
                       "referentienummer": name, "melding": f"AanbodVan{name}", "antwoord": f"AntwoordVan{name}",
                       "stand": "geweigerd"},
        "postvak": {"bericht_id": 1, "zaakidentificatie": one.deelplan, "gezinsplan": one.plan, "gegevens": "{}",
                    "gebeurtenis": "Update zaak", "applicatie": "Wmo", "melding": f"MeldingVan{name}"},
        "notificatie": {"ontvanger": "WmoVoorziening", "stroom": one.plan, "soort": "notificeerOverZaak",
                        "referentienummer": f"n{name}", "stand": "gestrand", "melding": f"NotitieVan{name}"},
    }  # fmt: skip
    with engine.begin() as connection:
        for table, row in loose.items():
            connection.execute(insert_into(table, row))
            one.numbers[table] = connection.execute(text(f"SELECT max(id) FROM {table}")).scalar_one()
        one.numbers["document"] = connection.execute(text("SELECT max(id) FROM document")).scalar_one()
        one.numbers["object"] = connection.execute(text("SELECT max(object_id) FROM zaak_relatie")).scalar_one()
    return one


@pytest.fixture
def families(door: Door, engine: Engine, log_in: LogIn) -> dict[str, Family]:
    """A, of regisseur 1001 in NOORD; B, of regisseur 2001 in ZUID."""
    log_in("regisseur", "regisseur.b", "2001", "ZUID")
    return {"A": build(door, engine, "A", "1001"), "B": build(door, engine, "B", "2001")}


def held(engine: Engine, family: Family) -> list[str]:
    """All that the database holds of a family, but for the log."""
    numbers = [family.plan, family.deelplan]
    with engine.connect() as connection:
        rows = connection.execute(
            text("""
            SELECT row_to_json(z)::text FROM zaak z WHERE identificatie = ANY(:n)
            UNION ALL SELECT row_to_json(r)::text FROM zaak_relatie r JOIN zaak z ON z.id = r.zaak_id
                      WHERE z.identificatie = ANY(:n)
            UNION ALL SELECT row_to_json(r)::text FROM zaak_zaak r JOIN zaak z ON z.id IN (r.van_id, r.naar_id)
                      WHERE z.identificatie = ANY(:n)
            UNION ALL SELECT row_to_json(s)::text FROM zaak_status s JOIN zaak z ON z.id = s.zaak_id
                      WHERE z.identificatie = ANY(:n)
            UNION ALL SELECT row_to_json(o)::text FROM overdracht o WHERE zaakidentificatie = ANY(:n)
            UNION ALL SELECT row_to_json(p)::text FROM postvak p WHERE zaakidentificatie = ANY(:n)
            UNION ALL SELECT row_to_json(n)::text FROM notificatie n WHERE stroom = ANY(:n)
            UNION ALL SELECT row_to_json(d)::text FROM document_zaak d JOIN zaak z ON z.id = d.zaak_id
                      WHERE z.identificatie = ANY(:n) ORDER BY 1"""),
            {"n": numbers},
        )
        return list(rows.scalars())


def paths(one: Route, theirs: Family) -> Iterator[str]:
    """The addresses of a page about what is another's."""
    for number in (theirs.plan, theirs.deelplan):
        for row in sorted(set(theirs.numbers.values())):
            filled = one.rule.replace("<zaaknummer>", number)
            filled = re.sub(r"<int:\w+>", str(row), filled)
            yield re.sub(r"<\w+>", "overdrachten", filled)


def asks(theirs: Family) -> Iterator[dict[str, object]]:
    """Fields of forms that name what is another's, or everything."""
    same = {"reden": "gevaar", "kenmerk": "k", "stand": "0", "status": "2", "was": "", "betrokkene": 1, "soort": "x",
            "achternaam": "x", "omschrijving": "x", "titel": "x", "applicatie": "WmoVoorziening", "rol": "client",
            "einde": "", "melding": "", "medewerker": "1001", "lopend": ""}  # fmt: skip
    for sought in (theirs.plan, theirs.deelplan, BSNS[theirs.name], "%", "", "Naam"):
        yield same | {"vraag": sought, "bsn": sought, "zaak": sought, "zaaknummer": sought, "nummers": [1, 2, 3, 4]}
    for row in sorted(set(theirs.numbers.values())):
        yield same | {"nummer": row, "melding": row, "betrokkene": row, "postvak": row, "nummers": [row]}


def told(page: str, family: Family, typed: dict[str, object]) -> set[str]:
    """The marks of a family in an answer, but for what was typed."""
    return {mark for mark in family.marks if mark in page and mark not in {str(value) for value in typed.values()}}


@pytest.mark.parametrize("role", ROLES)
def test_nothing_of_another_family_is_told_or_changed(
    role: str, families: dict[str, Family], log_in: LogIn, engine: Engine
) -> None:
    theirs, before = families["B"], held(engine, families["B"])
    medewerker = {"regisseur": "1001", "uitvoerende": "10019"}.get(role, "1002")
    who = log_in(role, "iemand", medewerker, TEAMS["A"])
    token = token_of(who.get("/geen-pagina").text)
    for one in [one for one in ROUTES.values() if one.right is not None and one.rule != "/toegang/<zaaknummer>"]:
        for path in dict.fromkeys(paths(one, theirs)):
            if "GET" in one.methods:
                assert told(who.get(path).text, theirs, {}) == set(), path
            if "POST" in one.methods:
                for fields in asks(theirs):
                    file = {"bestand": (io.BytesIO(b"x"), "a.pdf")} if "document" in path else {}
                    answer = who.post(path, data={"csrf_token": token, **fields, **file}, buffered=True)
                    assert answer.status_code != 500, (path, fields)
                    assert told(answer.text, theirs, fields) == set(), (path, fields)
    assert held(engine, theirs) == before


def test_the_marks_are_there_for_who_may_read_them(families: dict[str, Family], log_in: LogIn) -> None:
    """Without this the test above would hold of pages that show nothing."""
    who: FlaskClient = log_in("regisseur", "eigen", "2001", TEAMS["B"])
    one = families["B"]
    deelplan = f"/zaken/{one.deelplan}"
    asked = (f"/plannen/{one.plan}", f"/zaken/{one.plan}/wijzigen", deelplan, f"{deelplan}/overdragen", "/werkvoorraad")
    pages = "".join(who.get(path).text for path in asked)
    missing = {mark for mark in one.marks if mark not in pages}
    assert missing <= {BSNS["B"], "StapVanB", "NotitieVanB", "BestandVanB"}, missing
