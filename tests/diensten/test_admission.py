"""Admission of a message: receiver, sender, authorisation and schema by the inrichting, in the order of table 4.1."""

from collections.abc import Callable

import pytest
from lxml import etree
from sqlalchemy import Engine
from tests.berichten import regie
from tests.berichten.bouw import di02, element, lk01, lv01, new_number, zaak

from regiesysteem import config
from regiesysteem.diensten.admission import admit
from regiesysteem.inrichting.current import Inrichting, InrichtingSource
from regiesysteem.inrichting.load import load_inrichting, read_text
from regiesysteem.stuf.faults import StufFout
from regiesysteem.stuf.message import Bericht, read_stuurgegevens
from regiesysteem.zkn.operations import recognise

ONLY_LISTING = ('autorisatie = "open"', 'autorisatie = "applicaties"')
ONLY_QUESTIONS = ('diensten = ["*"]', 'diensten = ["zakLv01"]')
STRENG = ('schema = "soepel"           ', 'schema = "streng"           ')
FOR_US = ('onbekende_ontvanger = "accepteren"', 'onbekende_ontvanger = "weigeren"')
ZKN_ = "de namespace http://www.egem.nl/StUF/sector/zkn/0310"
IN_ZKN = f"in {ZKN_}"
IN_STUF = "in de namespace http://www.egem.nl/StUF/StUF0301"
IN_X = "in de namespace urn:x"
ONZIN = ("<ZKN:parameters>", "<ZKN:onzin/><ZKN:parameters>")


@pytest.fixture
def inrichting(engine: Engine) -> Callable[..., Inrichting]:
    """The example inrichting with texts replaced."""

    def make(*vervangingen: tuple[str, str]) -> Inrichting:
        text = config.example_inrichting().read_text()
        for old, new in vervangingen:
            assert old in text, old
            text = text.replace(old, new)
        load_inrichting(engine, read_text(text, "test"))
        return InrichtingSource(engine).current(-1)

    return make


def bericht(text: str) -> Bericht:
    stam = element(text)
    return Bericht(recognise(stam), stam, read_stuurgegevens(stam))


def error(text: str, inrichting: Inrichting) -> StufFout:
    with pytest.raises(StufFout) as caught:
        admit(bericht(text), inrichting)
    return caught.value


def test_a_receiver_that_is_not_us_is_refused_when_the_inrichting_says_so(
    inrichting: Callable[..., Inrichting],
) -> None:
    streng, other = inrichting(FOR_US), di02().replace("Regiesysteem", "Iemand")
    assert error(other, streng).code == "StUF010"
    assert "Regiesysteem" in error(other, streng).details
    admit(bericht(di02().replace("Regiesysteem", "CDR")), streng)
    admit(bericht(other), inrichting())


def test_an_unknown_sender_is_refused_when_only_listed_ones_may(inrichting: Callable[..., Inrichting]) -> None:
    listing = inrichting(ONLY_LISTING)
    anoniem = lv01().replace("<StUF:zender>", "<!--").replace("</StUF:zender>", "-->")
    admit(bericht(di02()), listing)
    assert error(di02().replace("GWS4all", "Vreemd"), listing).code == "StUF013"
    assert "De beheerder kan deze zender toevoegen." in error(di02().replace("GWS4all", "Vreemd"), listing).details
    assert error(anoniem, listing).code == "StUF013"
    assert error(anoniem, listing).details == "Gekregen: geen zender. Geef een zender mee."
    admit(bericht(anoniem), inrichting())


def test_a_listed_sender_may_call_what_is_listed(inrichting: Callable[..., Inrichting]) -> None:
    limited = inrichting(ONLY_LISTING, ONLY_QUESTIONS)
    admit(bericht(lv01()), limited)
    refused = error(di02(), limited)
    assert refused.code == "StUF052"
    assert "genereerZaakIdentificatie_Di02" in refused.details
    assert "GWS4all" in refused.details


@pytest.mark.parametrize("code", ["Bv01", "Bv03", "Bv04", "Fo01", "Fo03"])
def test_what_became_of_a_message_is_told_by_who_may(inrichting: Callable[..., Inrichting], code: str) -> None:
    """A grant like that of every other operation."""
    melding = regie.bevestiging(code).replace(">Bus<", ">GWS4all<")
    assert error(melding, inrichting(ONLY_LISTING, ONLY_QUESTIONS)).code == "StUF052"
    admit(bericht(melding), inrichting(ONLY_LISTING, ('diensten = ["*"]', f'diensten = ["{code}"]')))
    admit(bericht(melding), inrichting(ONLY_LISTING))


@pytest.mark.parametrize(
    ("old", "new", "details"),
    [
        (
            "ZKN:stuurgegevens",
            "ZKN:x",
            f"Het bericht heeft geen stuurgegevens; dat is het eerste element, {IN_ZKN}.",
        ),
        (
            "ZKN:stuurgegevens",
            "StUF:stuurgegevens",
            f"Het element stuurgegevens staat {IN_STUF}; verwacht is {ZKN_}.",
        ),
        ("ZKN:stuurgegevens", "x:stuurgegevens", f"Het element stuurgegevens staat {IN_X}; verwacht is {ZKN_}."),
        (
            "StUF:berichtcode",
            "ZKN:berichtcode",
            f"stuurgegevens/berichtcode staat {IN_ZKN}; wat in",
        ),
        ("StUF:berichtcode", "StUF:code", "In de stuurgegevens ontbreekt berichtcode."),
    ],
)
def test_who_misses_stuurgegevens_is_told_what(
    inrichting: Callable[..., Inrichting], old: str, new: str, details: str
) -> None:
    """By the code of table 4.1: no berichtcode is an unknown one, no zender an unknown one."""
    data = di02().replace(old, new).replace("xmlns:ZKN", 'xmlns:x="urn:x" xmlns:ZKN', 1)
    refused = error(data, inrichting(STRENG))
    assert refused.code == "StUF022"
    assert refused.details.startswith(details)
    assert "Ondersteund: " in refused.details
    if "stuurgegevens" in old:
        refused = error(data, inrichting(ONLY_LISTING))
        assert (refused.code, refused.details) == ("StUF013", f"Gekregen: geen zender. {details}")


def test_streng_refuses_with_every_deviation_and_soepel_lets_pass(inrichting: Callable[..., Inrichting]) -> None:
    data = lv01().replace(*ONZIN)
    refused = error(data.replace("GWS4all", "Vreemd"), inrichting())
    assert refused.code == "StUF055"
    assert "zakLv01/onzin" in refused.details
    assert "verwacht: ZKN:parameters" in refused.details
    admit(bericht(data), inrichting())
    assert error(data, inrichting(STRENG)).code == "StUF055"


def test_details_name_what_fits_and_details_xml_names_all(inrichting: Callable[..., Inrichting]) -> None:
    kenmerken = "<ZKN:kenmerk><ZKN:onzin/></ZKN:kenmerk>" * 40
    data = lk01("T", zaak("1900X1").replace("<ZKN:startdatum>", f"{kenmerken}<ZKN:startdatum>"), zender="Vreemd")
    refused = error(data, inrichting())
    assert len(refused.details) <= 1000
    assert "en nog" in refused.details
    assert isinstance(refused.details_xml, etree._Element)
    assert len(refused.details_xml) == 40
    assert refused.details_xml[7].get("pad") == "zakLk01/object/kenmerk[8]/onzin"
    assert int(refused.details_xml[7].get("regel") or 0) > 0


@pytest.mark.parametrize("part", ["referentienummer", "applicatie", "organisatie"])
def test_also_soepel_refuses_what_cannot_be_a_key(inrichting: Callable[..., Inrichting], part: str) -> None:
    data = di02("r").replace(f"<StUF:{part}>", f"<StUF:{part}>{'x' * 3000}", 1)
    refused = error(data, inrichting())
    assert refused.code == "StUF055"
    assert part in refused.details


@pytest.mark.parametrize("empty", ["", " \n "])
def test_streng_wants_a_referentienummer_of_an_asynchronous_message(
    inrichting: Callable[..., Inrichting], empty: str
) -> None:
    kennisgeving = lk01("T", zaak(new_number()), ref=empty)
    admit(bericht(kennisgeving), inrichting())
    refused = error(kennisgeving.replace("GWS4all", "Vreemd"), inrichting())
    assert refused.code == "StUF055"
    assert "stuurgegevens/referentienummer is leeg" in refused.details
    assert error(kennisgeving, inrichting(STRENG)).code == "StUF055"
    admit(bericht(di02(empty)), inrichting(STRENG))


FOUTEN_ON_ROW = [
    ("StUF/StUF0301", "StUF/StUF0204", "StUF001"),
    ("zkn/0310", "zkn/0320", "StUF007"),
    ("Regiesysteem", "Iemand", "StUF010"),
    ("GWS4all", "Vreemd", "StUF013"),
    (">Di02<", ">Di09<", "StUF022"),
    (">genereerZaakidentificatie<", ">x<", "StUF034"),
    ("</ZKN:stuurgegevens>", "</ZKN:stuurgegevens><ZKN:onzin/>", "StUF052"),
]


@pytest.mark.parametrize("vanaf", range(len(FOUTEN_ON_ROW)))
def test_of_several_faults_the_first_of_the_table_is_sent(inrichting: Callable[..., Inrichting], vanaf: int) -> None:
    """A message with one fault has those of all rows below it too."""
    data = di02(new_number())
    for old, new, _ in FOUTEN_ON_ROW[vanaf:]:
        data = data.replace(old, new)
    assert error(data, inrichting(ONLY_LISTING, ONLY_QUESTIONS, FOR_US)).code == FOUTEN_ON_ROW[vanaf][2]


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [(">Di02<", ">Lk05<", "StUF025"), (">genereerZaakidentificatie<", ">cancelCheckout<", "StUF040")],
)
def test_what_the_standard_has_and_we_do_not_is_a_fault_of_the_server(
    inrichting: Callable[..., Inrichting], old: str, new: str, code: str
) -> None:
    refused = error(di02().replace(old, new), inrichting())
    assert (refused.code, refused.plek) == (code, "server")


@pytest.mark.parametrize(
    ("tijdstip", "what"),
    [
        ("20260231120000000", "datum die niet bestaat"),
        ("20261301", "maand"),
        ("2026112425", "uur"),
        ("202611241261", "minuut"),
    ],
)
def test_a_tijdstip_bericht_that_does_not_exist_is_refused_of_everybody(
    inrichting: Callable[..., Inrichting], tijdstip: str, what: str
) -> None:
    """StUF 03.01, 3.3.1 (form of a tijdstip) and table 4.1; the schema counts digits only."""
    for question in (lv01(), lk01("T", zaak(new_number()))):
        bedorven = question.replace("20261124120000000", tijdstip)
        for who in (inrichting(STRENG), inrichting()):
            found = error(bedorven, who)
            assert (found.code, "stuurgegevens/tijdstipBericht" in found.details) == ("StUF055", True)
            assert what in found.details


@pytest.mark.parametrize("tijdstip", ["2026", "2026-11-24T12:00:00", ""])
def test_a_tijdstip_bericht_in_another_form_is_a_deviation_of_the_schema(
    inrichting: Callable[..., Inrichting], tijdstip: str
) -> None:
    otherwise = bericht(lv01().replace("20261124120000000", tijdstip))
    assert "schema_waarde" in admit(otherwise, inrichting()).leniency.deviations


@pytest.mark.parametrize("tijdstip", ["20261124", "2026112412", "20240229235959999"])
def test_a_tijdstip_bericht_may_be_as_precise_as_its_sender_knows(
    inrichting: Callable[..., Inrichting], tijdstip: str
) -> None:
    admit(bericht(lv01().replace("20261124120000000", tijdstip)), inrichting(STRENG))


_WMO = 'naam = "WmoVoorziening"'
_REGELS = 'schema = "streng"'


@pytest.mark.parametrize(
    ("regels", "applicatie", "expected"),
    [
        ("", "", ("streng", "elfproef", "rgbz", "geenWaarde")),
        ('schema = "soepel"', "", ("soepel", "cijfers", "vrij", "ongewijzigd")),
        ("", 'schema = "soepel"', ("soepel", "cijfers", "vrij", "ongewijzigd")),
        ('schema = "soepel"\nbsn = "elfproef"', "", ("soepel", "elfproef", "vrij", "ongewijzigd")),
        ('schema = "streng"\nbsn = "cijfers"', 'bsn = "elfproef"', ("streng", "elfproef", "rgbz", "geenWaarde")),
        ("", 'identificatie = "vrij"\nbsn = "cijfers"', ("streng", "cijfers", "vrij", "geenWaarde")),
        ('schema = "soepel"', 'nil_zonder_novalue = "geenWaarde"', ("soepel", "cijfers", "vrij", "geenWaarde")),
        ('schema = "soepel"', 'schema = "streng"', ("streng", "elfproef", "rgbz", "geenWaarde")),
    ],
)
def test_what_a_sender_is_held_to_is_said_by_itself_then_by_regels_then_by_its_schema(
    inrichting: Callable[..., Inrichting], regels: str, applicatie: str, expected: tuple[str, ...]
) -> None:
    state = inrichting((_REGELS, regels or _REGELS), (_WMO, f"{_WMO}\n{applicatie}"))
    leniency = state.leniency_for(state.applicatie("1900", "WmoVoorziening"))
    got = (leniency.schema, leniency.bsn, leniency.identificatie, leniency.nil_zonder_novalue)
    assert got == expected
