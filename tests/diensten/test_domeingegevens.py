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
from tests.berichten.bouw import ACTIE, envelope, lk01, lv01, mdw, new_number, other, rol, texts, zaak
from tests.berichten.documenten import document, edc_lk01, inhoud
from tests.conftest import regie
from tests.diensten.documentstappen import check_out, read, revise
from tests.diensten.stappen import INITIATOR, change, details, modification, sleutel
from tests.soap import multipart
from tests.soap.conftest import Door
from tests.stuf.test_lading import xml_bytes
from werkzeug.test import Client

from regiesysteem import config
from regiesysteem.config import Settings
from regiesysteem.db import make_engine
from regiesysteem.http.doors import make_soap_app
from regiesysteem.inrichting.current import read_inrichting
from regiesysteem.inrichting.load import load_inrichting, read_file
from regiesysteem.metrics import Counters
from regiesysteem.notifications.compose import MessageHead, compose_zaakberichten, zak_lk01
from regiesysteem.notifications.inbox import clean_up_notificaties
from regiesysteem.storage import make_storage
from regiesysteem.stuf.content.content import Inhoud
from regiesysteem.stuf.message import Systeem
from regiesysteem.stuf.namespaces import stuf
from regiesysteem.stuf.payload import Payload, read_payloads, write_payload
from regiesysteem.stuf.schema import check
from regiesysteem.zakenmagazijn.domain_data import Domeingegevens, domeingegevens_of, read_inhoud
from regiesysteem.zkn.names import NSMAP, zkn

SETTINGS = Settings()
OPSLAG = make_storage(SETTINGS)
FORMATS = """
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
GOOD = b'<bericht xmlns="urn:iwmo"><bsn>999993653</bsn></bericht>'
ERROR = b'<bericht xmlns="urn:iwmo"><bsn>99999365x</bsn></bericht>'


@pytest.fixture(scope="module")
def domein(module_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """Doors with an inrichting that has forms, one of them with an XSD of two files."""
    map_ = tmp_path_factory.mktemp("inrichting")
    (map_ / "xsd" / "delen").mkdir(parents=True)
    (map_ / "xsd" / "iwmo.xsd").write_text(IWMO)
    (map_ / "xsd" / "delen" / "basis.xsd").write_text(BASIS)
    file = map_ / "gemeente.toml"
    file.write_text(config.example_inrichting().read_text() + FORMATS)
    engine = make_engine(module_database_url, connections=5)
    load_inrichting(engine, read_file(file))
    for part in map_.rglob("*.xsd"):
        part.unlink()  # what was loaded needs no file
    yield Door(Client(make_soap_app(SETTINGS, engine, Counters())), engine)
    engine.dispose()


def extra(*elementen: tuple[str, str]) -> str:
    """StUF:extraElementen of names and texts."""
    parts = (
        f"<StUF:extraElement naam={quoteattr(naam)}>{escape(tekst)}</StUF:extraElement>" for naam, tekst in elementen
    )
    return f"<StUF:extraElementen>{''.join(parts)}</StUF:extraElementen>"


def extra_of(payload: Payload) -> str:
    """StUF:extraElementen with a payload, as this system writes it."""
    element = etree.Element(stuf("extraElementen"), nsmap=NSMAP)
    write_payload(element, payload)
    return etree.tostring(element, encoding="unicode")


def _new(door: Door, extra_: str) -> str:
    number = new_number()
    door.succeeded("creeerZaak_Lk01", lk01("T", zaak(number, elementen=extra_)))
    return number


def _kept(door: Door, number: str, *, alles: bool = False) -> list[tuple[Domeingegevens, bytes]]:
    with door.engine.connect() as connection:
        zaak_id = connection.execute(text("SELECT id FROM zaak WHERE identificatie = :n"), {"n": number}).scalar_one()
        found = domeingegevens_of(connection, zaak_id, replaced_too=alles)
        return [(one, read_inhoud(connection, OPSLAG, one)) for one in found]


def _notificatie(
    door: Door, number: str, formats: bool | tuple[str, ...], gebeurtenis: str = "Creeer zaak"
) -> etree._Element:
    with door.engine.connect() as connection:
        zaak_id = connection.execute(text("SELECT id FROM zaak WHERE identificatie = :n"), {"n": number}).scalar_one()
        [bericht] = compose_zaakberichten(connection, read_inrichting(connection), [zaak_id], OPSLAG).values()
        head = MessageHead(
            Systeem("1900", "Regiesysteem"), Systeem("1900", "Backoffice"), uuid4().hex, datetime.now(UTC)
        )
        return zak_lk01(bericht, gebeurtenis, head, formats)


def test_text_of_a_zaak_is_kept_and_given_back(domein: Door) -> None:
    number = _new(domein, extra(("domeingegevens/formulier", "<f>\n é</f>"), ("kleur", "rood")))
    [(data, bytes_)] = _kept(domein, number)
    assert (data.formaat, data.mediatype, data.herkomst) == (
        "formulier",
        "application/xml",
        "extraElementen",
    )
    assert bytes_ == "<f>\n é</f>".encode()
    assert texts(details(domein, number), "//s:extraElement") == ["<f>\n é</f>", "rood"]


def test_cdata_is_text(domein: Door) -> None:
    number = new_number()
    raw = extra(("domeingegevens/x", "HIER")).replace("HIER", "<![CDATA[<a>&amp;</a>]]>")
    domein.succeeded("creeerZaak_Lk01", lk01("T", zaak(number, elementen=raw)))
    assert _kept(domein, number)[0][1] == b"<a>&amp;</a>"


@settings(max_examples=30)
@given(inhoud_=st.one_of(st.binary(min_size=1, max_size=3000), xml_bytes()))
@example(inhoud_=b"\x00" * 200_000)
@example(inhoud_=bytes(range(256)) * 20_000)
@example(inhoud_=b"<a>" + b"tekst\n" * 900_000 + b"</a>")
def test_bytes_go_out_and_in_again_as_they_came(domein: Door, inhoud_: bytes) -> None:
    number = _new(domein, extra_of(Payload("bytes", "", inhoud_)))
    assert _kept(domein, number)[0][1] == inhoud_
    out = _notificatie(domein, number, formats=True)
    assert check(out) == []
    elsewhere = new_number()
    [identificatie] = out.findall(f"{zkn('object')}/{zkn('identificatie')}")
    identificatie.text = elsewhere
    domein.succeeded("creeerZaak_Lk01", etree.tostring(out, encoding="unicode"))
    [(here, _)], [(there_, bytes_)] = _kept(domein, number), _kept(domein, elsewhere)
    assert bytes_ == inhoud_
    assert (here.formaat, here.mediatype) == (there_.formaat, there_.mediatype)


def test_an_attachment_is_a_payload(domein: Door) -> None:
    number, data = new_number(), bytes(range(256)) * 8000
    raw = extra(("domeingegevens/scan;codering=base64;mediatype=image/tiff", "HIER"))
    bericht = envelope(lk01("T", zaak(number, elementen=raw))).replace(b"HIER", multipart.include("scan@proef"))
    package = multipart.write(multipart.root(bericht), multipart.bijlage(data, "scan@proef"))
    answer = domein.post(package, Content_Type=multipart.inhoudstype(), SOAPAction='"creeerZaak_Lk01"')
    assert b"Bv03" in answer.data
    [(gegevens, bytes_)] = _kept(domein, number)
    assert (bytes_, gegevens.mediatype, gegevens.inhoud) == (data, "image/tiff", None)
    [back] = texts(details(domein, number), "//s:extraElement")
    assert base64.b64decode(back) == data


def test_what_is_small_comes_back_as_it_stood_and_what_is_large_is_apart(domein: Door) -> None:
    small, large = base64.encodebytes(bytes(300)).decode(), bytes(range(256)) * 12_000
    zo_lang_as_one_placeholder = base64.b64encode(bytes(range(40))).decode()
    parts = [("klein", small), ("veertig", zo_lang_as_one_placeholder), ("groot", base64.b64encode(large).decode())]
    number = _new(domein, extra(*((f"domeingegevens/{naam};codering=base64", tekst) for naam, tekst in parts)))
    assert texts(details(domein, number), "//s:extraElement") == [tekst for _, tekst in parts]
    with domein.engine.connect() as connection:
        length = text("SELECT length(inhoud::text) FROM zaak WHERE identificatie = :n")
        assert connection.execute(length, {"n": number}).scalar_one() < 3000
    deelzaak = new_number()
    relatie = other("heeftBetrekkingOpAndere", number)
    domein.succeeded("creeerZaak_Lk01", lk01("T", zaak(deelzaak, relaties=INITIATOR + relatie)))
    assert large == base64.b64decode(texts(details(domein, deelzaak), "//s:extraElement")[-1])
    question = envelope(lv01(sleutel(number), 'StUF:scope="alles"'))
    package = multipart.write(multipart.root(question))
    answer = domein.post(package, Content_Type=multipart.inhoudstype(), SOAPAction=f'"{ACTIE}geefZaakdetails_Lv01"')
    assert base64.b64encode(large) in answer.data
    piece = new_number()
    domein.succeeded("voegZaakdocumentToe_Lk01", edc_lk01("T", document(piece, number, file=inhoud(b"x"))))
    assert large == base64.b64decode(texts(read(domein, piece), "//s:extraElement")[-1])


def test_a_relation_has_no_payload_and_gets_none_of_another(domein: Door) -> None:
    large = bytes(range(256)) * 700
    _new(domein, extra(("domeingegevens/x;codering=base64", base64.b64encode(large).decode())))
    placeholder = Inhoud(BytesIO(large), len(large), sha256(large).hexdigest()).placeholder
    number = new_number()
    relaties = rol("heeftAlsInitiator", mdw("regie7"), extra(("domeingegevens/x;codering=base64", placeholder)))
    domein.succeeded("creeerZaak_Lk01", lk01("T", zaak(number, relaties=relaties)))
    assert texts(details(domein, number), "//s:extraElement") == [placeholder]


def test_the_same_large_payload_again_is_no_change(domein: Door) -> None:
    tekst = base64.b64encode(bytes(range(256)) * 1000).decode()
    piece = extra(("domeingegevens/x;codering=base64", tekst))
    number = _new(domein, piece)
    change(domein, number, piece, piece)
    assert len(_kept(domein, number, alles=True)) == 1


def test_a_newer_payload_takes_the_place_of_the_older_which_stays(domein: Door) -> None:
    old, new_ = (
        extra(("domeingegevens/plan", "een"), ("domeingegevens/ander", "x")),
        extra(("domeingegevens/plan", "twee")),
    )
    number = _new(domein, old)
    change(domein, number, old, new_)
    change(domein, number, new_, new_)
    assert sorted(b for _, b in _kept(domein, number)) == [b"twee", b"x"]
    historie = [(b, g.vervangen_op is None) for g, b in _kept(domein, number, alles=True) if g.formaat == "plan"]
    assert historie == [(b"een", False), (b"twee", True)]


def test_a_payload_that_fails_its_xsd_is_refused_and_nothing_is_kept(domein: Door) -> None:
    for_ = domein.counts("domeingegevens")
    for slecht in (
        ERROR,
        b"geen xml",
        b"<!DOCTYPE a><a/>",
        b"<ander/>",
        GOOD.replace(b"</bericht>", b"<x/></bericht>"),
    ):
        bericht = lk01("T", zaak(new_number(), elementen=extra(("domeingegevens/iWmo", slecht.decode()))))
        code, tekst = domein.fout("creeerZaak_Lk01", bericht)
        assert code == "StUF055"
        assert "iWmo" in tekst
        assert "99999365" not in tekst
    assert domein.counts("domeingegevens") == for_
    assert "regel 1, bericht/bsn: de waarde '...' voldoet niet" in domein.fout("creeerZaak_Lk01", lk01("T", zaak(
        new_number(), elementen=extra(("domeingegevens/iWmo", ERROR.decode())))))[1]  # fmt: skip


def test_a_change_with_a_wrong_payload_leaves_the_zaak_as_it_was(domein: Door) -> None:
    number = _new(domein, extra(("domeingegevens/iWmo", GOOD.decode())))
    slecht = "<ZKN:toelichting>anders</ZKN:toelichting>" + extra(("domeingegevens/iWmo", ERROR.decode()))
    assert domein.fout("updateZaak_Lk01", modification(number, "", slecht))[0] == "StUF055"
    [(data, bytes_)] = _kept(domein, number, alles=True)
    assert (bytes_, data.mediatype) == (GOOD, "application/vnd.iwmo+xml")
    assert "anders" not in texts(details(domein, number), "//z:toelichting")


def test_a_payload_by_no_convention_is_refused(domein: Door) -> None:
    bericht = lk01("T", zaak(new_number(), elementen=extra(("domeingegevens/x;codering=base64", "%"))))
    assert "geen goede base64" in domein.fout("creeerZaak_Lk01", bericht)[1]


def test_a_document_marked_so_is_a_payload_of_its_zaken(domein: Door) -> None:
    zaken = [_new(domein, "") for _ in range(2)]
    piece = new_number()
    new_document = document(piece, *zaken, soort="iJw-bericht", file=inhoud(b"<jw/>", "jw.xml", "text/xml"))
    domein.succeeded("voegZaakdocumentToe_Lk01", edc_lk01("T", new_document))
    for number in zaken:
        [(data, bytes_)] = _kept(domein, number)
        assert (data.formaat, data.mediatype, data.herkomst, bytes_) == ("iJw", "text/xml", piece, b"<jw/>")
    revise(domein, piece, check_out(domein, piece), inhoud(b"<jw>2</jw>", "jw.xml", "text/xml"))
    assert [b for _, b in _kept(domein, zaken[0], alles=True)] == [b"<jw/>", b"<jw>2</jw>"]
    [payload] = read_payloads(_notificatie(domein, zaken[0], True, "Update zaakdocument").findall(zkn("object"))[-1])
    assert payload == Payload("iJw", "text/xml", b"<jw>2</jw>")


def test_a_document_that_is_no_payload_or_fails_its_xsd(domein: Door) -> None:
    number = _new(domein, "")
    domein.succeeded("voegZaakdocumentToe_Lk01", edc_lk01("T", document(new_number(), number, file=inhoud(b"x"))))
    assert _kept(domein, number) == []
    for_ = domein.counts("document", "domeingegevens")
    error = document(new_number(), number, soort="iWmo-bericht", file=inhoud(ERROR))
    code, tekst = domein.fout("voegZaakdocumentToe_Lk01", edc_lk01("T", error))
    assert (code, "99999365" in tekst) == ("StUF055", False)
    assert domein.counts("document", "domeingegevens") == for_
    domein.succeeded("voegZaakdocumentToe_Lk01", edc_lk01("T", document(
        new_number(), number, soort="iWmo-bericht", file=inhoud(GOOD))))  # fmt: skip
    assert _kept(domein, number)[0][1] == GOOD


def test_an_abonnement_gets_the_forms_that_it_asks(domein: Door) -> None:
    number = _new(domein, extra(("domeingegevens/a", "1"), ("kleur", "rood"), ("domeingegevens/b", "2")))

    def got(formats: bool | tuple[str, ...]) -> list[str]:
        return texts(_notificatie(domein, number, formats), "//s:extraElement")

    assert got(False) == ["rood"]
    assert got(("b",)) == ["rood", "2"]
    assert got(True) == ["rood", "1", "2"]


def test_a_process_that_starts_later_has_the_xsd(domein: Door) -> None:
    other = Door(Client(make_soap_app(SETTINGS, domein.engine, Counters())), domein.engine)
    bericht = lk01("T", zaak(new_number(), elementen=extra(("domeingegevens/iWmo", ERROR.decode()))))
    assert other.fout("creeerZaak_Lk01", bericht)[0] == "StUF055"


def test_the_same_text_with_another_xsd_is_a_new_inrichting(domein: Door, tmp_path: Path) -> None:
    (tmp_path / "xsd").mkdir()
    (tmp_path / "xsd" / "iwmo.xsd").write_text(
        IWMO.replace('<xs:include schemaLocation="delen/basis.xsd"/>', BASIS[BASIS.index("<xs:simpleType") : -12])
    )
    file = tmp_path / "gemeente.toml"
    file.write_text(config.example_inrichting().read_text() + FORMATS)
    parsed = read_file(file)
    assert load_inrichting(domein.engine, parsed).loaded
    assert not load_inrichting(domein.engine, parsed).loaded


def test_the_command_lists_and_extracts(domein: Door, tmp_path: Path) -> None:
    number = _new(domein, extra_of(Payload("iJw", "image/png", bytes(70_000))))
    url = domein.engine.url.render_as_string(hide_password=False)

    def zaak_(*arguments: str) -> CompletedProcess[str]:
        return regie("zaak", "domeingegevens", *arguments, REGIE_DATABASE_URL=url, COLUMNS="200")

    listing = zaak_(number)
    assert (listing.returncode, "image/png" in listing.stdout, "70000" in listing.stdout) == (0, True, True)
    target = tmp_path / "uit"
    assert zaak_(number, "--formaat", "iJw", "--naar", str(target)).returncode == 0
    assert target.stat().st_mode & 0o077 == 0, "who may read it is its owner"
    assert target.read_bytes() == bytes(70_000)
    for error in ((number, "--formaat", "iWmo"), ("1900bestaatniet",), (number, "--naar", str(target))):
        out = zaak_(*error)
        assert out.returncode != 0
        assert "Traceback" not in out.stderr


def test_cleaning_up_leaves_what_a_zaak_has(domein: Door) -> None:
    large = uuid4().bytes * 10_000
    number = _new(domein, extra_of(Payload("groot", "", large)))
    list(OPSLAG.clean_up(domein.engine))
    assert _kept(domein, number)[0][1] == large


def test_what_was_replaced_goes_after_the_term_but_not_what_the_zaak_still_says(domein: Door) -> None:
    """A document may take the place of a large payload that the extraElementen still have: details give it back."""
    number = _new(domein, extra(("domeingegevens/plan", "een")))
    change(domein, number, "", extra(("domeingegevens/plan", "twee")))
    large = b"\0" * 70_000
    other_number = _new(domein, extra_of(Payload("iJw", "image/png", large)))
    piece = document(new_number(), other_number, soort="iJw-bericht", file=inhoud(b"<jw/>", "jw.xml", "text/xml"))
    domein.succeeded("voegZaakdocumentToe_Lk01", edc_lk01("T", piece))
    assert [b for _, b in _kept(domein, other_number, alles=True)] == [large, b"<jw/>"]
    for dagen, over in ((90, [b"een", b"twee"]), (0, [b"twee"])):
        clean_up_notificaties(domein.engine, dagen)
        assert [b for _, b in _kept(domein, number, alles=True)] == over
    assert [b for _, b in _kept(domein, other_number, alles=True)] == [large, b"<jw/>"]
    [back] = texts(details(domein, other_number), "//s:extraElement")
    assert base64.b64decode(back) == large
