"""The messages of Regie- en Zaakservices through the doors: recognised, admitted, acknowledged or refused."""

import uuid
from collections.abc import Callable

import pytest
from lxml import etree
from structlog.testing import capture_logs
from tests.berichten import regie as r
from tests.berichten.bouw import STUF, ZKN, di02, element, envelop, teksten
from tests.soap.conftest import Deur

from regiesysteem.db import maak_engine
from regiesysteem.stuf.xml import ontleed
from regiesysteem.zkn.operations import OPERATIONS, REGIE, recognise

ACTIE = "http://www.egem.nl/StUF/sector/rzs/0310/"
INITIEER = "initieerNotificeerOverZaak_Di01"
BERICHTEN: dict[str, Callable[..., str]] = {
    "notificeerOverZaak": r.notificatie,
    "initieerNotificeerOverZaak": lambda ref="": r.notificatie(naam=INITIEER, ref=ref),
    "overdragenZaak": r.overdracht,
    "bevestigOverdragenZaak": lambda ref="": r.antwoord("Overdracht geweigerd", ref=ref),
    **{
        code: (lambda ref="", code=code: r.bevestiging(code, ref=ref))
        for code in ("Bv03", "Fo03", "Bv01", "Bv04", "Fo01")
    },
}


@pytest.fixture(scope="module", autouse=True)
def _aanbod(module_database_url: str) -> None:
    """The offer that the answers below refer to."""
    motor = maak_engine(module_database_url, pool=False)
    r.leg_aanbod(motor, "o-1")
    motor.dispose()


def _post(deur: Deur, bericht: str, pad: str = "", actie: str = "") -> etree._Element:
    return ontleed(deur.post(envelop(bericht), f"/{pad}", SOAPAction=actie).data)


def test_these_are_all_operations_of_the_door() -> None:
    assert set(BERICHTEN) == {naam for naam, dienst in OPERATIONS.items() if dienst.door is REGIE}


@pytest.mark.parametrize("naam", BERICHTEN)
def test_the_message_tells_its_operation(naam: str) -> None:
    assert recognise(element(BERICHTEN[naam]())) == naam


@pytest.mark.parametrize("pad", ["RegieZaakServices", "OntvangAsynchroon", ""])
@pytest.mark.parametrize("naam", BERICHTEN)
def test_each_is_acknowledged_at_each_asynchronous_door(deur: Deur, naam: str, pad: str) -> None:
    voor = deur.aantallen()
    ref = f"{naam}{pad[:5]}"
    antwoord = _post(deur, BERICHTEN[naam](ref=ref), pad)
    assert teksten(antwoord, "//s:Bv03Bericht//s:crossRefnummer") == [ref]
    assert teksten(antwoord, "//s:ontvanger/s:applicatie") == ["Bus"]
    assert deur.aantallen() == voor | {"bericht": voor["bericht"] + 1}


@pytest.mark.parametrize("begin", [ACTIE, f"{ZKN}/", f"{STUF}/", f"{r.RZS}/", ""])
@pytest.mark.parametrize("naam", BERICHTEN)
def test_the_soapaction_may_have_any_of_the_namespaces(deur: Deur, naam: str, begin: str) -> None:
    assert teksten(_post(deur, BERICHTEN[naam](), actie=f'"{begin}{naam}"'), "//s:berichtcode") == ["Bv03"]


def test_the_name_of_the_message_as_soapaction_is_understood(deur: Deur) -> None:
    antwoord = _post(deur, r.antwoord("Overdracht geweigerd"), actie=f"{ACTIE}overdragenZaak_Du01")
    assert teksten(antwoord, "//s:berichtcode") == ["Bv03"]


def test_a_question_door_sends_them_on_and_theirs_takes_no_zaken(deur: Deur) -> None:
    fout = _post(deur, r.overdracht(), "BeantwoordVraag")
    assert teksten(fout, "//s:berichtcode") == ["Fo03"]
    assert "gebruik RegieZaakServices" in teksten(fout, "//s:details")[0]
    assert teksten(_post(deur, di02(), "RegieZaakServices"), "//s:code") == ["StUF040"]


def test_a_repeated_message_gets_the_same_answer_and_another_with_its_number_stuf016(deur: Deur) -> None:
    eerste, tweede = (deur.post(envelop(r.overdracht(ref="o-dubbel"))).data for _ in range(2))
    assert eerste == tweede
    assert teksten(_post(deur, r.antwoord(ref="o-dubbel")), "//s:code") == ["StUF016"]


@pytest.mark.parametrize(
    ("bericht", "code", "genoemd"),
    [
        (
            r.notificatie(r.zaak(r.extra(x="y") + r.is_van("<ZKN:omschrijving>A</ZKN:omschrijving>"))),
            "StUF055",
            "gebeurt",
        ),
        (
            r.notificatie(r.zaak(r.extra(gebeurtenis="Update zaak") + r.is_van()), naam=INITIEER),
            "StUF055",
            "zendendeApplicatie",
        ),
        (r.antwoord("Misschien"), "StUF055", "antwoord"),
        (r.antwoord(cross=" "), "StUF055", "crossRefnummer is leeg"),
        (r.antwoord(cross="o-onbekend"), "StUF043", "o-onbekend"),
        (r.antwoord().replace(">Bus<", ">KCC-portaal<"), "StUF043", "KCC-portaal"),
        (r.antwoord().replace(">1900N1<", ">1900N2<"), "StUF064", "1900N1"),
        (r.bevestiging("Bv03", cross=" "), "StUF055", "crossRefnummer is leeg"),
        (r.overdracht().replace("rzs0310", "rzs0320"), "StUF007", "rzs0310"),
        (r.overdracht().replace("rzs0310", "zzz0310"), "StUF004", "rzs0310"),
        (r.overdracht().replace(">overdragenZaak<", ">notificeerOverZaak<"), "StUF040", "overdragenZaak"),
        (r.overdracht().replace(">overdragenZaak<", ">neemZaakOver<"), "StUF034", "neemZaakOver"),
    ],
)
def test_what_is_wrong_is_a_fo03_that_names_it_and_leaves_nothing(
    deur: Deur, bericht: str, code: str, genoemd: str
) -> None:
    voor = deur.aantallen()
    fout = _post(deur, bericht)
    assert teksten(fout, "//s:berichtcode") == ["Fo03"]
    assert teksten(fout, "//s:body/s:code") == [code]
    assert genoemd in teksten(fout, "//s:details")[0]
    assert deur.aantallen() == voor


def test_a_foutbericht_that_comes_back_is_in_the_log_with_its_code(deur: Deur) -> None:
    with capture_logs() as regels:
        _post(deur, r.bevestiging("Fo03", cross="n-7"))
    [regel] = [regel for regel in regels if regel["event"] == "bevestiging_ontvangen"]
    assert (regel["soort"], regel["cross_refnummer"], regel["fout"]) == ("Fo03", "n-7", "StUF064")


def test_a_lenient_sender_may_leave_out_what_the_schema_wants_and_nobody_needs(deur: Deur) -> None:
    """GWS4all has schema soepel: the name of a zaaktype with a code may be absent, its gebeurtenis may not."""
    code = r.is_van("<ZKN:code>B1026</ZKN:code>")
    for extra, fouten in ((r.extra(gebeurtenis="Update zaak"), []), (r.extra(iets="anders"), ["StUF055"])):
        bericht = r.notificatie(r.zaak(extra + code)).replace(">Bus<", ">GWS4all<")
        assert teksten(_post(deur, bericht), "//s:body/s:code") == fouten
    streng = r.notificatie(r.zaak(r.extra(gebeurtenis="Update zaak") + code))
    assert teksten(_post(deur, streng), "//s:body/s:code") == ["StUF055"]


def test_what_became_of_a_message_is_told_by_who_may_and_a_refusal_leaves_nothing(
    maak_deur: Callable[..., Deur],
) -> None:
    """Under autorisatie applicaties; a referentienummer that was refused is free (StUF 03.01, 4.4.3)."""
    besloten = {'autorisatie = "open"': 'autorisatie = "applicaties"'}
    dicht = maak_deur(**besloten)
    melding = r.bevestiging("Bv03", ref=str(uuid.uuid4())).replace(">Bus<", ">KCC-portaal<")
    voor = dicht.aantallen()
    for bericht in (melding, r.overdracht().replace(">Bus<", ">KCC-portaal<")):
        assert teksten(_post(dicht, bericht), "//s:body/s:code") == ["StUF052"]
    assert teksten(_post(dicht, r.bevestiging("Bv03")), "//s:body/s:code") == ["StUF013"]
    assert dicht.aantallen() == voor
    open_ = maak_deur(
        **besloten, **{'diensten = ["geefZaakstatus_Lv01",': 'diensten = ["Bv03", "geefZaakstatus_Lv01",'}
    )
    anders = melding.replace("n-1", "n-2")
    assert teksten(_post(open_, anders), "//s:body/s:code") == []
    assert teksten(_post(open_, melding), "//s:body/s:code") == ["StUF016"]
