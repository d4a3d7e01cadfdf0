"""A relation that names nobody changes nothing, and cannot be new (StUF 03.01, 5.2.6)."""

import pytest
from tests.berichten.bouw import NO, lk01, mdw, new_number, obj, rol, status, zaak
from tests.diensten.stappen import INITIATOR, element, modification, new, refuse, sleutel
from tests.soap.conftest import Door

STRENG, SOEPEL = "WmoVoorziening", "GWS4all"
LEGE_PERSOON = f"""<ZKN:natuurlijkPersoon StUF:entiteittype="NPS" StUF:verwerkingssoort="T">
    <BG:inp.bsn {NO}/><BG:authentiek StUF:metagegeven="true">N</BG:authentiek>
    <BG:geslachtsnaam {NO}/></ZKN:natuurlijkPersoon>"""
EMPTY_PAND = '<ZKN:pand StUF:entiteittype="PND" StUF:verwerkingssoort="T"/>'
NIL_GERELATEERDE = f"<ZKN:gerelateerde {NO}/>"


def nobody(naam: str, who: str = "", extra: str = f"<ZKN:omschrijving {NO}/>", soort: str = "T") -> str:
    return rol(naam, who, extra, soort)


OTHER_NOBODY = """<ZKN:heeftBetrekkingOpAndere StUF:entiteittype="ZAKZAKBTR" StUF:verwerkingssoort="T">
    <ZKN:gerelateerde StUF:entiteittype="ZAK" StUF:verwerkingssoort="I"/></ZKN:heeftBetrekkingOpAndere>"""
NO_STATUS = """<ZKN:heeft StUF:entiteittype="ZAKSTT" StUF:verwerkingssoort="T">
    <ZKN:gerelateerde StUF:entiteittype="STT" StUF:verwerkingssoort="I"/></ZKN:heeft>"""
EMPTY = [
    nobody("heeftAlsInitiator"),
    nobody("heeftAlsInitiator", LEGE_PERSOON),
    nobody("heeftBetrekkingOp"),
    nobody("heeftBetrekkingOp", EMPTY_PAND),
    nobody("heeftAlsUitvoerende").replace("<ZKN:gerelateerde></ZKN:gerelateerde>", NIL_GERELATEERDE),
    nobody("heeftAlsUitvoerende", soort="V"),
    nobody("heeftAlsUitvoerende", soort="W"),
    nobody("heeftAlsUitvoerende", soort="I"),
    OTHER_NOBODY,
    NO_STATUS,
]


@pytest.mark.parametrize("empty", EMPTY)
@pytest.mark.parametrize("ook_in_was", [True, False])
def test_what_names_nobody_changes_nothing(door: Door, empty: str, ook_in_was: bool) -> None:
    number = new(door)
    tables = ("zaak_relatie", "zaak_status", "zaak_zaak", "object")
    for_ = door.counts()
    for day in ("20260402", "20260403"):
        end = f"<ZKN:einddatum>{day}</ZKN:einddatum>"
        door.succeeded("updateZaak_Lk01", modification(number, empty if ook_in_was else "", end + empty))
        assert element(door, number, "z:einddatum") == [day]
    assert element(door, number, "z:heeftAlsInitiator//z:identificatie") == ["regie1"]
    after = door.counts()
    assert [after[table] for table in tables] == [for_[table] for table in tables]


def test_what_names_nobody_and_says_something_is_not_lost_in_silence(door: Door) -> None:
    number = new(door)
    something = nobody("heeftAlsUitvoerende", extra="<ZKN:omschrijving>vervanger</ZKN:omschrijving>")
    bericht = modification(number, "", something)
    door.succeeded("updateZaak_Lk01", bericht)  # GWS4all is soepel: reported
    code, explanation = door.fout("updateZaak_Lk01", bericht.replace(f">{SOEPEL}<", f">{STRENG}<"))
    assert (code, "5.2.6" in explanation) == ("StUF055", True)
    door.succeeded("updateZaak_Lk01", modification(number, something, something).replace(f">{SOEPEL}<", f">{STRENG}<"))
    assert element(door, number, "z:heeftAlsUitvoerende/z:omschrijving") == []


@pytest.mark.parametrize("naam", ["heeftAlsUitvoerende", "heeftBetrekkingOp"])
def test_a_new_zaak_with_a_relation_that_names_nobody_is_refused_or_reported(door: Door, naam: str) -> None:
    streng = new_number()
    instance = zaak(streng, relaties=nobody(naam) + INITIATOR if naam[-1] == "p" else INITIATOR + nobody(naam))
    code, explanation = door.fout("creeerZaak_Lk01", lk01("T", instance, zender=STRENG))
    assert (code, naam in explanation) == ("StUF055", True)
    door.succeeded("creeerZaak_Lk01", lk01("T", instance))
    assert element(door, streng, f"z:{naam}/z:gerelateerde/*") == []
    with door.engine.connect() as connection:
        question = "SELECT count(*) FROM afwijking WHERE (applicatie, regel) = (%s, %s)"
        assert connection.exec_driver_sql(question, (SOEPEL, "relatie_leeg")).scalar_one() == 1


def test_replacing_somebody_by_nobody_is_refused(door: Door) -> None:
    number, naam = new(door, relaties=INITIATOR + rol("heeftAlsUitvoerende", mdw("m1"))), "heeftAlsUitvoerende"
    code, _ = refuse(door, number, rol(naam, mdw("m1"), soort="R"), nobody(naam, soort="R"))
    assert code == "StUF055"


def test_actualiseer_zaakstatus_without_a_status_is_refused(door: Door) -> None:
    """An acknowledgement would say that a status was set."""
    number = new(door, after=status(1, "20260102"))
    bericht = lk01("W", obj(sleutel(number), "W"), obj(sleutel(number) + NO_STATUS, "W"))
    assert door.fout("actualiseerZaakstatus_Lk01", bericht)[0] == "StUF055"
