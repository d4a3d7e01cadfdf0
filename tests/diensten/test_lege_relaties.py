"""A relation that names nobody changes nothing, and cannot be new (StUF 03.01, 5.2.6)."""

import pytest
from tests.berichten.bouw import GEEN, lk01, mdw, nieuw_nummer, obj, rol, status, zaak
from tests.diensten.stappen import INITIATOR, element, nieuw, sleutel, weiger, wijziging
from tests.soap.conftest import Deur

STRENG, SOEPEL = "WmoVoorziening", "GWS4all"
LEGE_PERSOON = f"""<ZKN:natuurlijkPersoon StUF:entiteittype="NPS" StUF:verwerkingssoort="T">
    <BG:inp.bsn {GEEN}/><BG:authentiek StUF:metagegeven="true">N</BG:authentiek>
    <BG:geslachtsnaam {GEEN}/></ZKN:natuurlijkPersoon>"""
LEEG_PAND = '<ZKN:pand StUF:entiteittype="PND" StUF:verwerkingssoort="T"/>'
NIL_GERELATEERDE = f"<ZKN:gerelateerde {GEEN}/>"


def niemand(naam: str, wie: str = "", extra: str = f"<ZKN:omschrijving {GEEN}/>", soort: str = "T") -> str:
    return rol(naam, wie, extra, soort)


ANDERE_NIEMAND = """<ZKN:heeftBetrekkingOpAndere StUF:entiteittype="ZAKZAKBTR" StUF:verwerkingssoort="T">
    <ZKN:gerelateerde StUF:entiteittype="ZAK" StUF:verwerkingssoort="I"/></ZKN:heeftBetrekkingOpAndere>"""
GEEN_STATUS = """<ZKN:heeft StUF:entiteittype="ZAKSTT" StUF:verwerkingssoort="T">
    <ZKN:gerelateerde StUF:entiteittype="STT" StUF:verwerkingssoort="I"/></ZKN:heeft>"""
LEEG = [
    niemand("heeftAlsInitiator"),
    niemand("heeftAlsInitiator", LEGE_PERSOON),
    niemand("heeftBetrekkingOp"),
    niemand("heeftBetrekkingOp", LEEG_PAND),
    niemand("heeftAlsUitvoerende").replace("<ZKN:gerelateerde></ZKN:gerelateerde>", NIL_GERELATEERDE),
    niemand("heeftAlsUitvoerende", soort="V"),
    niemand("heeftAlsUitvoerende", soort="W"),
    niemand("heeftAlsUitvoerende", soort="I"),
    ANDERE_NIEMAND,
    GEEN_STATUS,
]


@pytest.mark.parametrize("leeg", LEEG)
@pytest.mark.parametrize("ook_in_was", [True, False])
def test_what_names_nobody_changes_nothing(deur: Deur, leeg: str, ook_in_was: bool) -> None:
    nummer = nieuw(deur)
    tabellen = ("zaak_relatie", "zaak_status", "zaak_zaak", "object")
    voor = deur.aantallen()
    for dag in ("20260402", "20260403"):
        einde = f"<ZKN:einddatum>{dag}</ZKN:einddatum>"
        deur.gelukt("updateZaak_Lk01", wijziging(nummer, leeg if ook_in_was else "", einde + leeg))
        assert element(deur, nummer, "z:einddatum") == [dag]
    assert element(deur, nummer, "z:heeftAlsInitiator//z:identificatie") == ["regie1"]
    na = deur.aantallen()
    assert [na[tabel] for tabel in tabellen] == [voor[tabel] for tabel in tabellen]


def test_what_names_nobody_and_says_something_is_not_lost_in_silence(deur: Deur) -> None:
    nummer = nieuw(deur)
    iets = niemand("heeftAlsUitvoerende", extra="<ZKN:omschrijving>vervanger</ZKN:omschrijving>")
    bericht = wijziging(nummer, "", iets)
    deur.gelukt("updateZaak_Lk01", bericht)  # GWS4all is soepel: reported
    code, uitleg = deur.fout("updateZaak_Lk01", bericht.replace(f">{SOEPEL}<", f">{STRENG}<"))
    assert (code, "5.2.6" in uitleg) == ("StUF055", True)
    deur.gelukt("updateZaak_Lk01", wijziging(nummer, iets, iets).replace(f">{SOEPEL}<", f">{STRENG}<"))
    assert element(deur, nummer, "z:heeftAlsUitvoerende/z:omschrijving") == []


@pytest.mark.parametrize("naam", ["heeftAlsUitvoerende", "heeftBetrekkingOp"])
def test_a_new_zaak_with_a_relation_that_names_nobody_is_refused_or_reported(deur: Deur, naam: str) -> None:
    streng = nieuw_nummer()
    voorwerp = zaak(streng, relaties=niemand(naam) + INITIATOR if naam[-1] == "p" else INITIATOR + niemand(naam))
    code, uitleg = deur.fout("creeerZaak_Lk01", lk01("T", voorwerp, zender=STRENG))
    assert (code, naam in uitleg) == ("StUF055", True)
    deur.gelukt("creeerZaak_Lk01", lk01("T", voorwerp))
    assert element(deur, streng, f"z:{naam}/z:gerelateerde/*") == []
    with deur.motor.connect() as verbinding:
        vraag = "SELECT count(*) FROM afwijking WHERE (applicatie, regel) = (%s, %s)"
        assert verbinding.exec_driver_sql(vraag, (SOEPEL, "relatie_leeg")).scalar_one() == 1


def test_replacing_somebody_by_nobody_is_refused(deur: Deur) -> None:
    nummer, naam = nieuw(deur, relaties=INITIATOR + rol("heeftAlsUitvoerende", mdw("m1"))), "heeftAlsUitvoerende"
    code, _ = weiger(deur, nummer, rol(naam, mdw("m1"), soort="R"), niemand(naam, soort="R"))
    assert code == "StUF055"


def test_actualiseer_zaakstatus_without_a_status_is_refused(deur: Deur) -> None:
    """An acknowledgement would say that a status was set."""
    nummer = nieuw(deur, na=status(1, "20260102"))
    bericht = lk01("W", obj(sleutel(nummer), "W"), obj(sleutel(nummer) + GEEN_STATUS, "W"))
    assert deur.fout("actualiseerZaakstatus_Lk01", bericht)[0] == "StUF055"
