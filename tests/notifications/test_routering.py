"""Who is told of a gebeurtenis: each rule by itself, their order, and what is never told."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Connection, Engine
from tests.notifications.routeringstappen import BSN, TOML, betrek, indiceer, koppel, laad, zaak

from regiesysteem.db import tel_statements
from regiesysteem.inrichting.check import InrichtingFout
from regiesysteem.inrichting.current import Inrichting
from regiesysteem.inrichting.model import Abonnement, Regel
from regiesysteem.notifications.routing import Bestemming, Gebeurtenis, routeer


@pytest.fixture
def inrichting(engine: Engine) -> Inrichting:
    return laad(engine)


@pytest.fixture
def verbinding(engine: Engine, inrichting: Inrichting) -> Iterator[Connection]:
    with engine.begin() as verbinding:
        yield verbinding


def gebeurtenis(zaak_id: int | None = None, **rest: Any) -> Gebeurtenis:
    standaard: dict[str, Any] = {
        "id": 1,
        "zaakidentificatie": "19001",
        "gebeurtenis": "Update zaak",
        "organisatie": "1900",
        "applicatie": "Anders",
        "gegevens": {"code": "WMO", "omschrijving": "Aanvraag Wmo", "soort": "deelplan", "status": None},
    }
    return Gebeurtenis(zaak_id=zaak_id, **standaard | rest)


def met(inrichting: Inrichting, *abonnementen: Abonnement, afnemers: bool = False) -> Inrichting:
    regels = tuple(Regel(abonnement, plaats) for plaats, abonnement in enumerate(abonnementen, 1))
    return replace(inrichting, abonnementen=regels, afnemers=afnemers)


def bestemmingen(verbinding: Connection, inrichting: Inrichting, een: Gebeurtenis) -> list[Bestemming]:
    [(zelfde, gevonden)] = routeer(verbinding, inrichting, [een])
    assert zelfde is een
    return list(gevonden)


def hoort(verbinding: Connection, inrichting: Inrichting, een: Gebeurtenis, **regel: Any) -> bool:
    """Whether GWS4all hears of it by one rule with these keys."""
    eigen = met(inrichting, Abonnement(applicatie="GWS4all", **regel))
    return [bestemming.applicatie for bestemming in bestemmingen(verbinding, eigen, een)] == ["GWS4all"]


STATUS = {"volgnummer": 2, "code": "Afgeh", "omschrijving": "Afgehandeld", "eindstatus": True}


@pytest.mark.parametrize(
    ("regel", "verwacht"),
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
    verbinding: Connection, inrichting: Inrichting, regel: dict[str, Any], verwacht: bool
) -> None:
    gegevens = {"code": "WMO", "omschrijving": "Aanvraag Wmo", "soort": "deelplan", "status": STATUS}
    assert hoort(verbinding, inrichting, gebeurtenis(gegevens=gegevens), **regel) is verwacht


def test_a_zaak_without_status_has_no_eindstatus_and_none_of_the_statuses(
    verbinding: Connection, inrichting: Inrichting
) -> None:
    assert hoort(verbinding, inrichting, gebeurtenis(), eindstatus=False)
    assert not hoort(verbinding, inrichting, gebeurtenis(), eindstatus=True)
    assert not hoort(verbinding, inrichting, gebeurtenis(), status=[1])
    assert hoort(verbinding, inrichting, gebeurtenis(), niet_status=[1])


def test_everything_in_this_gezinsplan(verbinding: Connection, inrichting: Inrichting) -> None:
    """By its own relation, by its levensdomeinplan, by its hoofdzaak; and the gezinsplan itself."""
    plan = zaak(verbinding, "PLAN", "GP")
    domein = zaak(verbinding, "DOMEIN", "LDP")
    koppel(verbinding, domein, plan)
    erbij = {naam: zaak(verbinding, naam) for naam in ("rechtstreeks", "andersom", "domein", "deelzaak")}
    koppel(verbinding, erbij["rechtstreeks"], plan)
    koppel(verbinding, plan, erbij["andersom"])
    koppel(verbinding, erbij["domein"], domein)
    koppel(verbinding, erbij["rechtstreeks"], erbij["deelzaak"], "heeftAlsDeelzaak")
    for zaak_id in (plan, domein, *erbij.values()):
        assert hoort(verbinding, inrichting, gebeurtenis(zaak_id), gezinsplan=["PLAN"])
        assert not hoort(verbinding, inrichting, gebeurtenis(zaak_id), niet_gezinsplan=["PLAN"])


def test_not_in_this_gezinsplan(verbinding: Connection, inrichting: Inrichting) -> None:
    """A relation that ended; a zaak of the same levensdomeinplan as nothing; a zaak that another zaak relates to."""
    plan, ander = zaak(verbinding, "PLAN", "GP"), zaak(verbinding, "ANDER", "GP")
    koppel(verbinding, plan, ander)
    eraf = {naam: zaak(verbinding, naam) for naam in ("los", "beeindigd", "via deelplan", "hoofdzaak")}
    koppel(verbinding, eraf["beeindigd"], plan, einde="20260101")
    lid = zaak(verbinding, "lid")
    koppel(verbinding, lid, plan)
    koppel(verbinding, eraf["via deelplan"], lid)
    koppel(verbinding, eraf["hoofdzaak"], lid, "heeftAlsDeelzaak")
    for zaak_id in (ander, *eraf.values()):
        assert not hoort(verbinding, inrichting, gebeurtenis(zaak_id), gezinsplan=["PLAN"])
        assert hoort(verbinding, inrichting, gebeurtenis(zaak_id), niet_gezinsplan=["PLAN"])


def test_a_person_in_the_zaak_or_its_gezinsplan(verbinding: Connection, inrichting: Inrichting) -> None:
    plan, deel = zaak(verbinding, "PLAN", "GP"), zaak(verbinding, "DEEL")
    koppel(verbinding, deel, plan)
    betrek(verbinding, plan, BSN)
    betrek(verbinding, deel, "mw17", "MDW")
    betrek(verbinding, deel, "", anp_identificatie="0012345")
    for nummer in (BSN, f"11{BSN}", "mw17", "0012345"):
        assert hoort(verbinding, inrichting, gebeurtenis(deel), persoon=[nummer])
        assert not hoort(verbinding, inrichting, gebeurtenis(deel), niet_persoon=[nummer])
    assert not hoort(verbinding, inrichting, gebeurtenis(plan), persoon=["mw17"])
    assert hoort(verbinding, inrichting, gebeurtenis(plan), persoon=["mw17", BSN])


def test_a_person_who_no_longer_belongs_to_it_or_is_no_person(verbinding: Connection, inrichting: Inrichting) -> None:
    deel = zaak(verbinding, "DEEL")
    betrek(verbinding, deel, BSN, einde="20260101")
    betrek(verbinding, deel, "B-17", "BSL")
    assert not hoort(verbinding, inrichting, gebeurtenis(deel), persoon=[BSN, "B-17"])
    assert hoort(verbinding, inrichting, gebeurtenis(deel), niet_persoon=[BSN, "B-17"])


def test_a_bsn_without_its_zero(verbinding: Connection, inrichting: Inrichting) -> None:
    deel = zaak(verbinding, "DEEL")
    betrek(verbinding, deel, "012345672")
    assert hoort(verbinding, inrichting, gebeurtenis(deel), persoon=["12345672"])


def test_no_rule_that_looks_into_the_zaak_holds_of_a_zaak_that_we_have_not(
    verbinding: Connection, inrichting: Inrichting
) -> None:
    for regel in (
        {"gezinsplan": ["19001"]},
        {"niet_gezinsplan": ["19001"]},
        {"persoon": ["x"]},
        {"niet_persoon": ["x"]},
        {"afnemersindicatie": True},
        {"afnemersindicatie": False},
    ):
        assert not hoort(verbinding, inrichting, gebeurtenis(None), **regel)
    assert hoort(verbinding, inrichting, gebeurtenis(None), zaaktype=["WMO"], soort=["deelplan"])


def test_what_another_says_of_a_zaak_is_completed_from_the_inrichting(
    verbinding: Connection, inrichting: Inrichting
) -> None:
    status = {"volgnummer": 2, "code": None, "omschrijving": "afgehandeld"}
    gezegd = gebeurtenis(None, gegevens={"omschrijving": "Aanvraag Wmo", "status": status})
    assert hoort(verbinding, inrichting, gezegd, zaaktype=["WMO"], soort=["deelplan"], eindstatus=True)
    vreemd = gebeurtenis(None, gegevens={"code": "X", "status": {"omschrijving": "Klaar"}})
    assert hoort(verbinding, inrichting, vreemd, status=["Klaar"], niet_zaaktype=["WMO"])
    for onbekend in ({"soort": ["overig"]}, {"niet_soort": ["overig"]}, {"eindstatus": True}, {"eindstatus": False}):
        assert not hoort(verbinding, inrichting, vreemd, **onbekend)


def test_an_applicatie_hears_it_once_by_the_first_rule_that_names_it(
    verbinding: Connection, inrichting: Inrichting
) -> None:
    regels = (
        Abonnement(applicatie="GWS4all", zaaktype="GP", verwachte_actie="niet deze"),
        Abonnement(applicatie="WmoVoorziening"),
        Abonnement(applicatie="GWS4all", zaaktype="WMO", verwachte_actie="deze", bericht="zakLk01"),
        Abonnement(applicatie="GWS4all", verwachte_actie="ook niet"),
    )
    assert bestemmingen(verbinding, met(inrichting, *regels), gebeurtenis()) == [
        Bestemming("WmoVoorziening", "notificeerOverZaak", "abonnement[2] van de inrichting: elke gebeurtenis"),
        Bestemming(
            "GWS4all", "zakLk01", "abonnement[3] van de inrichting: elke gebeurtenis; zaaktype WMO", "deze"
        ),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("organisatie", "verwacht"), [("1900", False), ("", False), ("0363", True)], ids=["eigen", "geen", "andere"]
)
def test_the_one_who_caused_it_does_not_hear_it(
    verbinding: Connection, inrichting: Inrichting, organisatie: str, verwacht: bool
) -> None:
    """RZS 5.2.6; an applicatie of the same name at another organisatie did not cause it."""
    een = gebeurtenis(applicatie="GWS4all", organisatie=organisatie)
    assert hoort(verbinding, inrichting, een) is verwacht


def test_an_afnemersindicatie_tells_all_of_a_zaak_and_of_its_gezinsplan(
    verbinding: Connection, inrichting: Inrichting
) -> None:
    plan, deel, los = zaak(verbinding, "PLAN", "GP"), zaak(verbinding, "DEEL"), zaak(verbinding, "LOS")
    koppel(verbinding, deel, plan)
    indiceer(verbinding, plan, "GWS4all", "van het plan")
    indiceer(verbinding, deel, "GWS4all", "van de zaak")
    indiceer(verbinding, plan, "WmoVoorziening")
    geen_regels = met(inrichting, afnemers=True)
    assert bestemmingen(verbinding, geen_regels, gebeurtenis(deel)) == [
        Bestemming("GWS4all", "notificeerOverZaak", "afnemersindicatie", "van de zaak"),
        Bestemming("WmoVoorziening", "notificeerOverZaak", "afnemersindicatie"),
    ]
    assert bestemmingen(verbinding, geen_regels, gebeurtenis(plan))[0].verwachte_actie == "van het plan"
    assert bestemmingen(verbinding, geen_regels, gebeurtenis(los)) == []
    zelf = gebeurtenis(deel, applicatie="GWS4all")
    assert [een.applicatie for een in bestemmingen(verbinding, geen_regels, zelf)] == ["WmoVoorziening"]


def test_a_rule_says_what_an_afnemersindicatie_of_its_applicatie_means(
    verbinding: Connection, inrichting: Inrichting
) -> None:
    deel = zaak(verbinding, "DEEL")
    for naam in ("GWS4all", "WmoVoorziening"):
        indiceer(verbinding, deel, naam, "bel")
    regel = Abonnement(applicatie="GWS4all", afnemersindicatie=True, gebeurtenis=("Creeer zaak",), bericht="zakLk01")
    eigen = met(inrichting, regel, afnemers=True)
    assert [een.applicatie for een in bestemmingen(verbinding, eigen, gebeurtenis(deel))] == ["WmoVoorziening"]
    eerste = bestemmingen(verbinding, eigen, gebeurtenis(deel, gebeurtenis="Creeer zaak"))[0]
    assert (eerste.applicatie, eerste.bericht, eerste.verwachte_actie) == ("GWS4all", "zakLk01", "bel")


def test_variant_extern_leaves_it_to_the_abonnementenbeheer_of_another(engine: Engine, verbinding: Connection) -> None:
    regels = """
        [notificaties]
        variant = "extern"
        abonnementenbeheer = "WmoVoorziening"
        [[abonnement]]
        applicatie = "GWS4all"
    """
    extern = laad(engine, regels)
    assert bestemmingen(verbinding, extern, gebeurtenis()) == [
        Bestemming("WmoVoorziening", "initieerNotificeerOverZaak", "variant extern")
    ]


@pytest.mark.parametrize(
    ("beheer", "tekst"),
    [("", "notificaties.abonnementenbeheer: ontbreekt"), ('abonnementenbeheer = "Gws4all"', 'bedoelde u "GWS4all"?')],
)
def test_variant_extern_names_an_applicatie_that_is_there(engine: Engine, beheer: str, tekst: str) -> None:
    with pytest.raises(InrichtingFout, match=tekst.replace("?", r"\?")):
        laad(engine, f'[notificaties]\nvariant = "extern"\n{beheer}\n', TOML)


def test_a_batch_costs_at_most_one_statement_and_only_when_a_rule_asks_for_it(
    verbinding: Connection, inrichting: Inrichting
) -> None:
    zaken = [zaak(verbinding, f"Z{nummer}") for nummer in range(40)]
    stapel = [gebeurtenis(zaak_id, id=nummer) for nummer, zaak_id in enumerate(zaken * 5)]

    def kost(inrichting: Inrichting) -> int:
        with tel_statements() as teller:
            assert len(list(routeer(verbinding, inrichting, stapel))) == len(stapel)
        return teller.aantal

    assert kost(met(inrichting, Abonnement(applicatie="GWS4all", soort=("deelplan",)))) == 0
    assert kost(met(inrichting, Abonnement(applicatie="GWS4all", persoon=(BSN,), soort=("gezinsplan",)))) == 0
    assert kost(met(inrichting, Abonnement(applicatie="GWS4all", persoon=(BSN,), soort=("deelplan",)))) == 1
    assert kost(met(inrichting, Abonnement(applicatie="GWS4all"), afnemers=True)) == 1
