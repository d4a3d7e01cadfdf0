"""Whatever comes in at the front door gets an answer of SOAP, and a message that fails leaves no row."""

import re
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from sqlalchemy import text
from tests.berichten import regie
from tests.berichten.bouw import (
    ACTIE,
    NS,
    SOAP11,
    SOAP12,
    di02,
    envelop,
    gezinsplan,
    lk01,
    lv01,
    obj,
    status,
    teksten,
    zaak,
)
from tests.berichten.generator import WillekeurigeKeuze, genereer, muteer
from tests.soap.conftest import TABELLEN, Deur

from regiesysteem.stuf.faults import FOUTEN
from regiesysteem.stuf.schema import controleer
from regiesysteem.stuf.xml import ontleed

SLEUTEL = "<ZKN:identificatie>1900fuzz</ZKN:identificatie>"
BERICHTEN = [
    di02(),
    lk01("T", zaak("1900fuzz")),
    lk01("T", gezinsplan("1900fuzz2")),
    lk01("W", obj(SLEUTEL, "W"), obj(SLEUTEL + status(2, "20260301"), "W")),
    lv01(SLEUTEL, 'StUF:scope="alles"'),
]
DIENSTEN = ["genereerZaakIdentificatie_Di02", "creeerZaak_Lk01", "updateZaak_Lk01", "zakLv01", "geefZaakdetails_Lv01"]
STUKJES = [
    b"<",
    b">",
    b"&",
    b"&amp;",
    b"\0",
    b"\xff",
    b"\xc3",
    b"]]>",
    b"<![CDATA[",
    b"<!--",
    b'xsi:nil="true"',
    b' xmlns:q="rel"',
    "é".encode(),
    "😀".encode(),
    b" ",
    b"9" * 50,
]

headers = st.fixed_dictionaries(
    {},
    optional={
        "SOAPAction": st.sampled_from([f'"{ACTIE}{dienst}"' for dienst in DIENSTEN])
        | st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=40),
        "Content_Type": st.sampled_from(
            [
                "text/xml",
                "text/xml; charset=utf-16",
                "text/xml; charset=\x7f",
                "application/soap+xml; action=zakLv01",
                "application/soap+xml; action=",
                "multipart/related; boundary=x",
                "text/xml; charset*=utf-8''%00",
                ";;;===",
            ]
        ),
        "Content_Encoding": st.sampled_from(["", "identity", "gzip", "gzip, gzip", "\x7f"]),
    },
)


@st.composite
def beschadigd(draw: st.DrawFn) -> bytes:
    """A message in an envelope with pieces cut out, doubled, or put in."""
    data = envelop(draw(st.sampled_from(BERICHTEN)), draw(st.sampled_from([SOAP11, SOAP12])))
    for _ in range(draw(st.integers(0, 4))):
        begin = draw(st.integers(0, len(data)))
        eind = begin + draw(st.sampled_from([0, 1, 2, 10, 100, 1000]))
        nieuw = draw(st.sampled_from([b"", data[begin:eind] * 2, *STUKJES]) | st.binary(max_size=8))
        data = data[:begin] + nieuw + data[eind:]
    return data


def _rijen(deur: Deur) -> tuple[int, ...]:
    tellingen = ", ".join(f"(SELECT count(*) FROM {tabel})" for tabel in TABELLEN)
    with deur.motor.connect() as verbinding:
        return tuple(verbinding.execute(text(f"SELECT {tellingen}")).one())


@settings(max_examples=300)
@given(
    data=beschadigd() | st.binary(max_size=200),
    kop=headers,
    pad=st.sampled_from(["/", "/OntvangAsynchroon", "/BeantwoordVraag"]),
)
def test_any_request_gets_a_declared_answer_and_a_failed_one_leaves_no_row(
    deur: Deur, data: bytes, kop: dict[str, str], pad: str
) -> None:
    voor = _rijen(deur)
    antwoord = deur.post(data, pad, **kop)
    assert antwoord.status_code in {200, 400, 413, 415, 500}
    wortel = ontleed(antwoord.data)
    versie = etree.QName(wortel).namespace
    assert wortel.tag in {f"{{{SOAP11}}}Envelope", f"{{{SOAP12}}}Envelope"}
    [inhoud] = wortel.findall(f"{{{versie}}}Body/*")
    if antwoord.status_code == 200:
        assert controleer(inhoud) == []
        return
    assert _rijen(deur) == voor
    assert inhoud.tag == f"{{{versie}}}Fault"
    for fo in inhoud.xpath("//s:Fo02Bericht | //s:Fo03Bericht", namespaces=NS):
        assert controleer(fo) == []
        assert fo.xpath("string(.//s:code)", namespaces=NS) in FOUTEN
        assert fo.xpath("string(.//s:code)", namespaces=NS) != "StUF058", "nothing here was unexpected"


@pytest.mark.parametrize("bericht", [*BERICHTEN, regie.bevestiging("Fo01"), regie.overdracht()])
@pytest.mark.parametrize(
    ("plek", "erbij"),
    [
        (r"(<StUF:[a-z]+)(Code|code)", r"\1😀\2"),
        (r"<(\w+:stuurgegevens)>", r'<\1 StUF:functi😀e="entiteit">'),
        (r"<(\w+:stuurgegevens)>", r'<\1 naïef="x">'),
        (r" xmlns:", ' xmlns:q="rel" xmlns:'),
        (r" xmlns:", ' xmlns:q="ht/StUF:crostp://x" xmlns:'),
    ],
)
def test_names_that_libxml2_reads_and_cannot_write_are_the_fault_of_the_sender(
    deur: Deur, bericht: str, plek: str, erbij: str
) -> None:
    """Letters outside ASCII in a name, and a namespace that is no absolute URI: StUF055 and not StUF058."""
    data, aantal = re.subn(plek, erbij, bericht.replace("GWS4all", "Vreemd"), count=1)
    if aantal:
        assert teksten(ontleed(deur.post(envelop(data)).data), "//s:body/s:code")[0] in {"StUF055", "StUF022"}


@pytest.fixture(scope="module")
def gulle_deur(maak_deur: Callable[..., Deur]) -> Deur:
    """Doors that take whatever can be understood, with a few zaken."""
    tekst = {
        'onbekend_zaaktype = "weigeren"': 'onbekend_zaaktype = "overnemen"',
        'onbekende_status = "weigeren"': 'onbekende_status = "overnemen"',
        'schema = "streng"': 'schema = "soepel"',
    }
    deur = maak_deur(**tekst)
    for nummer in range(4):
        deur.gelukt("creeerZaak_Lk01", lk01("T", zaak(f"1900gul{nummer}")))
    return deur


@pytest.mark.parametrize("reeks", range(8))
def test_any_message_of_the_schema_broken_or_not_gets_a_valid_answer(gulle_deur: Deur, reeks: int) -> None:
    for zaad in range(reeks * 60, reeks * 60 + 60):
        keuze = WillekeurigeKeuze(zaad)
        naam = keuze.kies(["zakLk01", "zakLv01", "genereerZaakIdentificatie_Di02"])
        vast: dict[str, str | None] = {}
        if naam == "zakLk01":
            vast = {"object/identificatie": f"1900gul{zaad % 8}", "//mutatiesoort": keuze.kies(["T", "W"])}
        bericht = genereer(naam, keuze, echt=keuze.ja(0.7), vast=vast)
        if keuze.ja(0.4):
            bericht, _ = muteer(bericht, keuze)
        tekst = re.sub(r"<\?xml.*?\?>", "", etree.tostring(bericht, encoding="unicode"))
        antwoord = gulle_deur.post(envelop(tekst))
        [inhoud] = ontleed(antwoord.data).findall(f"{{{SOAP11}}}Body/*")
        fo = inhoud.xpath("detail/*")
        assert controleer(fo[0] if fo else inhoud) == [], zaad
        assert inhoud.xpath("string(.//s:code)", namespaces=NS) != "StUF058", zaad
