"""The zakLk01 notification: valid, complete, and taken by another as a creeerZaak of the same zaak."""

import random
import uuid
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from lxml import etree
from sqlalchemy import text
from tests.berichten.bouw import ander, gezinsplan, lk01, lv01, mdw, nieuw_nummer, nps, rol, status, teksten, zaak
from tests.berichten.generator import WillekeurigeKeuze, gekozen
from tests.diensten.stappen import actualiseer, wijzig
from tests.diensten.test_niets_verloren import _bladen, _met_vrije_inhoud, _nieuw
from tests.published import assert_valid
from tests.soap.conftest import Deur, deur, maak_deur
from werkzeug.test import Client

from regiesysteem.config import Instellingen, voorbeeld_inrichting
from regiesysteem.db import maak_engine, tel_statements
from regiesysteem.http.app import maak_soap_app
from regiesysteem.inrichting.current import lees_inrichting
from regiesysteem.inrichting.load import laad_inrichting, lees_bestand
from regiesysteem.metrics import Tellers
from regiesysteem.notifications.compose import MessageHead, operatie, stel_zaakberichten_op, zak_lk01
from regiesysteem.stuf.message import Systeem
from regiesysteem.stuf.namespaces import stuf
from regiesysteem.stuf.schema import controleer
from regiesysteem.stuf.xml import ontleed
from regiesysteem.zkn.names import bg, zkn

NU = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
__all__ = ["deur", "maak_deur"]


@pytest.fixture(scope="module")
def ander_systeem(postgres: object) -> Iterator[Deur]:
    """The doors of another municipality's system, on a database of its own."""
    from tests.conftest import SJABLOON, _database  # noqa: PLC0415

    for url in _database(postgres, SJABLOON):  # type: ignore[arg-type]
        motor = maak_engine(url, verbindingen=5)
        laad_inrichting(motor, lees_bestand(voorbeeld_inrichting()))
        yield Deur(Client(maak_soap_app(Instellingen(), motor, Tellers())), motor)
        motor.dispose()


def _bericht(deur: Deur, nummer: str, gebeurtenis: str = "Creeer zaak") -> etree._Element:
    with deur.motor.connect() as verbinding:
        zaak_id = verbinding.execute(text("SELECT id FROM zaak WHERE identificatie = :n"), {"n": nummer}).scalar_one()
        zaken = stel_zaakberichten_op(verbinding, lees_inrichting(verbinding), [zaak_id])
    zender, ontvanger = Systeem("1900", "Regiesysteem"), Systeem("1900", "Backoffice")
    return zak_lk01(zaken[zaak_id], gebeurtenis, MessageHead(zender, ontvanger, uuid.uuid4().hex, NU))


def _details(deur: Deur, nummer: str) -> etree._Element:
    vraag = lv01(f"<ZKN:identificatie>{nummer}</ZKN:identificatie>", 'StUF:scope="alles"')
    [antwoord] = deur.gelukt("geefZaakdetails_Lv01", vraag).iter(zkn("zakLa01"))
    [voorwerp] = antwoord.find(zkn("antwoord"))
    return voorwerp


def _heen_en_weer(deur: Deur, ander_systeem: Deur, bericht: etree._Element) -> etree._Element:
    nummer = bericht.findtext(f"{zkn('object')}/{zkn('identificatie')}") or ""
    deur.gelukt("creeerZaak_Lk01", etree.tostring(bericht).decode())
    uit = _bericht(deur, nummer)
    assert controleer(uit) == []
    assert controleer(_bericht(deur, nummer, "Update zaak")) == []
    ander_systeem.gelukt(operatie("Creeer zaak"), etree.tostring(uit).decode())
    hier, daar = _bladen(_details(deur, nummer)), _bladen(_details(ander_systeem, nummer))
    assert hier - daar == Counter()
    return uit


@settings(max_examples=60)
@given(bericht=gekozen(lambda keuze: _met_vrije_inhoud(keuze, 40)))
def test_another_takes_whatever_zaak_we_hold(deur: Deur, ander_systeem: Deur, bericht: str) -> None:
    _heen_en_weer(deur, ander_systeem, ontleed(bericht.encode()))


@pytest.mark.parametrize("zaad", range(4))
def test_another_takes_large_zaken(deur: Deur, ander_systeem: Deur, zaad: int) -> None:
    bron = random.Random(zaad)
    for _ in range(20):
        _heen_en_weer(deur, ander_systeem, _met_vrije_inhoud(WillekeurigeKeuze(bron), 300))


def test_it_is_valid_by_the_schema(deur: Deur, ander_systeem: Deur) -> None:
    bron = random.Random(2026)
    for _ in range(60):
        uit = _heen_en_weer(deur, ander_systeem, _nieuw(WillekeurigeKeuze(bron), 150))
        assert_valid(uit)
        nummer = uit.findtext(f"{zkn('object')}/{zkn('identificatie')}") or ""
        assert_valid(_bericht(deur, nummer, "Update zaak"))


@pytest.mark.parametrize(
    "relaties",
    [
        "",
        rol("heeftAlsInitiator", mdw("").replace("<ZKN:identificatie></ZKN:identificatie>", "")),
        rol("heeftAlsInitiator", nps("").replace("<BG:inp.bsn></BG:inp.bsn>", "")),
        rol("heeftAlsInitiator", nps("123456789")),
    ],
)
def test_it_is_valid_of_what_a_soepel_sender_left_out(deur: Deur, relaties: str) -> None:
    nummer = f"Z26-{nieuw_nummer()[-10:]}"
    deur.gelukt("creeerZaak_Lk01", lk01("T", zaak(nummer, relaties=relaties)))
    assert controleer(_bericht(deur, nummer)) == []


def test_people_that_zaken_share_go_along(deur: Deur, ander_systeem: Deur) -> None:
    bron = random.Random(11)
    for _ in range(60):
        bericht = _nieuw(WillekeurigeKeuze(bron), 200)
        for naam, waarden in (("inp.bsn", ("999993653", "999990019")), ("inn.nnpId", ("123456782",))):
            for knoop in bericht.iter(bg(naam)):
                if knoop.text:
                    knoop.text = bron.choice(waarden)
        uit = _heen_en_weer(deur, ander_systeem, bericht)
        assert_valid(uit)


def _plan(deur: Deur) -> str:
    nummer = nieuw_nummer()
    deur.gelukt("creeerZaak_Lk01", lk01("T", gezinsplan(nummer)))
    return nummer


def _plannen_in(bericht: etree._Element) -> list[str]:
    return sorted(teksten(bericht, "//z:object[last()]/z:heeftBetrekkingOpAndere/z:gerelateerde/z:identificatie"))


INITIATOR = rol("heeftAlsInitiator", mdw("regie1"))


def test_it_has_the_gezinsplan_whichever_side_said_so(deur: Deur) -> None:
    plan = _plan(deur)
    eigen, andersom = nieuw_nummer(), nieuw_nummer()
    deur.gelukt(
        "creeerZaak_Lk01",
        lk01("T", zaak(eigen, relaties=INITIATOR + ander("heeftBetrekkingOpAndere", plan))),
    )
    deur.gelukt("creeerZaak_Lk01", lk01("T", zaak(andersom)))
    plan2 = nieuw_nummer()
    deur.gelukt("creeerZaak_Lk01", lk01("T", gezinsplan(plan2, na=ander("heeftBetrekkingOpAndere", andersom))))
    assert _plannen_in(_bericht(deur, eigen)) == [plan]
    assert _plannen_in(_bericht(deur, andersom, "Update zaak")) == [plan2]


def test_it_has_levensdomeinplan_and_gezinsplan(deur: Deur) -> None:
    plan, domein, deel = _plan(deur), nieuw_nummer(), nieuw_nummer()
    relaties = _client() + INITIATOR + ander("heeftBetrekkingOpAndere", plan)
    deur.gelukt("creeerZaak_Lk01", lk01("T", zaak(domein, "DOMEINPLAN", relaties=relaties)))
    deur.gelukt("creeerZaak_Lk01", lk01("T", zaak(deel, relaties=INITIATOR + ander("heeftBetrekkingOpAndere", domein))))
    assert _plannen_in(_bericht(deur, deel)) == sorted([plan, domein])


def test_a_deelzaak_of_a_gezinsplan_names_it(deur: Deur) -> None:
    deel, plan = nieuw_nummer(), nieuw_nummer()
    deur.gelukt("creeerZaak_Lk01", lk01("T", zaak(deel)))
    deur.gelukt("creeerZaak_Lk01", lk01("T", gezinsplan(plan, na=ander("heeftAlsDeelzaak", deel))))
    assert _plannen_in(_bericht(deur, deel)) == [plan]


def test_a_change_has_the_kerngegevens_and_the_whole_zaak(deur: Deur) -> None:
    nummer = nieuw_nummer()
    deur.gelukt("creeerZaak_Lk01", lk01("T", zaak(nummer)))
    bericht = _bericht(deur, nummer, "Actualiseer zaakstatus")
    was, wordt = bericht.findall(zkn("object"))
    assert [etree.QName(kind).localname for kind in was] == ["identificatie", "omschrijving", "isVan"]
    assert wordt.find(zkn("heeft")) is not None
    assert bericht.findtext(f"{zkn('parameters')}/{stuf('mutatiesoort')}") == "W"
    assert operatie("Actualiseer zaakstatus") == "updateZaak_Lk01"


def test_the_number_of_statements_does_not_grow_with_the_zaken(deur: Deur) -> None:
    nummers = [nieuw_nummer() for _ in range(5)]
    plan = _plan(deur)
    for nummer in nummers:
        relaties = INITIATOR + ander("heeftBetrekkingOpAndere", plan)
        deur.gelukt("creeerZaak_Lk01", lk01("T", zaak(nummer, relaties=relaties)))
    with deur.motor.connect() as verbinding:
        ids = list(
            verbinding.execute(text("SELECT id FROM zaak WHERE identificatie = ANY(:n)"), {"n": nummers}).scalars()
        )
        inrichting = lees_inrichting(verbinding)
        with tel_statements() as een:
            stel_zaakberichten_op(verbinding, inrichting, ids[:1])
        with tel_statements() as vijf:
            zaken = stel_zaakberichten_op(verbinding, inrichting, ids)
    assert len(zaken) == 5
    assert een.aantal == vijf.aantal


def _client() -> str:
    from tests.berichten.bouw import client  # noqa: PLC0415

    return client("999993653")


def test_another_regiesysteem_follows_elements_and_statuses(deur: Deur, ander_systeem: Deur) -> None:
    nummer = nieuw_nummer()
    deur.gelukt("creeerZaak_Lk01", lk01("T", zaak(nummer)))
    ander_systeem.gelukt("creeerZaak_Lk01", etree.tostring(_bericht(deur, nummer)).decode())
    wijzig(deur, nummer, "", "<ZKN:toelichting>anders</ZKN:toelichting>")
    for volgnummer in (2, 3):
        actualiseer(deur, nummer, status(volgnummer, f"2026050{volgnummer}"))
        bericht = _bericht(deur, nummer, "Actualiseer zaakstatus")
        for _ in range(2):
            bericht.find(f"{zkn('stuurgegevens')}/{stuf('referentienummer')}").text = uuid.uuid4().hex
            ander_systeem.gelukt("updateZaak_Lk01", etree.tostring(bericht).decode())
        assert _bladen(_details(deur, nummer)) == _bladen(_details(ander_systeem, nummer))
