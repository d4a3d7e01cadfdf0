"""The receivers of a gebeurtenis: each rule by itself, their order, and the receivers that are never told."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Connection, Engine
from tests.notifications.routeringstappen import BSN, TOML, betrek, indiceer, link, load, zaak

from regiesysteem.db import count_statements
from regiesysteem.inrichting.check import InrichtingError
from regiesysteem.inrichting.current import Inrichting
from regiesysteem.inrichting.model import Abonnement, Regel
from regiesysteem.notifications.routing import Destination, Gebeurtenis, route


@pytest.fixture
def inrichting(engine: Engine) -> Inrichting:
    return load(engine)


@pytest.fixture
def connection(engine: Engine, inrichting: Inrichting) -> Iterator[Connection]:
    with engine.begin() as connection:
        yield connection


def gebeurtenis(zaak_id: int | None = None, **rest: Any) -> Gebeurtenis:
    default: dict[str, Any] = {
        "id": 1,
        "zaakidentificatie": "19001",
        "gebeurtenis": "Update zaak",
        "organisatie": "1900",
        "applicatie": "Anders",
        "gegevens": {"code": "WMO", "omschrijving": "Aanvraag Wmo", "soort": "deelplan", "status": None},
    }
    return Gebeurtenis(zaak_id=zaak_id, **default | rest)


def with_(inrichting: Inrichting, *abonnementen: Abonnement, afnemers: bool = False) -> Inrichting:
    regels = tuple(Regel(abonnement, place) for place, abonnement in enumerate(abonnementen, 1))
    return replace(inrichting, abonnementen=regels, afnemers=afnemers)


def destinations(connection: Connection, inrichting: Inrichting, one: Gebeurtenis) -> list[Destination]:
    [(same, found)] = route(connection, inrichting, [one])
    assert same is one
    return list(found)


def belongs(connection: Connection, inrichting: Inrichting, one: Gebeurtenis, **regel: Any) -> bool:
    """Tell whether GWS4all hears of it by one rule with these keys."""
    own = with_(inrichting, Abonnement(applicatie="GWS4all", **regel))
    return [destination.applicatie for destination in destinations(connection, own, one)] == ["GWS4all"]


STATUS = {"volgnummer": 2, "code": "Afgeh", "omschrijving": "Afgehandeld", "eindstatus": True}


@pytest.mark.parametrize(
    ("regel", "expected"),
    [
        ({}, True),
        ({"zaaktype": "*"}, True),
        ({"zaaktype": "WMO"}, True),
        ({"zaaktype": ["GP", "WMO"]}, True),
        ({"zaaktype": ["GP"]}, False),
        ({"niet_zaaktype": ["WMO"]}, False),
        ({"niet_zaaktype": ["GP"]}, True),
        ({"gebeurtenis": "*"}, True),
        ({"gebeurtenis": ["Creeer zaak"]}, False),
        ({"gebeurtenis": ["Creeer zaak", "Update zaak"]}, True),
        ({"soort": ["deelplan"]}, True),
        ({"soort": "gezinsplan"}, False),
        ({"niet_soort": ["deelplan", "overig"]}, False),
        ({"status": [2]}, True),
        ({"status": ["2"]}, False),
        ({"status": [1, " AFGEH "]}, True),
        ({"status": ["afgehandeld"]}, True),
        ({"status": ["Ontv"]}, False),
        ({"niet_status": ["Ontv"]}, True),
        ({"niet_status": [2]}, False),
        ({"eindstatus": True}, True),
        ({"eindstatus": False}, False),
        ({"zender": ["Anders"]}, True),
        ({"zender": ["GWS4all"]}, False),
        ({"niet_zender": ["Anders"]}, False),
        ({"soort": ["deelplan"], "status": ["Ontv"]}, False),
        ({"soort": ["deelplan"], "status": ["Afgeh"], "zender": ["Anders"]}, True),
    ],
)
def test_a_rule_holds_when_all_its_keys_do(
    connection: Connection, inrichting: Inrichting, regel: dict[str, Any], expected: bool
) -> None:
    data = {"code": "WMO", "omschrijving": "Aanvraag Wmo", "soort": "deelplan", "status": STATUS}
    assert belongs(connection, inrichting, gebeurtenis(gegevens=data), **regel) is expected


def test_a_zaak_without_status_has_no_eindstatus_and_none_of_the_statuses(
    connection: Connection, inrichting: Inrichting
) -> None:
    assert belongs(connection, inrichting, gebeurtenis(), eindstatus=False)
    assert not belongs(connection, inrichting, gebeurtenis(), eindstatus=True)
    assert not belongs(connection, inrichting, gebeurtenis(), status=[1])
    assert belongs(connection, inrichting, gebeurtenis(), niet_status=[1])


def test_everything_in_this_gezinsplan(connection: Connection, inrichting: Inrichting) -> None:
    """By its own relation, by its levensdomeinplan, by its hoofdzaak; and the gezinsplan itself."""
    plan = zaak(connection, "PLAN", "GP")
    domein = zaak(connection, "DOMEIN", "LDP")
    link(connection, domein, plan)
    added = {naam: zaak(connection, naam) for naam in ("rechtstreeks", "andersom", "domein", "deelzaak")}
    link(connection, added["rechtstreeks"], plan)
    link(connection, plan, added["andersom"])
    link(connection, added["domein"], domein)
    link(connection, added["rechtstreeks"], added["deelzaak"], "heeftAlsDeelzaak")
    for zaak_id in (plan, domein, *added.values()):
        assert belongs(connection, inrichting, gebeurtenis(zaak_id), gezinsplan=["PLAN"])
        assert not belongs(connection, inrichting, gebeurtenis(zaak_id), niet_gezinsplan=["PLAN"])


def test_not_in_this_gezinsplan(connection: Connection, inrichting: Inrichting) -> None:
    """A relation that ended; a zaak of the same levensdomeinplan as nothing; a zaak that another zaak relates to."""
    plan, other = zaak(connection, "PLAN", "GP"), zaak(connection, "ANDER", "GP")
    link(connection, plan, other)
    eraf = {naam: zaak(connection, naam) for naam in ("los", "beeindigd", "via deelplan", "hoofdzaak")}
    link(connection, eraf["beeindigd"], plan, end="20260101")
    lid = zaak(connection, "lid")
    link(connection, lid, plan)
    link(connection, eraf["via deelplan"], lid)
    link(connection, eraf["hoofdzaak"], lid, "heeftAlsDeelzaak")
    for zaak_id in (other, *eraf.values()):
        assert not belongs(connection, inrichting, gebeurtenis(zaak_id), gezinsplan=["PLAN"])
        assert belongs(connection, inrichting, gebeurtenis(zaak_id), niet_gezinsplan=["PLAN"])


def test_a_person_in_the_zaak_or_its_gezinsplan(connection: Connection, inrichting: Inrichting) -> None:
    plan, part = zaak(connection, "PLAN", "GP"), zaak(connection, "DEEL")
    link(connection, part, plan)
    betrek(connection, plan, BSN)
    betrek(connection, part, "mw17", "MDW")
    betrek(connection, part, "", anp_identificatie="0012345")
    for number in (BSN, f"11{BSN}", "mw17", "0012345"):
        assert belongs(connection, inrichting, gebeurtenis(part), persoon=[number])
        assert not belongs(connection, inrichting, gebeurtenis(part), niet_persoon=[number])
    assert not belongs(connection, inrichting, gebeurtenis(plan), persoon=["mw17"])
    assert belongs(connection, inrichting, gebeurtenis(plan), persoon=["mw17", BSN])


def test_a_person_who_no_longer_belongs_to_it_or_is_no_person(connection: Connection, inrichting: Inrichting) -> None:
    part = zaak(connection, "DEEL")
    betrek(connection, part, BSN, end="20260101")
    betrek(connection, part, "B-17", "BSL")
    assert not belongs(connection, inrichting, gebeurtenis(part), persoon=[BSN, "B-17"])
    assert belongs(connection, inrichting, gebeurtenis(part), niet_persoon=[BSN, "B-17"])


def test_a_bsn_without_its_zero(connection: Connection, inrichting: Inrichting) -> None:
    part = zaak(connection, "DEEL")
    betrek(connection, part, "012345672")
    assert belongs(connection, inrichting, gebeurtenis(part), persoon=["12345672"])


def test_no_rule_that_looks_into_the_zaak_holds_of_a_zaak_that_we_have_not(
    connection: Connection, inrichting: Inrichting
) -> None:
    for regel in (
        {"gezinsplan": ["19001"]},
        {"niet_gezinsplan": ["19001"]},
        {"persoon": ["x"]},
        {"niet_persoon": ["x"]},
        {"afnemersindicatie": True},
        {"afnemersindicatie": False},
    ):
        assert not belongs(connection, inrichting, gebeurtenis(None), **regel)
    assert belongs(connection, inrichting, gebeurtenis(None), zaaktype=["WMO"], soort=["deelplan"])


def test_what_another_says_of_a_zaak_is_completed_from_the_inrichting(
    connection: Connection, inrichting: Inrichting
) -> None:
    status = {"volgnummer": 2, "code": None, "omschrijving": "afgehandeld"}
    said = gebeurtenis(None, gegevens={"omschrijving": "Aanvraag Wmo", "status": status})
    assert belongs(connection, inrichting, said, zaaktype=["WMO"], soort=["deelplan"], eindstatus=True)
    foreign = gebeurtenis(None, gegevens={"code": "X", "status": {"omschrijving": "Klaar"}})
    assert belongs(connection, inrichting, foreign, status=["Klaar"], niet_zaaktype=["WMO"])
    for unknown in ({"soort": ["overig"]}, {"niet_soort": ["overig"]}, {"eindstatus": True}, {"eindstatus": False}):
        assert not belongs(connection, inrichting, foreign, **unknown)


def test_an_applicatie_hears_it_once_by_the_first_rule_that_names_it(
    connection: Connection, inrichting: Inrichting
) -> None:
    regels = (
        Abonnement(applicatie="GWS4all", zaaktype="GP", verwachte_actie="niet deze"),
        Abonnement(applicatie="WmoVoorziening"),
        Abonnement(applicatie="GWS4all", zaaktype="WMO", verwachte_actie="deze", bericht="zakLk01"),
        Abonnement(applicatie="GWS4all", verwachte_actie="ook niet"),
    )
    assert destinations(connection, with_(inrichting, *regels), gebeurtenis()) == [
        Destination("WmoVoorziening", "notificeerOverZaak", "abonnement[2] van de inrichting: elke gebeurtenis"),
        Destination(
            "GWS4all", "zakLk01", "abonnement[3] van de inrichting: elke gebeurtenis; zaaktype WMO", "deze"
        ),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("organisatie", "expected"), [("1900", False), ("", False), ("0363", True)], ids=["eigen", "geen", "andere"]
)
def test_the_one_who_caused_it_does_not_hear_it(
    connection: Connection, inrichting: Inrichting, organisatie: str, expected: bool
) -> None:
    """RZS 5.2.6; an applicatie of the same name at another organisatie did not cause it."""
    one = gebeurtenis(applicatie="GWS4all", organisatie=organisatie)
    assert belongs(connection, inrichting, one) is expected


def test_an_afnemersindicatie_tells_all_of_a_zaak_and_of_its_gezinsplan(
    connection: Connection, inrichting: Inrichting
) -> None:
    plan, part, los = zaak(connection, "PLAN", "GP"), zaak(connection, "DEEL"), zaak(connection, "LOS")
    link(connection, part, plan)
    indiceer(connection, plan, "GWS4all", "van het plan")
    indiceer(connection, part, "GWS4all", "van de zaak")
    indiceer(connection, plan, "WmoVoorziening")
    no_regels = with_(inrichting, afnemers=True)
    assert destinations(connection, no_regels, gebeurtenis(part)) == [
        Destination("GWS4all", "notificeerOverZaak", "afnemersindicatie", "van de zaak"),
        Destination("WmoVoorziening", "notificeerOverZaak", "afnemersindicatie"),
    ]
    assert destinations(connection, no_regels, gebeurtenis(plan))[0].verwachte_actie == "van het plan"
    assert destinations(connection, no_regels, gebeurtenis(los)) == []
    zelf = gebeurtenis(part, applicatie="GWS4all")
    assert [one.applicatie for one in destinations(connection, no_regels, zelf)] == ["WmoVoorziening"]


def test_a_rule_says_what_an_afnemersindicatie_of_its_applicatie_means(
    connection: Connection, inrichting: Inrichting
) -> None:
    part = zaak(connection, "DEEL")
    for naam in ("GWS4all", "WmoVoorziening"):
        indiceer(connection, part, naam, "bel")
    regel = Abonnement(applicatie="GWS4all", afnemersindicatie=True, gebeurtenis=("Creeer zaak",), bericht="zakLk01")
    own = with_(inrichting, regel, afnemers=True)
    assert [one.applicatie for one in destinations(connection, own, gebeurtenis(part))] == ["WmoVoorziening"]
    first = destinations(connection, own, gebeurtenis(part, gebeurtenis="Creeer zaak"))[0]
    assert (first.applicatie, first.bericht, first.verwachte_actie) == ("GWS4all", "zakLk01", "bel")


def test_variant_extern_leaves_it_to_the_abonnementenbeheer_of_another(engine: Engine, connection: Connection) -> None:
    regels = """
        [notificaties]
        variant = "extern"
        abonnementenbeheer = "WmoVoorziening"
        [[abonnement]]
        applicatie = "GWS4all"
    """
    extern = load(engine, regels)
    assert destinations(connection, extern, gebeurtenis()) == [
        Destination("WmoVoorziening", "initieerNotificeerOverZaak", "variant extern")
    ]


@pytest.mark.parametrize(
    ("beheer", "text"),
    [("", "notificaties.abonnementenbeheer: ontbreekt"), ('abonnementenbeheer = "Gws4all"', 'bedoelde u "GWS4all"?')],
)
def test_variant_extern_names_an_applicatie_that_is_there(engine: Engine, beheer: str, text: str) -> None:
    with pytest.raises(InrichtingError, match=text.replace("?", r"\?")):
        load(engine, f'[notificaties]\nvariant = "extern"\n{beheer}\n', TOML)


def test_a_batch_costs_at_most_one_statement_and_only_when_a_rule_asks_for_it(
    connection: Connection, inrichting: Inrichting
) -> None:
    zaken = [zaak(connection, f"Z{number}") for number in range(40)]
    batch = [gebeurtenis(zaak_id, id=number) for number, zaak_id in enumerate(zaken * 5)]

    def kost(inrichting: Inrichting) -> int:
        with count_statements() as counter:
            assert len(list(route(connection, inrichting, batch))) == len(batch)
        return counter.aantal

    assert kost(with_(inrichting, Abonnement(applicatie="GWS4all", soort=("deelplan",)))) == 0
    assert kost(with_(inrichting, Abonnement(applicatie="GWS4all", persoon=(BSN,), soort=("gezinsplan",)))) == 0
    assert kost(with_(inrichting, Abonnement(applicatie="GWS4all", persoon=(BSN,), soort=("deelplan",)))) == 1
    assert kost(with_(inrichting, Abonnement(applicatie="GWS4all"), afnemers=True)) == 1
