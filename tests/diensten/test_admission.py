"""Who may send what: receiver, sender, authorisation and schema, as the inrichting says, in the order of table 4.1."""

from collections.abc import Callable

import pytest
from lxml import etree
from sqlalchemy import Engine
from tests.berichten import regie
from tests.berichten.bouw import di02, element, lk01, lv01, nieuw_nummer, zaak

from regiesysteem import config
from regiesysteem.diensten.admission import laat_toe
from regiesysteem.inrichting.current import Inrichting, InrichtingBron
from regiesysteem.inrichting.load import laad_inrichting, lees_tekst
from regiesysteem.stuf.faults import StufFout
from regiesysteem.stuf.message import Bericht, lees_stuurgegevens
from regiesysteem.zkn.operations import recognise

ALLEEN_LIJST = ('autorisatie = "open"', 'autorisatie = "applicaties"')
ALLEEN_VRAGEN = ('diensten = ["*"]', 'diensten = ["zakLv01"]')
STRENG = ('schema = "soepel"           ', 'schema = "streng"           ')
VOOR_ONS = ('onbekende_ontvanger = "accepteren"', 'onbekende_ontvanger = "weigeren"')
ZKN_ = "de namespace http://www.egem.nl/StUF/sector/zkn/0310"
IN_ZKN = f"in {ZKN_}"
IN_STUF = "in de namespace http://www.egem.nl/StUF/StUF0301"
IN_X = "in de namespace urn:x"
ONZIN = ("<ZKN:parameters>", "<ZKN:onzin/><ZKN:parameters>")


@pytest.fixture
def inrichting(engine: Engine) -> Callable[..., Inrichting]:
    """The example inrichting with texts replaced."""

    def maak(*vervangingen: tuple[str, str]) -> Inrichting:
        tekst = config.voorbeeld_inrichting().read_text()
        for oud, nieuw in vervangingen:
            assert oud in tekst, oud
            tekst = tekst.replace(oud, nieuw)
        laad_inrichting(engine, lees_tekst(tekst, "test"))
        return InrichtingBron(engine).actueel(-1)

    return maak


def bericht(tekst: str) -> Bericht:
    stam = element(tekst)
    return Bericht(recognise(stam), stam, lees_stuurgegevens(stam))


def fout(tekst: str, inrichting: Inrichting) -> StufFout:
    with pytest.raises(StufFout) as gevangen:
        laat_toe(bericht(tekst), inrichting)
    return gevangen.value


def test_a_receiver_that_is_not_us_is_refused_when_the_inrichting_says_so(
    inrichting: Callable[..., Inrichting],
) -> None:
    streng, ander = inrichting(VOOR_ONS), di02().replace("Regiesysteem", "Iemand")
    assert fout(ander, streng).code == "StUF010"
    assert "Regiesysteem" in fout(ander, streng).details
    laat_toe(bericht(di02().replace("Regiesysteem", "CDR")), streng)
    laat_toe(bericht(ander), inrichting())


def test_an_unknown_sender_is_refused_when_only_listed_ones_may(inrichting: Callable[..., Inrichting]) -> None:
    lijst = inrichting(ALLEEN_LIJST)
    anoniem = lv01().replace("<StUF:zender>", "<!--").replace("</StUF:zender>", "-->")
    laat_toe(bericht(di02()), lijst)
    assert fout(di02().replace("GWS4all", "Vreemd"), lijst).code == "StUF013"
    assert "De beheerder kan deze zender toevoegen." in fout(di02().replace("GWS4all", "Vreemd"), lijst).details
    assert fout(anoniem, lijst).code == "StUF013"
    assert fout(anoniem, lijst).details == "Gekregen: geen zender. Geef een zender mee."
    laat_toe(bericht(anoniem), inrichting())


def test_a_listed_sender_may_call_what_is_listed(inrichting: Callable[..., Inrichting]) -> None:
    beperkt = inrichting(ALLEEN_LIJST, ALLEEN_VRAGEN)
    laat_toe(bericht(lv01()), beperkt)
    geweigerd = fout(di02(), beperkt)
    assert geweigerd.code == "StUF052"
    assert "genereerZaakIdentificatie_Di02" in geweigerd.details
    assert "GWS4all" in geweigerd.details


@pytest.mark.parametrize("code", ["Bv01", "Bv03", "Bv04", "Fo01", "Fo03"])
def test_what_became_of_a_message_is_told_by_who_may(inrichting: Callable[..., Inrichting], code: str) -> None:
    """A grant like that of every other operation."""
    melding = regie.bevestiging(code).replace(">Bus<", ">GWS4all<")
    assert fout(melding, inrichting(ALLEEN_LIJST, ALLEEN_VRAGEN)).code == "StUF052"
    laat_toe(bericht(melding), inrichting(ALLEEN_LIJST, ('diensten = ["*"]', f'diensten = ["{code}"]')))
    laat_toe(bericht(melding), inrichting(ALLEEN_LIJST))


@pytest.mark.parametrize(
    ("oud", "nieuw", "details"),
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
    inrichting: Callable[..., Inrichting], oud: str, nieuw: str, details: str
) -> None:
    """By the code of table 4.1: no berichtcode is an unknown one, no zender an unknown one."""
    data = di02().replace(oud, nieuw).replace("xmlns:ZKN", 'xmlns:x="urn:x" xmlns:ZKN', 1)
    geweigerd = fout(data, inrichting(STRENG))
    assert geweigerd.code == "StUF022"
    assert geweigerd.details.startswith(details)
    assert "Ondersteund: " in geweigerd.details
    if "stuurgegevens" in oud:
        geweigerd = fout(data, inrichting(ALLEEN_LIJST))
        assert (geweigerd.code, geweigerd.details) == ("StUF013", f"Gekregen: geen zender. {details}")


def test_streng_refuses_with_every_deviation_and_soepel_lets_pass(inrichting: Callable[..., Inrichting]) -> None:
    data = lv01().replace(*ONZIN)
    geweigerd = fout(data.replace("GWS4all", "Vreemd"), inrichting())
    assert geweigerd.code == "StUF055"
    assert "zakLv01/onzin" in geweigerd.details
    assert "verwacht: ZKN:parameters" in geweigerd.details
    laat_toe(bericht(data), inrichting())
    assert fout(data, inrichting(STRENG)).code == "StUF055"


def test_details_name_what_fits_and_details_xml_names_all(inrichting: Callable[..., Inrichting]) -> None:
    kenmerken = "<ZKN:kenmerk><ZKN:onzin/></ZKN:kenmerk>" * 40
    data = lk01("T", zaak("1900X1").replace("<ZKN:startdatum>", f"{kenmerken}<ZKN:startdatum>"), zender="Vreemd")
    geweigerd = fout(data, inrichting())
    assert len(geweigerd.details) <= 1000
    assert "en nog" in geweigerd.details
    assert isinstance(geweigerd.details_xml, etree._Element)
    assert len(geweigerd.details_xml) == 40
    assert geweigerd.details_xml[7].get("pad") == "zakLk01/object/kenmerk[8]/onzin"
    assert int(geweigerd.details_xml[7].get("regel") or 0) > 0


@pytest.mark.parametrize("deel", ["referentienummer", "applicatie", "organisatie"])
def test_also_soepel_refuses_what_cannot_be_a_key(inrichting: Callable[..., Inrichting], deel: str) -> None:
    data = di02("r").replace(f"<StUF:{deel}>", f"<StUF:{deel}>{'x' * 3000}", 1)
    geweigerd = fout(data, inrichting())
    assert geweigerd.code == "StUF055"
    assert deel in geweigerd.details


@pytest.mark.parametrize("leeg", ["", " \n "])
def test_streng_wants_a_referentienummer_of_an_asynchronous_message(
    inrichting: Callable[..., Inrichting], leeg: str
) -> None:
    kennisgeving = lk01("T", zaak(nieuw_nummer()), ref=leeg)
    laat_toe(bericht(kennisgeving), inrichting())
    geweigerd = fout(kennisgeving.replace("GWS4all", "Vreemd"), inrichting())
    assert geweigerd.code == "StUF055"
    assert "stuurgegevens/referentienummer is leeg" in geweigerd.details
    assert fout(kennisgeving, inrichting(STRENG)).code == "StUF055"
    laat_toe(bericht(di02(leeg)), inrichting(STRENG))


FOUTEN_OP_RIJ = [
    ("StUF/StUF0301", "StUF/StUF0204", "StUF001"),
    ("zkn/0310", "zkn/0320", "StUF007"),
    ("Regiesysteem", "Iemand", "StUF010"),
    ("GWS4all", "Vreemd", "StUF013"),
    (">Di02<", ">Di09<", "StUF022"),
    (">genereerZaakidentificatie<", ">x<", "StUF034"),
    ("</ZKN:stuurgegevens>", "</ZKN:stuurgegevens><ZKN:onzin/>", "StUF052"),
]


@pytest.mark.parametrize("vanaf", range(len(FOUTEN_OP_RIJ)))
def test_of_several_faults_the_first_of_the_table_is_sent(inrichting: Callable[..., Inrichting], vanaf: int) -> None:
    """A message with one fault has those of all rows below it too."""
    data = di02(nieuw_nummer())
    for oud, nieuw, _ in FOUTEN_OP_RIJ[vanaf:]:
        data = data.replace(oud, nieuw)
    assert fout(data, inrichting(ALLEEN_LIJST, ALLEEN_VRAGEN, VOOR_ONS)).code == FOUTEN_OP_RIJ[vanaf][2]


@pytest.mark.parametrize(
    ("oud", "nieuw", "code"),
    [(">Di02<", ">Lk05<", "StUF025"), (">genereerZaakidentificatie<", ">cancelCheckout<", "StUF040")],
)
def test_what_the_standard_has_and_we_do_not_is_a_fault_of_the_server(
    inrichting: Callable[..., Inrichting], oud: str, nieuw: str, code: str
) -> None:
    geweigerd = fout(di02().replace(oud, nieuw), inrichting())
    assert (geweigerd.code, geweigerd.plek) == (code, "server")


@pytest.mark.parametrize(
    ("tijdstip", "wat"),
    [
        ("20260231120000000", "datum die niet bestaat"),
        ("20261301", "maand"),
        ("2026112425", "uur"),
        ("202611241261", "minuut"),
    ],
)
def test_a_tijdstip_bericht_that_does_not_exist_is_refused_of_everybody(
    inrichting: Callable[..., Inrichting], tijdstip: str, wat: str
) -> None:
    """StUF 03.01, 3.3.1 (form of a tijdstip) and table 4.1; the schema counts digits only."""
    for vraag in (lv01(), lk01("T", zaak(nieuw_nummer()))):
        bedorven = vraag.replace("20261124120000000", tijdstip)
        for wie in (inrichting(STRENG), inrichting()):
            gevonden = fout(bedorven, wie)
            assert (gevonden.code, "stuurgegevens/tijdstipBericht" in gevonden.details) == ("StUF055", True)
            assert wat in gevonden.details


@pytest.mark.parametrize("tijdstip", ["2026", "2026-11-24T12:00:00", ""])
def test_a_tijdstip_bericht_in_another_form_is_a_deviation_of_the_schema(
    inrichting: Callable[..., Inrichting], tijdstip: str
) -> None:
    anders = bericht(lv01().replace("20261124120000000", tijdstip))
    assert "schema_waarde" in laat_toe(anders, inrichting()).deviations


@pytest.mark.parametrize("tijdstip", ["20261124", "2026112412", "20240229235959999"])
def test_a_tijdstip_bericht_may_be_as_precise_as_its_sender_knows(
    inrichting: Callable[..., Inrichting], tijdstip: str
) -> None:
    laat_toe(bericht(lv01().replace("20261124120000000", tijdstip)), inrichting(STRENG))


_WMO = 'naam = "WmoVoorziening"'
_REGELS = 'schema = "streng"'


@pytest.mark.parametrize(
    ("regels", "applicatie", "verwacht"),
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
    inrichting: Callable[..., Inrichting], regels: str, applicatie: str, verwacht: tuple[str, ...]
) -> None:
    stand = inrichting((_REGELS, regels or _REGELS), (_WMO, f"{_WMO}\n{applicatie}"))
    leniency = stand.leniency_for(stand.applicatie("1900", "WmoVoorziening"))
    gekregen = (leniency.schema, leniency.bsn, leniency.identificatie, leniency.nil_zonder_novalue)
    assert gekregen == verwacht
