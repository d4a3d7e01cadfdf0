"""The zaken of a person as a set are those that he has a relation to one by one."""

import pytest
from sqlalchemy import Engine, text
from tests.berichten.bouw import client, lk01, mdw, new_number, other, rol, zaak
from tests.soap.conftest import Door
from tests.web.conftest import LogIn

from regiesysteem.access.people.mine import MINE, MINE_AND_BELOW, mine_of, relation_of_rang
from regiesysteem.access.people.relation import relation_to
from regiesysteem.access.people.roles import Person
from regiesysteem.db import Sql

OEH = """<ZKN:organisatorischeEenheid StUF:entiteittype="OEH" StUF:verwerkingssoort="T">
  <ZKN:identificatie>NOORD</ZKN:identificatie><ZKN:naam>Wijkteam Noord</ZKN:naam></ZKN:organisatorischeEenheid>"""
PEOPLE = [
    Person(1, "regisseur", "", "regisseur", medewerker="1001", team="NOORD"),
    Person(2, "collega", "", "teamlid", medewerker="1002", team="NOORD"),
    Person(3, "uitvoerende", "", "uitvoerende", medewerker="1003", team="ZUID"),
    Person(4, "met.reden", "", "teamlid", medewerker="1003"),
    Person(5, "niemand", "", "teamlid"),
    Person(6, "maker", "", "teamlid", medewerker="9"),
]


@pytest.fixture
def zaken(door: Door, log_in: LogIn, engine: Engine) -> list[str]:
    """Two plans, one of a medewerker and one of a team; domain, deelplannen and a deelzaak under the first."""
    plan, of_team, domain, deelplan, under, second, alone = (new_number() for _ in range(7))
    initiator = rol("heeftAlsInitiator", mdw("9"))
    uitvoerende = initiator + rol("heeftAlsUitvoerende", mdw("1003"))
    to_plan, to_domain = other("heeftBetrekkingOpAndere", plan), other("heeftBetrekkingOpAndere", domain)
    for number, code, roles, after in (
        (plan, "GEZINSPLAN", client("999993653") + rol("heeftAlsInitiator", mdw("1001")), ""),
        (of_team, "GEZINSPLAN", client("999993653") + initiator + rol("heeftAlsVerantwoordelijke", OEH), ""),
        (domain, "DOMEINPLAN", client("999993653") + initiator, to_plan),
        (under, "B1026", initiator, ""),
        (deelplan, "B1026", uitvoerende, to_domain + other("heeftAlsDeelzaak", under)),
        (second, "B1026", initiator, to_plan),
        (alone, "B1026", uitvoerende, ""),
    ):
        door.succeeded("creeerZaak_Lk01", lk01("T", zaak(number, code, relaties=roles, after=after)))
    log_in("regisseur", "de.regisseur", "1001", "NOORD")
    with engine.begin() as connection:
        connection.execute(
            text("""INSERT INTO toegang_reden (zaakidentificatie, persoon, rol, reden, toelichting, verloopt_op)
                    VALUES (:z, 'met.reden', 'teamlid', 'gevaar', '', now() + interval '1 hour'),
                           (:t, 'met.reden', 'teamlid', 'gevaar', '', now() - interval '1 hour')"""),
            {"z": plan, "t": of_team},
        )
    return [plan, of_team, domain, deelplan, under, second, alone]


def test_the_set_and_the_single_question_agree(zaken: list[str], engine: Engine) -> None:
    statements = {
        name: Sql(f"WITH RECURSIVE {ctes} SELECT z.identificatie, m.rang FROM {name} m JOIN zaak z ON z.id = m.zaak_id")
        for name, ctes in (("mijn", MINE), ("onder", MINE_AND_BELOW))
    }
    met = set()
    with engine.connect() as connection:
        for person in PEOPLE:
            sets = {
                name: {row.identificatie: row.rang for row in one.run(connection, mine_of(person))}
                for name, one in statements.items()
            }
            for number in zaken:
                found = relation_to(connection, person, number)
                assert found is not None
                met.add(found.relation)
                assert relation_of_rang(sets["onder"].get(number)) == found.relation, (person.naam, number)
                if found.soort == "gezinsplan":
                    assert relation_of_rang(sets["mijn"].get(number)) == found.relation, (person.naam, number)
    assert met == {"eigen", "team", "uitvoerende", "reden", "ander"}
