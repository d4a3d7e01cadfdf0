"""Messages with attachments: each form that senders use is understood, each that is broken is refused by name."""

import base64
import binascii
import contextlib
import io
import random
import re
from collections.abc import Callable
from unittest.mock import patch

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from lxml import etree
from tests.soap.multipart import GRENS, WORTEL, Deel, bijlage, include, schrijf, wortel

from regiesysteem.soap import mtom
from regiesysteem.soap.mtom import Multipart, lees_pakket, vervang_includes
from regiesysteem.stuf.content.lift import Merken
from regiesysteem.stuf.content.scratch import Kladblok, TeGroot
from regiesysteem.stuf.faults import StufFout
from regiesysteem.stuf.xml import ontleed

MULTIPART = Multipart(GRENS, WORTEL, "text/xml")
XML = b"<a/>"


def gelezen(data: bytes, multipart: Multipart = MULTIPART, blok: int = 256 * 1024) -> tuple[bytes, dict[str, bytes]]:
    """Root and other parts."""
    with Kladblok() as kladblok, patch.object(mtom, "_BLOCK", blok):
        pakket = lees_pakket(io.BytesIO(data), multipart, kladblok)
        with pakket.wortel as bestand:
            return bestand.read(), {cid: b"".join(deel.stukken()) for cid, deel in pakket.delen.items()}


def geweigerd(data: bytes, multipart: Multipart = MULTIPART) -> str:
    with pytest.raises(StufFout) as fout:
        gelezen(data, multipart)
    assert fout.value.code == "StUF055"
    return fout.value.details


_lastig = st.lists(
    st.binary(max_size=30) | st.sampled_from([b"\r", b"\n", b"\r\n", b"--", b"\r\n--MIME_gren", b"--MIME_grens"]),
    max_size=8,
).map(b"".join)


@given(st.lists(_lastig, max_size=4), st.integers(0, 4), st.integers(60, 400))
def test_any_parts_in_any_order_and_pieces_come_back(delen: list[bytes], plek: int, blok: int) -> None:
    delen = [re.sub(rb"(?:\A|(?<=\n))(?:--MIME_grens)+", b"", deel) for deel in delen]  # a line like that is none of it
    geschreven = [bijlage(deel, f"{nummer}@x") for nummer, deel in enumerate(delen)]
    geschreven.insert(plek, wortel(XML))
    uit = gelezen(schrijf(*geschreven), blok=blok)
    assert uit == (XML, {f"{nummer}@x": deel for nummer, deel in enumerate(delen)})


@given(st.binary(max_size=3000), st.integers(60, 400), st.sampled_from(["base64", "quoted-printable", "BASE64"]))
@example(b"\n\r\n", 60, "quoted-printable")
def test_transfer_encodings_are_undone(data: bytes, blok: int, codering: str) -> None:
    """Bytes are not text: in quoted-printable each CR and LF of theirs is encoded (RFC 2045, 6.7)."""
    if codering[0] == "q":
        gecodeerd = binascii.b2a_qp(data, istext=False)
    else:
        gecodeerd = base64.encodebytes(data).replace(b"\n", b"\r\n")
    assert gelezen(schrijf(wortel(XML), bijlage(gecodeerd, "1", codering)), blok=blok) == (XML, {"1": data})


@pytest.mark.parametrize("aanhef", [b"", b"\r\n", b"This is a multi-part message\r\n", b"\n"])
def test_what_stands_before_and_after_the_parts_means_nothing(aanhef: bytes) -> None:
    data = schrijf(wortel(XML), bijlage(b"A", "1"), aanhef=aanhef, slot=b"--\r\nnog iets\r\n--" + GRENS.encode())
    assert gelezen(data) == (XML, {"1": b"A"})
    assert gelezen(data.replace(b"nog iets", b""))[0] == XML


def test_without_start_the_first_part_is_the_message() -> None:
    los = Deel(XML, [("Content-Type", "text/xml")])
    assert gelezen(schrijf(los, bijlage(b"A", "1")), Multipart(GRENS)) == (XML, {"1": b"A"})


def test_the_root_part_says_charset_and_action() -> None:
    soort = 'application/xop+xml; charset=iso-8859-1; type="application/soap+xml; action=\\"urn:a\\""'
    with Kladblok() as kladblok:
        pakket = lees_pakket(io.BytesIO(schrijf(Deel(XML, [("Content-Type", soort)]))), Multipart(GRENS), kladblok)
        pakket.wortel.close()
    assert (pakket.charset, pakket.actie) == ("iso-8859-1", "urn:a")


@pytest.mark.parametrize(
    ("data", "waarom"),
    [
        (schrijf(wortel(XML), slot=b"\r\n"), "afgebroken"),
        (schrijf(wortel(XML), bijlage(b"A" * 900_000, "1"))[:500_000], "afgebroken"),
        (schrijf(wortel(XML))[:30], "afgebroken"),
        (b"", "begint niet"),
        (b"<a/>", "begint niet"),
        (schrijf(wortel(XML), grens="anders"), "begint niet"),
        (schrijf(), "geen deel"),
        (schrijf(bijlage(b"A", "1")), "geen deel met Content-ID 'wortel@proef'"),
        (schrijf(wortel(XML), bijlage(b"A", "1"), bijlage(b"A", "1")), "'1' komt meer dan eens voor"),
        (schrijf(wortel(XML), wortel(XML)), "meer dan eens"),
        (schrijf(wortel(XML), Deel(b"A")), "geen Content-ID (deel 2)"),
        (schrijf(wortel(XML), *(bijlage(b"", str(nummer)) for nummer in range(3000))), "meer dan 100 delen"),
        (schrijf(wortel(XML), Deel(b"", [("X", "a" * 100_000)])), "niet leesbaar (deel 2)"),
        (schrijf(wortel(XML), Deel(b"", [("a" * 100_000, "x")])), "niet leesbaar (deel 2)"),
        (schrijf(wortel(XML), Deel(b"", [("X", "a")] * 50)), "niet leesbaar (deel 2)"),
        (schrijf(wortel(XML)).replace(b"Content-ID: <", b"Content-ID: <\xff"), "niet leesbaar"),
        (schrijf(wortel(XML), bijlage(b"QUJ*", "1", "base64")), "klopt niet (deel 2)"),
        (schrijf(wortel(XML), bijlage(b"QUJ", "1", "base64")), "klopt niet (deel 2)"),
        (schrijf(wortel(XML), bijlage(b"x" * 2_000_000, "1", "quoted-printable")), "klopt niet"),
        (schrijf(wortel(XML), bijlage(b"A", "1", "gzip")), "'gzip' wordt niet ondersteund"),
        (schrijf(Deel(XML, [("Content-ID", f"<{WORTEL}>"), ("Content-Type", "text/html")])), "'text/html'"),
        (schrijf(wortel(XML), slot=b" " * 3_000_000), "afgebroken"),
    ],
)
def test_what_is_broken_is_refused_by_name(data: bytes, waarom: str) -> None:
    assert waarom in geweigerd(data)


def test_a_boundary_without_end_or_sense_is_refused() -> None:
    for grens in ("x" * 1000, "é", "a b"):
        geweigerd(schrijf(wortel(XML)), Multipart(grens, WORTEL))


@settings(max_examples=200)
@given(st.integers(0, 2**32), st.integers(1, 30))
def test_a_damaged_body_is_read_or_refused(zaad: int, schade: int) -> None:
    willekeurig = random.Random(zaad)
    data = bytearray(schrijf(wortel(XML), bijlage(b"QUJD\r\n" * 20, "1", "base64"), bijlage(b"\r\n--MI" * 9, "2")))
    for _ in range(schade):
        plek = willekeurig.randrange(len(data))
        data[plek : plek + willekeurig.choice([0, 1, 30])] = willekeurig.choice([b"", b"\r", b"-", b"\xff", b":", b"<"])
    with contextlib.suppress(StufFout):
        gelezen(bytes(data), blok=64)


def folded(data: bytes) -> bytes:
    return data.replace(b"; charset", b";\r\n\tcharset").replace(b"Content-ID: ", b"Content-ID:\r\n  ")


@pytest.mark.parametrize(
    "vorm",
    [
        folded,
        lambda data: data.replace(f"--{GRENS}".encode(), f"--{GRENS} \t ".encode(), 2),
        lambda data: data.replace(f"--{GRENS}--".encode(), f"--{GRENS}--  ".encode()),
        lambda data: data.replace(b"\r\n", b"\n"),
        lambda data: data.removesuffix(b"\r\n"),
        lambda data: data.replace(b"Content-ID", b"CONTENT-id").replace(b"Content-Type", b"content-TYPE"),
        lambda data: data.replace(f"<{WORTEL}>".encode(), WORTEL.encode()).replace(b"<1@x>", b" 1@x "),
        lambda data: data.replace(b": ", b":"),
        lambda data: data.replace(f"<{WORTEL}>".encode(), b"<wortel%40proef>"),
        lambda data: b"\n\n" + data,
    ],
    ids=[
        "folded",
        "padding",
        "padding-at-the-end",
        "LF-only",
        "no-last-CRLF",
        "case",
        "no-brackets",
        "no-space",
        "encoded-start",
        "preamble",
    ],
)
def test_mime_as_stacks_write_it_is_read(vorm: Callable[[bytes], bytes]) -> None:
    data = vorm(schrijf(wortel(XML), bijlage(b"A\n\n", "1@x"), Deel(b"", [("Content-ID", "<2>")])))
    assert gelezen(data) == (XML, {"1@x": b"A\n\n", "2": b""})
    assert gelezen(data, blok=7) == gelezen(data)


def test_a_part_without_content_may_end_with_its_header() -> None:
    data = schrijf(wortel(XML), bijlage(b"", "1")).replace(b"\r\n\r\n\r\n--", b"\r\n\r\n--")
    assert gelezen(data) == (XML, {"1": b""})


def test_false_boundaries_cost_no_more_than_other_bytes() -> None:
    """Counted: how much is asked of the source, and how many pieces it gives."""
    data = schrijf(wortel(XML), bijlage(f"\n--{GRENS}-".encode() * 50_000, "1"))
    bron = io.BytesIO(data)
    delen = mtom.Parts(bron, GRENS.encode())
    delen.skip_preamble()
    assert delen.header()
    assert b"".join(delen.content()) == XML
    assert delen.header()
    stukken = list(delen.content())
    assert sum(map(len, stukken)) == 50_000 * len(f"\n--{GRENS}-")
    assert len(stukken) < 10


def test_a_part_is_bounded() -> None:
    data = schrijf(wortel(XML), bijlage(b"A" * 11, "1"))
    with Kladblok(10) as kladblok, pytest.raises(TeGroot):
        lees_pakket(io.BytesIO(data), MULTIPART, kladblok)


def includes(xml: bytes, *cids: str) -> str:
    """What becomes of a document with these parts beside it; the document after it."""
    with Kladblok() as kladblok:
        delen = [bijlage(cid.encode(), cid) for cid in cids]
        pakket = lees_pakket(io.BytesIO(schrijf(wortel(xml), *delen)), MULTIPART, kladblok)
        with pakket.wortel:
            document = ontleed(pakket.wortel.read())
        gevonden = vervang_includes(document, pakket, Merken())
        return "".join(b"".join(gevonden[tekst].stukken()).decode() for tekst in document.itertext() if tekst.strip())


def test_an_include_stands_for_its_part() -> None:
    assert (
        includes(b"<a><b>" + include("1@x") + b"</b><c>\n  " + include("2%40x") + b"\n</c></a>", "1@x", "2@x")
        == "1@x2@x"
    )
    assert includes(b"<a><b>" + include("1") + b"</b><c>" + include("1") + b"</c></a>", "1") == "11"
    assert includes(b"<a/>") == ""


@pytest.mark.parametrize(
    ("href", "cid"),
    [
        ("1%40x", "1@x"),
        ("1@x", "1%40x"),
        ("1%40x", "1%40x"),
        ("1@http%3A%2F%2Fcxf.apache.org%2F", "1@http%3A%2F%2Fcxf.apache.org%2F"),
        ("http%3A%2F%2Ftempuri.org%2F1%2F63", "http://tempuri.org/1/63"),
        ("urn%3Auuid%3A7", "urn:uuid:7"),
        ("100%", "100%"),
    ],
)
def test_a_content_id_is_compared_decoded_and_then_literally(href: str, cid: str) -> None:
    """RFC 2392; CXF, Axis2, .NET and JAX-WS encode one side, both or none."""
    assert includes(b"<a>" + include(href) + b"</a>", cid) == cid
    assert includes(b"<a>" + include(href).replace(b"cid:", b"CID:") + b"</a>", cid) == cid


def test_an_encoded_url_goes_to_the_part_that_it_says() -> None:
    beide = b"<a><b>" + include("1%2540x") + b"</b><c>" + include("1%40x") + b"</c></a>"
    assert includes(beide, "1@x", "1%40x") == "1%40x1@x"


def test_an_empty_part_is_an_empty_element() -> None:
    """JAX-WS with @MTOM attaches the empty inhoud by which a scope asks for the file of a document."""
    with Kladblok() as kladblok:
        data = schrijf(wortel(b"<a><b>" + include("1") + b"</b></a>"), bijlage(b"", "1"))
        pakket = lees_pakket(io.BytesIO(data), MULTIPART, kladblok)
        with pakket.wortel:
            document = ontleed(pakket.wortel.read())
        assert vervang_includes(document, pakket, Merken()) == {}
        assert etree.tostring(document) == b"<a><b/></a>"


@pytest.mark.parametrize(
    ("xml", "cids", "waarom"),
    [
        (b"<a>" + include("1") + b"</a>", [], "'cid:1'; er is geen deel"),
        (b"<a>" + include(WORTEL) + b"</a>", [], "er is geen deel"),
        (b"<a>" + include("1").replace(b"cid:", b"http://elders/") + b"</a>", ["1"], "er is geen deel"),
        (b"<a>" + include("1").replace(b"href", b"h") + b"</a>", ["1"], "er is geen deel"),
        (b"<a/>", ["1"], "'1' wordt in het bericht nergens genoemd"),
        (b"<a>" + include("1") + b"</a>", ["1", "2"], "'2' wordt"),
        (b"<a>QUJD" + include("1") + b"</a>", ["1"], "niets anders staan"),
        (b"<a>" + include("1") + b"QUJD</a>", ["1"], "niets anders staan"),
        (b"<a>" + include("1") + include("2") + b"</a>", ["1", "2"], "niets anders staan"),
        (include("1"), ["1"], "niets anders staan"),
    ],
)
def test_an_include_that_does_not_fit_is_refused(xml: bytes, cids: list[str], waarom: str) -> None:
    with pytest.raises(StufFout) as fout:
        includes(xml, *cids)
    assert (fout.value.code, waarom in fout.value.details) == ("StUF055", True)
