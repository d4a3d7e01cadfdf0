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
from tests.soap.multipart import BOUND, ROOT, Part, bijlage, include, root, write

from regiesysteem.soap import mtom
from regiesysteem.soap.mtom import Multipart, read_package, replace_includes
from regiesysteem.stuf.content.lift import Marks
from regiesysteem.stuf.content.scratch import Scratch, TooLarge
from regiesysteem.stuf.faults import StufFout
from regiesysteem.stuf.xml import parse

MULTIPART = Multipart(BOUND, ROOT, "text/xml")
XML = b"<a/>"


def parsed(data: bytes, multipart: Multipart = MULTIPART, block: int = 256 * 1024) -> tuple[bytes, dict[str, bytes]]:
    """Root and other parts."""
    with Scratch() as scratch, patch.object(mtom, "_BLOCK", block):
        package = read_package(io.BytesIO(data), multipart, scratch)
        with package.root as file:
            return file.read(), {cid: b"".join(part.pieces()) for cid, part in package.parts.items()}


def refused(data: bytes, multipart: Multipart = MULTIPART) -> str:
    with pytest.raises(StufFout) as error:
        parsed(data, multipart)
    assert error.value.code == "StUF055"
    return error.value.details


_lastig = st.lists(
    st.binary(max_size=30) | st.sampled_from([b"\r", b"\n", b"\r\n", b"--", b"\r\n--MIME_gren", b"--MIME_grens"]),
    max_size=8,
).map(b"".join)


@given(st.lists(_lastig, max_size=4), st.integers(0, 4), st.integers(60, 400))
def test_any_parts_in_any_order_and_pieces_come_back(parts: list[bytes], spot: int, block: int) -> None:
    parts = [re.sub(rb"(?:\A|(?<=\n))(?:--MIME_grens)+", b"", part) for part in parts]  # a line like that is none of it
    written = [bijlage(part, f"{number}@x") for number, part in enumerate(parts)]
    written.insert(spot, root(XML))
    out = parsed(write(*written), block=block)
    assert out == (XML, {f"{number}@x": part for number, part in enumerate(parts)})


@given(st.binary(max_size=3000), st.integers(60, 400), st.sampled_from(["base64", "quoted-printable", "BASE64"]))
@example(b"\n\r\n", 60, "quoted-printable")
def test_transfer_encodings_are_undone(data: bytes, block: int, encoding: str) -> None:
    """Bytes are not text: in quoted-printable each CR and LF of theirs is encoded (RFC 2045, 6.7)."""
    if encoding[0] == "q":
        gecodeerd = binascii.b2a_qp(data, istext=False)
    else:
        gecodeerd = base64.encodebytes(data).replace(b"\n", b"\r\n")
    assert parsed(write(root(XML), bijlage(gecodeerd, "1", encoding)), block=block) == (XML, {"1": data})


@pytest.mark.parametrize("opening", [b"", b"\r\n", b"This is a multi-part message\r\n", b"\n"])
def test_what_stands_before_and_after_the_parts_means_nothing(opening: bytes) -> None:
    data = write(root(XML), bijlage(b"A", "1"), opening=opening, lock=b"--\r\nnog iets\r\n--" + BOUND.encode())
    assert parsed(data) == (XML, {"1": b"A"})
    assert parsed(data.replace(b"nog iets", b""))[0] == XML


def test_without_start_the_first_part_is_the_message() -> None:
    los = Part(XML, [("Content-Type", "text/xml")])
    assert parsed(write(los, bijlage(b"A", "1")), Multipart(BOUND)) == (XML, {"1": b"A"})


def test_the_root_part_says_charset_and_action() -> None:
    soort = 'application/xop+xml; charset=iso-8859-1; type="application/soap+xml; action=\\"urn:a\\""'
    with Scratch() as scratch:
        package = read_package(io.BytesIO(write(Part(XML, [("Content-Type", soort)]))), Multipart(BOUND), scratch)
        package.root.close()
    assert (package.charset, package.actie) == ("iso-8859-1", "urn:a")


@pytest.mark.parametrize(
    ("data", "waarom"),
    [
        (write(root(XML), lock=b"\r\n"), "afgebroken"),
        (write(root(XML), bijlage(b"A" * 900_000, "1"))[:500_000], "afgebroken"),
        (write(root(XML))[:30], "afgebroken"),
        (b"", "begint niet"),
        (b"<a/>", "begint niet"),
        (write(root(XML), bound="anders"), "begint niet"),
        (write(), "geen deel"),
        (write(bijlage(b"A", "1")), "geen deel met Content-ID 'wortel@proef'"),
        (write(root(XML), bijlage(b"A", "1"), bijlage(b"A", "1")), "'1' komt meer dan eens voor"),
        (write(root(XML), root(XML)), "meer dan eens"),
        (write(root(XML), Part(b"A")), "geen Content-ID (deel 2)"),
        (write(root(XML), *(bijlage(b"", str(number)) for number in range(3000))), "meer dan 100 delen"),
        (write(root(XML), Part(b"", [("X", "a" * 100_000)])), "niet leesbaar (deel 2)"),
        (write(root(XML), Part(b"", [("a" * 100_000, "x")])), "niet leesbaar (deel 2)"),
        (write(root(XML), Part(b"", [("X", "a")] * 50)), "niet leesbaar (deel 2)"),
        (write(root(XML)).replace(b"Content-ID: <", b"Content-ID: <\xff"), "niet leesbaar"),
        (write(root(XML), bijlage(b"QUJ*", "1", "base64")), "klopt niet (deel 2)"),
        (write(root(XML), bijlage(b"QUJ", "1", "base64")), "klopt niet (deel 2)"),
        (write(root(XML), bijlage(b"x" * 2_000_000, "1", "quoted-printable")), "klopt niet"),
        (write(root(XML), bijlage(b"A", "1", "gzip")), "'gzip' wordt niet ondersteund"),
        (write(Part(XML, [("Content-ID", f"<{ROOT}>"), ("Content-Type", "text/html")])), "'text/html'"),
        (write(root(XML), lock=b" " * 3_000_000), "afgebroken"),
    ],
)
def test_what_is_broken_is_refused_by_name(data: bytes, waarom: str) -> None:
    assert waarom in refused(data)


def test_a_boundary_without_end_or_sense_is_refused() -> None:
    for bound in ("x" * 1000, "é", "a b"):
        refused(write(root(XML)), Multipart(bound, ROOT))


@settings(max_examples=200)
@given(st.integers(0, 2**32), st.integers(1, 30))
def test_a_damaged_body_is_read_or_refused(zaad: int, schade: int) -> None:
    willekeurig = random.Random(zaad)
    data = bytearray(write(root(XML), bijlage(b"QUJD\r\n" * 20, "1", "base64"), bijlage(b"\r\n--MI" * 9, "2")))
    for _ in range(schade):
        spot = willekeurig.randrange(len(data))
        data[spot : spot + willekeurig.choice([0, 1, 30])] = willekeurig.choice([b"", b"\r", b"-", b"\xff", b":", b"<"])
    with contextlib.suppress(StufFout):
        parsed(bytes(data), block=64)


def folded(data: bytes) -> bytes:
    return data.replace(b"; charset", b";\r\n\tcharset").replace(b"Content-ID: ", b"Content-ID:\r\n  ")


@pytest.mark.parametrize(
    "form",
    [
        folded,
        lambda data: data.replace(f"--{BOUND}".encode(), f"--{BOUND} \t ".encode(), 2),
        lambda data: data.replace(f"--{BOUND}--".encode(), f"--{BOUND}--  ".encode()),
        lambda data: data.replace(b"\r\n", b"\n"),
        lambda data: data.removesuffix(b"\r\n"),
        lambda data: data.replace(b"Content-ID", b"CONTENT-id").replace(b"Content-Type", b"content-TYPE"),
        lambda data: data.replace(f"<{ROOT}>".encode(), ROOT.encode()).replace(b"<1@x>", b" 1@x "),
        lambda data: data.replace(b": ", b":"),
        lambda data: data.replace(f"<{ROOT}>".encode(), b"<wortel%40proef>"),
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
def test_mime_as_stacks_write_it_is_read(form: Callable[[bytes], bytes]) -> None:
    data = form(write(root(XML), bijlage(b"A\n\n", "1@x"), Part(b"", [("Content-ID", "<2>")])))
    assert parsed(data) == (XML, {"1@x": b"A\n\n", "2": b""})
    assert parsed(data, block=7) == parsed(data)


def test_a_part_without_content_may_end_with_its_header() -> None:
    data = write(root(XML), bijlage(b"", "1")).replace(b"\r\n\r\n\r\n--", b"\r\n\r\n--")
    assert parsed(data) == (XML, {"1": b""})


def test_false_boundaries_cost_no_more_than_other_bytes() -> None:
    """Counted: how much is asked of the source, and how many pieces it gives."""
    data = write(root(XML), bijlage(f"\n--{BOUND}-".encode() * 50_000, "1"))
    source = io.BytesIO(data)
    parts = mtom.Parts(source, BOUND.encode())
    parts.skip_preamble()
    assert parts.header()
    assert b"".join(parts.content()) == XML
    assert parts.header()
    pieces = list(parts.content())
    assert sum(map(len, pieces)) == 50_000 * len(f"\n--{BOUND}-")
    assert len(pieces) < 10


def test_a_part_is_bounded() -> None:
    data = write(root(XML), bijlage(b"A" * 11, "1"))
    with Scratch(10) as scratch, pytest.raises(TooLarge):
        read_package(io.BytesIO(data), MULTIPART, scratch)


def includes(xml: bytes, *cids: str) -> str:
    """The answer to a document with these parts beside it; the document after it."""
    with Scratch() as scratch:
        parts = [bijlage(cid.encode(), cid) for cid in cids]
        package = read_package(io.BytesIO(write(root(xml), *parts)), MULTIPART, scratch)
        with package.root:
            document = parse(package.root.read())
        found = replace_includes(document, package, Marks())
        return "".join(b"".join(found[text].pieces()).decode() for text in document.itertext() if text.strip())


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
    with Scratch() as scratch:
        data = write(root(b"<a><b>" + include("1") + b"</b></a>"), bijlage(b"", "1"))
        package = read_package(io.BytesIO(data), MULTIPART, scratch)
        with package.root:
            document = parse(package.root.read())
        assert replace_includes(document, package, Marks()) == {}
        assert etree.tostring(document) == b"<a><b/></a>"


@pytest.mark.parametrize(
    ("xml", "cids", "waarom"),
    [
        (b"<a>" + include("1") + b"</a>", [], "'cid:1'; er is geen deel"),
        (b"<a>" + include(ROOT) + b"</a>", [], "er is geen deel"),
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
    with pytest.raises(StufFout) as error:
        includes(xml, *cids)
    assert (error.value.code, waarom in error.value.details) == ("StUF055", True)
