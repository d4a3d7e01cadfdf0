"""Domain data of a zaak: three ways in, byte for byte, checked where the inrichting says so, and out again."""

import base64
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from subprocess import CompletedProcess
from uuid import uuid4
from xml.sax.saxutils import escape, quoteattr

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from lxml import etree
from sqlalchemy import text
from tests.berichten.bouw import ACTIE, ander, envelop, lk01, lv01, mdw, nieuw_nummer, rol, teksten, zaak
from tests.berichten.documenten import document, edc_lk01, inhoud
from tests.conftest import regie
from tests.diensten.documentstappen import check_uit, lees, werk_bij
from tests.diensten.stappen import INITIATOR, details, sleutel, wijzig, wijziging
from tests.soap import multipart
from tests.soap.conftest import Deur
from tests.stuf.test_lading import xml_bytes
from werkzeug.test import Client

from regiesysteem import config
from regiesysteem.config import Instellingen
from regiesysteem.db import maak_engine
from regiesysteem.http.app import maak_soap_app
from regiesysteem.inrichting.current import lees_inrichting
from regiesysteem.inrichting.load import laad_inrichting, lees_bestand
from regiesysteem.metrics import Tellers
from regiesysteem.notifications.compose import MessageHead, stel_zaakberichten_op, zak_lk01
from regiesysteem.notifications.inbox import ruim_notificaties_op
from regiesysteem.storage import maak_opslag
from regiesysteem.stuf.content.content import Inhoud
from regiesysteem.stuf.message import Systeem
from regiesysteem.stuf.namespaces import stuf
from regiesysteem.stuf.payload import Lading, lees_ladingen, schrijf_lading
from regiesysteem.stuf.schema import controleer
from regiesysteem.zakenmagazijn.domain_data import Domeingegevens, domeingegevens_van, lees_inhoud
from regiesysteem.zkn.names import NSMAP, zkn

INSTELLINGEN = Instellingen()
OPSLAG = maak_opslag(INSTELLINGEN)
FORMATEN = """
[[formaat]]
naam = "iWmo"
mediatype = "application/vnd.iwmo+xml"
xsd = "xsd/iwmo.xsd"
[[formaat]]
naam = "iJw"
documenttype = "iJw-bericht"
[[formaat]]
naam = "Wmo-document"
documenttype = "iWmo-bericht"
documentformaat = "pdf"
xsd = "xsd/iwmo.xsd"
"""
IWMO = """<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:i="urn:iwmo" targetNamespace="urn:iwmo"
 elementFormDefault="qualified"><xs:include schemaLocation="delen/basis.xsd"/>
 <xs:element name="bericht"><xs:complexType><xs:sequence><xs:element name="bsn" type="i:Bsn"/></xs:sequence>
 </xs:complexType></xs:element></xs:schema>"""
BASIS = """<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:iwmo"><xs:simpleType name="Bsn">
 <xs:restriction base="xs:string"><xs:pattern value="[0-9]{9}"/></xs:restriction></xs:simpleType></xs:schema>"""
GOED = b'<bericht xmlns="urn:iwmo"><bsn>999993653</bsn></bericht>'
FOUT = b'<bericht xmlns="urn:iwmo"><bsn>99999365x</bsn></bericht>'


@pytest.fixture(scope="module")
def domein(module_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deur]:
    """Doors with an inrichting that has forms, one of them with an XSD of two files."""
    map_ = tmp_path_factory.mktemp("inrichting")
    (map_ / "xsd" / "delen").mkdir(parents=True)
    (map_ / "xsd" / "iwmo.xsd").write_text(IWMO)
    (map_ / "xsd" / "delen" / "basis.xsd").write_text(BASIS)
    bestand = map_ / "gemeente.toml"
    bestand.write_text(config.voorbeeld_inrichting().read_text() + FORMATEN)
    motor = maak_engine(module_database_url, verbindingen=5)
    laad_inrichting(motor, lees_bestand(bestand))
    for deel in map_.rglob("*.xsd"):
        deel.unlink()  # what was loaded needs no file
    yield Deur(Client(maak_soap_app(INSTELLINGEN, motor, Tellers())), motor)
    motor.dispose()


def extra(*elementen: tuple[str, str]) -> str:
    """StUF:extraElementen of names and texts."""
    delen = (
        f"<StUF:extraElement naam={quoteattr(naam)}>{escape(tekst)}</StUF:extraElement>" for naam, tekst in elementen
    )
    return f"<StUF:extraElementen>{''.join(delen)}</StUF:extraElementen>"


def extra_van(lading: Lading) -> str:
    """StUF:extraElementen with a payload, as this system writes it."""
    element = etree.Element(stuf("extraElementen"), nsmap=NSMAP)
    schrijf_lading(element, lading)
    return etree.tostring(element, encoding="unicode")


def _nieuw(deur: Deur, extra_: str) -> str:
    nummer = nieuw_nummer()
    deur.gelukt("creeerZaak_Lk01", lk01("T", zaak(nummer, elementen=extra_)))
    return nummer


def _bewaard(deur: Deur, nummer: str, *, alles: bool = False) -> list[tuple[Domeingegevens, bytes]]:
    with deur.motor.connect() as verbinding:
        zaak_id = verbinding.execute(text("SELECT id FROM zaak WHERE identificatie = :n"), {"n": nummer}).scalar_one()
        gevonden = domeingegevens_van(verbinding, zaak_id, ook_vervangen=alles)
        return [(een, lees_inhoud(verbinding, OPSLAG, een)) for een in gevonden]


def _notificatie(
    deur: Deur, nummer: str, formaten: bool | tuple[str, ...], gebeurtenis: str = "Creeer zaak"
) -> etree._Element:
    with deur.motor.connect() as verbinding:
        zaak_id = verbinding.execute(text("SELECT id FROM zaak WHERE identificatie = :n"), {"n": nummer}).scalar_one()
        [bericht] = stel_zaakberichten_op(verbinding, lees_inrichting(verbinding), [zaak_id], OPSLAG).values()
        kop = MessageHead(
            Systeem("1900", "Regiesysteem"), Systeem("1900", "Backoffice"), uuid4().hex, datetime.now(UTC)
        )
        return zak_lk01(bericht, gebeurtenis, kop, formaten)


def test_text_of_a_zaak_is_kept_and_given_back(domein: Deur) -> None:
    nummer = _nieuw(domein, extra(("domeingegevens/formulier", "<f>\n é</f>"), ("kleur", "rood")))
    [(gegevens, bytes_)] = _bewaard(domein, nummer)
    assert (gegevens.formaat, gegevens.mediatype, gegevens.herkomst) == (
        "formulier",
        "application/xml",
        "extraElementen",
    )
    assert bytes_ == "<f>\n é</f>".encode()
    assert teksten(details(domein, nummer), "//s:extraElement") == ["<f>\n é</f>", "rood"]


def test_cdata_is_text(domein: Deur) -> None:
    nummer = nieuw_nummer()
    ruw = extra(("domeingegevens/x", "HIER")).replace("HIER", "<![CDATA[<a>&amp;</a>]]>")
    domein.gelukt("creeerZaak_Lk01", lk01("T", zaak(nummer, elementen=ruw)))
    assert _bewaard(domein, nummer)[0][1] == b"<a>&amp;</a>"


@settings(max_examples=30)
@given(inhoud_=st.one_of(st.binary(min_size=1, max_size=3000), xml_bytes()))
@example(inhoud_=b"\x00" * 200_000)
@example(inhoud_=bytes(range(256)) * 20_000)
@example(inhoud_=b"<a>" + b"tekst\n" * 900_000 + b"</a>")
def test_bytes_go_out_and_in_again_as_they_came(domein: Deur, inhoud_: bytes) -> None:
    nummer = _nieuw(domein, extra_van(Lading("bytes", "", inhoud_)))
    assert _bewaard(domein, nummer)[0][1] == inhoud_
    uit = _notificatie(domein, nummer, formaten=True)
    assert controleer(uit) == []
    elders = nieuw_nummer()
    [identificatie] = uit.findall(f"{zkn('object')}/{zkn('identificatie')}")
    identificatie.text = elders
    domein.gelukt("creeerZaak_Lk01", etree.tostring(uit, encoding="unicode"))
    [(hier, _)], [(daar, bytes_)] = _bewaard(domein, nummer), _bewaard(domein, elders)
    assert bytes_ == inhoud_
    assert (hier.formaat, hier.mediatype) == (daar.formaat, daar.mediatype)


def test_an_attachment_is_a_payload(domein: Deur) -> None:
    nummer, data = nieuw_nummer(), bytes(range(256)) * 8000
    ruw = extra(("domeingegevens/scan;codering=base64;mediatype=image/tiff", "HIER"))
    bericht = envelop(lk01("T", zaak(nummer, elementen=ruw))).replace(b"HIER", multipart.include("scan@proef"))
    pakket = multipart.schrijf(multipart.wortel(bericht), multipart.bijlage(data, "scan@proef"))
    antwoord = domein.post(pakket, Content_Type=multipart.inhoudstype(), SOAPAction='"creeerZaak_Lk01"')
    assert b"Bv03" in antwoord.data
    [(gegevens, bytes_)] = _bewaard(domein, nummer)
    assert (bytes_, gegevens.mediatype, gegevens.inhoud) == (data, "image/tiff", None)
    [terug] = teksten(details(domein, nummer), "//s:extraElement")
    assert base64.b64decode(terug) == data


def test_what_is_small_comes_back_as_it_stood_and_what_is_large_is_apart(domein: Deur) -> None:
    klein, groot = base64.encodebytes(bytes(300)).decode(), bytes(range(256)) * 12_000
    zo_lang_als_een_plaatshouder = base64.b64encode(bytes(range(40))).decode()
    delen = [("klein", klein), ("veertig", zo_lang_als_een_plaatshouder), ("groot", base64.b64encode(groot).decode())]
    nummer = _nieuw(domein, extra(*((f"domeingegevens/{naam};codering=base64", tekst) for naam, tekst in delen)))
    assert teksten(details(domein, nummer), "//s:extraElement") == [tekst for _, tekst in delen]
    with domein.motor.connect() as verbinding:
        lengte = text("SELECT length(inhoud::text) FROM zaak WHERE identificatie = :n")
        assert verbinding.execute(lengte, {"n": nummer}).scalar_one() < 3000
    deelzaak = nieuw_nummer()
    relatie = ander("heeftBetrekkingOpAndere", nummer)
    domein.gelukt("creeerZaak_Lk01", lk01("T", zaak(deelzaak, relaties=INITIATOR + relatie)))
    assert groot == base64.b64decode(teksten(details(domein, deelzaak), "//s:extraElement")[-1])
    vraag = envelop(lv01(sleutel(nummer), 'StUF:scope="alles"'))
    pakket = multipart.schrijf(multipart.wortel(vraag))
    antwoord = domein.post(pakket, Content_Type=multipart.inhoudstype(), SOAPAction=f'"{ACTIE}geefZaakdetails_Lv01"')
    assert base64.b64encode(groot) in antwoord.data
    stuk = nieuw_nummer()
    domein.gelukt("voegZaakdocumentToe_Lk01", edc_lk01("T", document(stuk, nummer, bestand=inhoud(b"x"))))
    assert groot == base64.b64decode(teksten(lees(domein, stuk), "//s:extraElement")[-1])


def test_a_relation_has_no_payload_and_gets_none_of_another(domein: Deur) -> None:
    groot = bytes(range(256)) * 700
    _nieuw(domein, extra(("domeingegevens/x;codering=base64", base64.b64encode(groot).decode())))
    plaatshouder = Inhoud(BytesIO(groot), len(groot), sha256(groot).hexdigest()).plaatshouder
    nummer = nieuw_nummer()
    relaties = rol("heeftAlsInitiator", mdw("regie7"), extra(("domeingegevens/x;codering=base64", plaatshouder)))
    domein.gelukt("creeerZaak_Lk01", lk01("T", zaak(nummer, relaties=relaties)))
    assert teksten(details(domein, nummer), "//s:extraElement") == [plaatshouder]


def test_the_same_large_payload_again_is_no_change(domein: Deur) -> None:
    tekst = base64.b64encode(bytes(range(256)) * 1000).decode()
    stuk = extra(("domeingegevens/x;codering=base64", tekst))
    nummer = _nieuw(domein, stuk)
    wijzig(domein, nummer, stuk, stuk)
    assert len(_bewaard(domein, nummer, alles=True)) == 1


def test_a_newer_payload_takes_the_place_of_the_older_which_stays(domein: Deur) -> None:
    oud, nieuw_ = (
        extra(("domeingegevens/plan", "een"), ("domeingegevens/ander", "x")),
        extra(("domeingegevens/plan", "twee")),
    )
    nummer = _nieuw(domein, oud)
    wijzig(domein, nummer, oud, nieuw_)
    wijzig(domein, nummer, nieuw_, nieuw_)
    assert sorted(b for _, b in _bewaard(domein, nummer)) == [b"twee", b"x"]
    historie = [(b, g.vervangen_op is None) for g, b in _bewaard(domein, nummer, alles=True) if g.formaat == "plan"]
    assert historie == [(b"een", False), (b"twee", True)]


def test_a_payload_that_fails_its_xsd_is_refused_and_nothing_is_kept(domein: Deur) -> None:
    voor = domein.aantallen("domeingegevens")
    for slecht in (FOUT, b"geen xml", b"<!DOCTYPE a><a/>", b"<ander/>", GOED.replace(b"</bericht>", b"<x/></bericht>")):
        bericht = lk01("T", zaak(nieuw_nummer(), elementen=extra(("domeingegevens/iWmo", slecht.decode()))))
        code, tekst = domein.fout("creeerZaak_Lk01", bericht)
        assert code == "StUF055"
        assert "iWmo" in tekst
        assert "99999365" not in tekst
    assert domein.aantallen("domeingegevens") == voor
    assert "regel 1, bericht/bsn: de waarde '...' voldoet niet" in domein.fout("creeerZaak_Lk01", lk01("T", zaak(
        nieuw_nummer(), elementen=extra(("domeingegevens/iWmo", FOUT.decode())))))[1]  # fmt: skip


def test_a_change_with_a_wrong_payload_leaves_the_zaak_as_it_was(domein: Deur) -> None:
    nummer = _nieuw(domein, extra(("domeingegevens/iWmo", GOED.decode())))
    slecht = "<ZKN:toelichting>anders</ZKN:toelichting>" + extra(("domeingegevens/iWmo", FOUT.decode()))
    assert domein.fout("updateZaak_Lk01", wijziging(nummer, "", slecht))[0] == "StUF055"
    [(gegevens, bytes_)] = _bewaard(domein, nummer, alles=True)
    assert (bytes_, gegevens.mediatype) == (GOED, "application/vnd.iwmo+xml")
    assert "anders" not in teksten(details(domein, nummer), "//z:toelichting")


def test_a_payload_by_no_convention_is_refused(domein: Deur) -> None:
    bericht = lk01("T", zaak(nieuw_nummer(), elementen=extra(("domeingegevens/x;codering=base64", "%"))))
    assert "geen goede base64" in domein.fout("creeerZaak_Lk01", bericht)[1]


def test_a_document_marked_so_is_a_payload_of_its_zaken(domein: Deur) -> None:
    zaken = [_nieuw(domein, "") for _ in range(2)]
    stuk = nieuw_nummer()
    nieuw_document = document(stuk, *zaken, soort="iJw-bericht", bestand=inhoud(b"<jw/>", "jw.xml", "text/xml"))
    domein.gelukt("voegZaakdocumentToe_Lk01", edc_lk01("T", nieuw_document))
    for nummer in zaken:
        [(gegevens, bytes_)] = _bewaard(domein, nummer)
        assert (gegevens.formaat, gegevens.mediatype, gegevens.herkomst, bytes_) == ("iJw", "text/xml", stuk, b"<jw/>")
    werk_bij(domein, stuk, check_uit(domein, stuk), inhoud(b"<jw>2</jw>", "jw.xml", "text/xml"))
    assert [b for _, b in _bewaard(domein, zaken[0], alles=True)] == [b"<jw/>", b"<jw>2</jw>"]
    [lading] = lees_ladingen(_notificatie(domein, zaken[0], True, "Update zaakdocument").findall(zkn("object"))[-1])
    assert lading == Lading("iJw", "text/xml", b"<jw>2</jw>")


def test_a_document_that_is_no_payload_or_fails_its_xsd(domein: Deur) -> None:
    nummer = _nieuw(domein, "")
    domein.gelukt("voegZaakdocumentToe_Lk01", edc_lk01("T", document(nieuw_nummer(), nummer, bestand=inhoud(b"x"))))
    assert _bewaard(domein, nummer) == []
    voor = domein.aantallen("document", "domeingegevens")
    fout = document(nieuw_nummer(), nummer, soort="iWmo-bericht", bestand=inhoud(FOUT))
    code, tekst = domein.fout("voegZaakdocumentToe_Lk01", edc_lk01("T", fout))
    assert (code, "99999365" in tekst) == ("StUF055", False)
    assert domein.aantallen("document", "domeingegevens") == voor
    domein.gelukt("voegZaakdocumentToe_Lk01", edc_lk01("T", document(
        nieuw_nummer(), nummer, soort="iWmo-bericht", bestand=inhoud(GOED))))  # fmt: skip
    assert _bewaard(domein, nummer)[0][1] == GOED


def test_an_abonnement_gets_the_forms_that_it_asks(domein: Deur) -> None:
    nummer = _nieuw(domein, extra(("domeingegevens/a", "1"), ("kleur", "rood"), ("domeingegevens/b", "2")))

    def gekregen(formaten: bool | tuple[str, ...]) -> list[str]:
        return teksten(_notificatie(domein, nummer, formaten), "//s:extraElement")

    assert gekregen(False) == ["rood"]
    assert gekregen(("b",)) == ["rood", "2"]
    assert gekregen(True) == ["rood", "1", "2"]


def test_a_process_that_starts_later_has_the_xsd(domein: Deur) -> None:
    ander = Deur(Client(maak_soap_app(INSTELLINGEN, domein.motor, Tellers())), domein.motor)
    bericht = lk01("T", zaak(nieuw_nummer(), elementen=extra(("domeingegevens/iWmo", FOUT.decode()))))
    assert ander.fout("creeerZaak_Lk01", bericht)[0] == "StUF055"


def test_the_same_text_with_another_xsd_is_a_new_inrichting(domein: Deur, tmp_path: Path) -> None:
    (tmp_path / "xsd").mkdir()
    (tmp_path / "xsd" / "iwmo.xsd").write_text(
        IWMO.replace('<xs:include schemaLocation="delen/basis.xsd"/>', BASIS[BASIS.index("<xs:simpleType") : -12])
    )
    bestand = tmp_path / "gemeente.toml"
    bestand.write_text(config.voorbeeld_inrichting().read_text() + FORMATEN)
    gelezen = lees_bestand(bestand)
    assert laad_inrichting(domein.motor, gelezen).geladen
    assert not laad_inrichting(domein.motor, gelezen).geladen


def test_the_command_lists_and_extracts(domein: Deur, tmp_path: Path) -> None:
    nummer = _nieuw(domein, extra_van(Lading("iJw", "image/png", bytes(70_000))))
    url = domein.motor.url.render_as_string(hide_password=False)

    def zaak_(*argumenten: str) -> CompletedProcess[str]:
        return regie("zaak", "domeingegevens", *argumenten, REGIE_DATABASE_URL=url, COLUMNS="200")

    lijst = zaak_(nummer)
    assert (lijst.returncode, "image/png" in lijst.stdout, "70000" in lijst.stdout) == (0, True, True)
    doel = tmp_path / "uit"
    assert zaak_(nummer, "--formaat", "iJw", "--naar", str(doel)).returncode == 0
    assert doel.read_bytes() == bytes(70_000)
    for fout in ((nummer, "--formaat", "iWmo"), ("1900bestaatniet",), (nummer, "--naar", str(doel))):
        uit = zaak_(*fout)
        assert uit.returncode != 0
        assert "Traceback" not in uit.stderr


def test_cleaning_up_leaves_what_a_zaak_has(domein: Deur) -> None:
    groot = uuid4().bytes * 10_000
    nummer = _nieuw(domein, extra_van(Lading("groot", "", groot)))
    list(OPSLAG.ruim_op(domein.motor))
    assert _bewaard(domein, nummer)[0][1] == groot


def test_what_was_replaced_goes_after_the_term_but_not_what_the_zaak_still_says(domein: Deur) -> None:
    """A document may take the place of a large payload that the extraElementen still have: details give it back."""
    nummer = _nieuw(domein, extra(("domeingegevens/plan", "een")))
    wijzig(domein, nummer, "", extra(("domeingegevens/plan", "twee")))
    groot = b"\0" * 70_000
    ander_nummer = _nieuw(domein, extra_van(Lading("iJw", "image/png", groot)))
    stuk = document(nieuw_nummer(), ander_nummer, soort="iJw-bericht", bestand=inhoud(b"<jw/>", "jw.xml", "text/xml"))
    domein.gelukt("voegZaakdocumentToe_Lk01", edc_lk01("T", stuk))
    assert [b for _, b in _bewaard(domein, ander_nummer, alles=True)] == [groot, b"<jw/>"]
    for dagen, over in ((90, [b"een", b"twee"]), (0, [b"twee"])):
        ruim_notificaties_op(domein.motor, dagen)
        assert [b for _, b in _bewaard(domein, nummer, alles=True)] == over
    assert [b for _, b in _bewaard(domein, ander_nummer, alles=True)] == [groot, b"<jw/>"]
    [terug] = teksten(details(domein, ander_nummer), "//s:extraElement")
    assert base64.b64decode(terug) == groot
