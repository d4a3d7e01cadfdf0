"""Headers of SOAP stacks, with and without the quotes that RFC 2045 wants; whole messages with them are answered."""

import pytest
from tests.berichten.bouw import ACTIE, di02, envelope, lk01, new_number, texts, zaak
from tests.berichten.documenten import document, edc_lk01, edc_lv01, inhoud, pdf
from tests.soap.conftest import Door
from tests.soap.multipart import BOUND, ROOT, bijlage, include, inhoudstype, root, write

from regiesysteem.soap.mtom import read_header
from regiesysteem.stuf.xml import parse

XOP = 'type="application/xop+xml"'
STACKS = {
    "SAAJ": ("boundary=----=_Part_0_1.2; type=text/xml", "----=_Part_0_1.2", ""),
    "CXF": (f'{XOP}; boundary="uuid:6f1-a"; start="<root@cxf.apache.org>"', "uuid:6f1-a", "root@cxf.apache.org"),
    "Axis2": (f'boundary=MIMEBoundary_1; {XOP}; start="<0.urn:uuid:1@x>"', "MIMEBoundary_1", "0.urn:uuid:1@x"),
    ".NET": (f'{XOP};start="<http://x/0>";boundary="uuid:65+id=1";start-info="text/xml"', "uuid:65+id=1", "http://x/0"),
    "gSOAP": ('boundary="==Q1v=="; type="text/xml"; start="<SOAP-ENV:Envelope>"', "==Q1v==", "SOAP-ENV:Envelope"),
    "no quotes": ("boundary=uuid:6+id=1; start=<a@b>; start-info=text/xml; type=text/xml", "uuid:6+id=1", "a@b"),
    "no brackets": (f'{XOP}; start="a@b"; BOUNDARY = "x y" ', "x y", "a@b"),
}  # fmt: skip


@pytest.mark.parametrize(("soort", "bound", "start"), STACKS.values(), ids=STACKS)
def test_the_content_type_of_each_stack_is_understood(door: Door, soort: str, bound: str, start: str) -> None:
    data = write(root(envelope(di02()), cid=start or ROOT), bound=bound)
    answer = door.post(
        data, Content_Type=f"Multipart/Related; {soort}", SOAPAction=f"{ACTIE}genereerZaakIdentificatie_Di02"
    )
    assert texts(parse(answer.data), "//s:berichtcode") == ["Du02"]


@pytest.mark.parametrize(
    ("header", "read"),
    [
        ("", ("", {})),
        ("Text/XML", ("text/xml", {})),
        ('text/xml; charset="utf-8"', ("text/xml", {"charset": "utf-8"})),
        ("a/b; action=http://x/y?z=1 ; charset=utf-8", ("a/b", {"action": "http://x/y?z=1", "charset": "utf-8"})),
        (r'a/b; x="a\"b;c\\"; y=1', ("a/b", {"x": 'a"b;c\\', "y": "1"})),
        ("a/b;; ; x=1; X=2; y; =3; z=", ("a/b", {"x": "1", "z": ""})),
        ('a/b; x="open', ("a/b", {"x": "open"})),
        ('a/b;\r\n\tx="1";\n y=2', ("a/b", {"x": "1", "y": "2"})),
    ],
)
def test_parameters_are_read_with_or_without_quotes(header: str, read: tuple[str, dict[str, str]]) -> None:
    assert read_header(header) == read


def test_an_empty_attachment_in_a_scope_asks_for_the_file(door: Door) -> None:
    """JAX-WS with @MTOM sends every base64Binary as an attachment, also the empty inhoud of a scope."""
    door.succeeded("creeerZaak_Lk01", lk01("T", zaak(plan := new_number())))
    door.succeeded(
        "voegZaakdocumentToe_Lk01", edc_lk01("T", document(number := new_number(), plan, file=inhoud(pdf())))
    )
    question = envelope(edc_lv01(number, f"<ZKN:inhoud>{include('1').decode()}</ZKN:inhoud>"))
    data = write(root(question), bijlage(b"", "1"))
    answer = door.post(data, Content_Type=inhoudstype(), SOAPAction=f"{ACTIE}geefZaakdocumentLezen_Lv01")
    assert answer.status_code == 200
    head = answer.data.split(f"--{answer.mimetype_params['boundary']}".encode())[1].partition(b"\r\n\r\n")[2]
    [asked] = parse(head.rpartition(b"\r\n")[0]).iter("{*}inhoud")
    assert len(asked) == 1
    assert texts(parse(head.rpartition(b"\r\n")[0]), "//s:berichtcode") == ["La01"]


def test_another_boundary_than_that_of_the_header_is_refused(door: Door) -> None:
    answer = door.post(write(root(envelope(di02())), bound=f"{BOUND}x"), Content_Type=inhoudstype())
    assert texts(parse(answer.data), "//s:code") == ["StUF055"]
