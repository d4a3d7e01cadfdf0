"""The messages of Regie- en Zaakservices through the doors: recognised, admitted, acknowledged or refused."""

import uuid
from collections.abc import Callable

import pytest
from lxml import etree
from structlog.testing import capture_logs
from tests.berichten import regie as r
from tests.berichten.bouw import STUF, ZKN, di02, element, envelope, texts
from tests.soap.conftest import Door

from regiesysteem.db import make_engine
from regiesysteem.stuf.xml import parse
from regiesysteem.zkn.operations import OPERATIONS, REGIE, recognise

ACTIE = "http://www.egem.nl/StUF/sector/rzs/0310/"
INITIEER = "initieerNotificeerOverZaak_Di01"
BERICHTEN: dict[str, Callable[..., str]] = {
    "notificeerOverZaak": r.notificatie,
    "initieerNotificeerOverZaak": lambda ref="": r.notificatie(naam=INITIEER, ref=ref),
    "overdragenZaak": r.overdracht,
    "bevestigOverdragenZaak": lambda ref="": r.answer("Overdracht geweigerd", ref=ref),
    **{
        code: (lambda ref="", code=code: r.bevestiging(code, ref=ref))
        for code in ("Bv03", "Fo03", "Bv01", "Bv04", "Fo01")
    },
}


@pytest.fixture(scope="module", autouse=True)
def _offer(module_database_url: str) -> None:
    """The offer that the answers below refer to."""
    engine = make_engine(module_database_url, pool=False)
    r.leg_aanbod(engine, "o-1")
    engine.dispose()


def _post(door: Door, bericht: str, path: str = "", actie: str = "") -> etree._Element:
    return parse(door.post(envelope(bericht), f"/{path}", SOAPAction=actie).data)


def test_these_are_all_operations_of_the_door() -> None:
    assert set(BERICHTEN) == {naam for naam, dienst in OPERATIONS.items() if dienst.door is REGIE}


@pytest.mark.parametrize("naam", BERICHTEN)
def test_the_message_tells_its_operation(naam: str) -> None:
    assert recognise(element(BERICHTEN[naam]())) == naam


@pytest.mark.parametrize("path", ["RegieZaakServices", "OntvangAsynchroon", ""])
@pytest.mark.parametrize("naam", BERICHTEN)
def test_each_is_acknowledged_at_each_asynchronous_door(door: Door, naam: str, path: str) -> None:
    for_ = door.counts()
    ref = f"{naam}{path[:5]}"
    answer = _post(door, BERICHTEN[naam](ref=ref), path)
    assert texts(answer, "//s:Bv03Bericht//s:crossRefnummer") == [ref]
    assert texts(answer, "//s:ontvanger/s:applicatie") == ["Bus"]
    assert door.counts() == for_ | {"bericht": for_["bericht"] + 1}


@pytest.mark.parametrize("begin", [ACTIE, f"{ZKN}/", f"{STUF}/", f"{r.RZS}/", ""])
@pytest.mark.parametrize("naam", BERICHTEN)
def test_the_soapaction_may_have_any_of_the_namespaces(door: Door, naam: str, begin: str) -> None:
    assert texts(_post(door, BERICHTEN[naam](), actie=f'"{begin}{naam}"'), "//s:berichtcode") == ["Bv03"]


def test_the_name_of_the_message_as_soapaction_is_understood(door: Door) -> None:
    answer = _post(door, r.answer("Overdracht geweigerd"), actie=f"{ACTIE}overdragenZaak_Du01")
    assert texts(answer, "//s:berichtcode") == ["Bv03"]


def test_a_question_door_sends_them_on_and_theirs_takes_no_zaken(door: Door) -> None:
    error = _post(door, r.overdracht(), "BeantwoordVraag")
    assert texts(error, "//s:berichtcode") == ["Fo03"]
    assert "gebruik RegieZaakServices" in texts(error, "//s:details")[0]
    assert texts(_post(door, di02(), "RegieZaakServices"), "//s:code") == ["StUF040"]


def test_a_repeated_message_gets_the_same_answer_and_another_with_its_number_stuf016(door: Door) -> None:
    first, second = (door.post(envelope(r.overdracht(ref="o-dubbel"))).data for _ in range(2))
    assert first == second
    assert texts(_post(door, r.answer(ref="o-dubbel")), "//s:code") == ["StUF016"]


@pytest.mark.parametrize(
    ("bericht", "code", "named"),
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
        (r.answer("Misschien"), "StUF055", "antwoord"),
        (r.answer(cross=" "), "StUF055", "crossRefnummer is leeg"),
        (r.answer(cross="o-onbekend"), "StUF043", "o-onbekend"),
        (r.answer().replace(">Bus<", ">KCC-portaal<"), "StUF043", "KCC-portaal"),
        (r.answer().replace(">1900N1<", ">1900N2<"), "StUF064", "1900N1"),
        (r.bevestiging("Bv03", cross=" "), "StUF055", "crossRefnummer is leeg"),
        (r.overdracht().replace("rzs0310", "rzs0320"), "StUF007", "rzs0310"),
        (r.overdracht().replace("rzs0310", "zzz0310"), "StUF004", "rzs0310"),
        (r.overdracht().replace(">overdragenZaak<", ">notificeerOverZaak<"), "StUF040", "overdragenZaak"),
        (r.overdracht().replace(">overdragenZaak<", ">neemZaakOver<"), "StUF034", "neemZaakOver"),
    ],
)
def test_what_is_wrong_is_a_fo03_that_names_it_and_leaves_nothing(
    door: Door, bericht: str, code: str, named: str
) -> None:
    for_ = door.counts()
    error = _post(door, bericht)
    assert texts(error, "//s:berichtcode") == ["Fo03"]
    assert texts(error, "//s:body/s:code") == [code]
    assert named in texts(error, "//s:details")[0]
    assert door.counts() == for_


def test_a_foutbericht_that_comes_back_is_in_the_log_with_its_code(door: Door) -> None:
    with capture_logs() as regels:
        _post(door, r.bevestiging("Fo03", cross="n-7"))
    [regel] = [regel for regel in regels if regel["event"] == "bevestiging_ontvangen"]
    assert (regel["soort"], regel["cross_refnummer"], regel["fout"]) == ("Fo03", "n-7", "StUF064")


def test_a_lenient_sender_may_leave_out_what_the_schema_wants_and_nobody_needs(door: Door) -> None:
    """GWS4all has schema soepel: the name of a zaaktype with a code may be absent, its gebeurtenis may not."""
    code = r.is_van("<ZKN:code>B1026</ZKN:code>")
    for extra, fouten in ((r.extra(gebeurtenis="Update zaak"), []), (r.extra(iets="anders"), ["StUF055"])):
        bericht = r.notificatie(r.zaak(extra + code)).replace(">Bus<", ">GWS4all<")
        assert texts(_post(door, bericht), "//s:body/s:code") == fouten
    streng = r.notificatie(r.zaak(r.extra(gebeurtenis="Update zaak") + code))
    assert texts(_post(door, streng), "//s:body/s:code") == ["StUF055"]


def test_what_became_of_a_message_is_told_by_who_may_and_a_refusal_leaves_nothing(
    make_door: Callable[..., Door],
) -> None:
    """Under autorisatie applicaties; a referentienummer that was refused is free (StUF 03.01, 4.4.3)."""
    besloten = {'autorisatie = "open"': 'autorisatie = "applicaties"'}
    closed = make_door(**besloten)
    melding = r.bevestiging("Bv03", ref=str(uuid.uuid4())).replace(">Bus<", ">KCC-portaal<")
    for_ = closed.counts()
    for bericht in (melding, r.overdracht().replace(">Bus<", ">KCC-portaal<")):
        assert texts(_post(closed, bericht), "//s:body/s:code") == ["StUF052"]
    assert texts(_post(closed, r.bevestiging("Bv03")), "//s:body/s:code") == ["StUF013"]
    assert closed.counts() == for_
    open_ = make_door(
        **besloten, **{'diensten = ["geefZaakstatus_Lv01",': 'diensten = ["Bv03", "geefZaakstatus_Lv01",'}
    )
    otherwise = melding.replace("n-1", "n-2")
    assert texts(_post(open_, otherwise), "//s:body/s:code") == []
    assert texts(_post(open_, melding), "//s:body/s:code") == ["StUF016"]
