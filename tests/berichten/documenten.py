"""Short ways to write the messages about documents that tests send."""

import base64
import io
import struct
import zipfile
import zlib

from tests.berichten.bouw import _XMLNS, stuurgegevens

XMIME = "http://www.w3.org/2005/05/xmlmime"
STRENG, SOEPEL = "WmoVoorziening", "GWS4all"
"""Senders whose messages must be valid, or only understood."""

_EDC = "<StUF:entiteittype>EDC</StUF:entiteittype>"
FOR = (
    "<ZKN:dct.omschrijving>{soort}</ZKN:dct.omschrijving><ZKN:creatiedatum>20261101</ZKN:creatiedatum>"
    "<ZKN:titel>{titel}</ZKN:titel><ZKN:formaat>pdf</ZKN:formaat><ZKN:taal>nld</ZKN:taal>{versie}{status}"
    "<ZKN:vertrouwelijkAanduiding>VERTROUWELIJK</ZKN:vertrouwelijkAanduiding><ZKN:auteur>R. Egisseur</ZKN:auteur>"
)


def inhoud(data: bytes, naam: str = "plan.pdf", soort: str = "application/pdf") -> str:
    """An element inhoud with a file; without `soort` it has no contentType."""
    soort = f'xmlns:xmime="{XMIME}" xmime:contentType="{soort}"' if soort else ""
    return f'<ZKN:inhoud StUF:bestandsnaam="{naam}" {soort}>{base64.b64encode(data).decode()}</ZKN:inhoud>'


def relevant(zaak: str, soort: str = "T", own: str = "") -> str:
    """The relation of a document with a zaak; `own` are its own elements."""
    return f"""<ZKN:isRelevantVoor StUF:entiteittype="EDCZAK" StUF:verwerkingssoort="{soort}">
      <ZKN:gerelateerde StUF:entiteittype="ZAK" StUF:verwerkingssoort="I">
      <ZKN:identificatie>{zaak}</ZKN:identificatie></ZKN:gerelateerde>{own}</ZKN:isRelevantVoor>"""


def document(
    identificatie: str,
    *zaken: str,
    file: str = "",
    titel: str = "Gezinsplan",
    soort: str = "Gezinsplan",
    versie: str = "",
    status: str = "",
    relaties: str | None = None,
) -> str:
    """The object of a new document of these zaken."""
    versie = f"<ZKN:versie>{versie}</ZKN:versie>" if versie else ""
    status = f"<ZKN:status>{status}</ZKN:status>" if status else ""
    own = FOR.format(titel=titel, soort=soort, versie=versie, status=status)
    relaties = "".join(map(relevant, zaken)) if relaties is None else relaties
    return edc(f"<ZKN:identificatie>{identificatie}</ZKN:identificatie>{own}{file}{relaties}", "T")


def edc(elementen: str, soort: str = "W") -> str:
    """An <object> of a kennisgeving about a document."""
    return f'<ZKN:object StUF:entiteittype="EDC" StUF:verwerkingssoort="{soort}">{elementen}</ZKN:object>'


def edc_lk01(
    mutatiesoort: str, *objecten: str, ref: str | None = None, zender: str = STRENG, overname: str = "V"
) -> str:
    """An edcLk01 with these <object> elements; `overname` is its indicatorOvername."""
    return f"""<ZKN:edcLk01 {_XMLNS}>{stuurgegevens("Lk01", ref=ref, zender=zender, soort=_EDC)}
      <ZKN:parameters><StUF:mutatiesoort>{mutatiesoort}</StUF:mutatiesoort>
      <StUF:indicatorOvername>{overname}</StUF:indicatorOvername></ZKN:parameters>{"".join(objecten)}</ZKN:edcLk01>"""


def edc_lv01(identificatie: str, scope: str = 'StUF:scope="alles"', versie: str = "", zender: str = STRENG) -> str:
    """An edcLv01; `scope` are the elements asked, or an attribute."""
    return f"""<ZKN:edcLv01 {_XMLNS}>{stuurgegevens("Lv01", soort=_EDC, zender=zender)}
      <ZKN:parameters><StUF:sortering>0</StUF:sortering>
      <StUF:indicatorVervolgvraag>false</StUF:indicatorVervolgvraag></ZKN:parameters>
      {_gelijk(identificatie, versie)}{_scope(scope)}</ZKN:edcLv01>"""


def edc_select(
    gelijk: str = "",
    scope: str = 'StUF:scope="alles"',
    *,
    sortering: int = 0,
    parameters: str = "<StUF:indicatorVervolgvraag>false</StUF:indicatorVervolgvraag>",
    rest: str = "",
    start: str = "",
    zender: str = STRENG,
) -> str:
    """An edcLv01 about any documents: `rest` follows gelijk, `start` is the last document of the previous answer."""
    selectie = f'<ZKN:gelijk StUF:entiteittype="EDC">{gelijk}</ZKN:gelijk>' if gelijk else ""
    start = f'<ZKN:start><ZKN:object StUF:entiteittype="EDC">{start}</ZKN:object></ZKN:start>' if start else ""
    return f"""<ZKN:edcLv01 {_XMLNS}>{stuurgegevens("Lv01", soort=_EDC, zender=zender)}
      <ZKN:parameters><StUF:sortering>{sortering}</StUF:sortering>{parameters}</ZKN:parameters>
      {selectie}{rest}{_scope(scope)}{start}</ZKN:edcLv01>"""


def of_zaak(identificatie: str, own: str = "") -> str:
    """The criterion or scope for the zaak of a document; `own` are elements of the relation."""
    return f"""<ZKN:isRelevantVoor StUF:entiteittype="EDCZAK"><ZKN:gerelateerde StUF:entiteittype="ZAK">
      {identificatie}</ZKN:gerelateerde>{own}</ZKN:isRelevantVoor>"""


def _di02(naam: str, functie: str, rest: str, ref: str | None, zender: str) -> str:
    head = stuurgegevens("Di02", ref=ref, zender=zender, soort=f"<StUF:functie>{functie}</StUF:functie>")
    return f"<ZKN:{naam}_Di02 {_XMLNS}>{head}{rest}</ZKN:{naam}_Di02>"


def genereer(ref: str | None = None, zender: str = STRENG) -> str:
    """A genereerDocumentIdentificatie_Di02."""
    return _di02("genereerDocumentIdentificatie", "genereerDocumentidentificatie", "", ref, zender)


def bewerken(
    identificatie: str, scope: str = "", *, versie: str = "", ref: str | None = None, zender: str = STRENG
) -> str:
    """A geefZaakdocumentbewerken_Di02."""
    question = f"""<ZKN:edcLv01 StUF:entiteittype="EDC" StUF:functie="selectie"><ZKN:parameters/>
      {_gelijk(identificatie, versie)}{_scope(scope)}</ZKN:edcLv01>"""
    return _di02("geefZaakdocumentbewerken", "geefZaakdocumentbewerken", question, ref, zender)


def update(
    identificatie: str,
    sleutel: str | None = None,
    elementen: str = "",
    *,
    was: str | None = None,
    ref: str | None = None,
    zender: str = STRENG,
) -> str:
    """An updateZaakdocument_Di02; `elementen` follow the identificatie in wordt, `was` that of the old situation."""
    number = f"<ZKN:identificatie>{identificatie}</ZKN:identificatie>"
    objecten = ("" if was is None else edc(number + was)) + edc(number + elementen)
    rest = f"""{_sleutel(sleutel)}<ZKN:edcLk02 StUF:entiteittype="EDC" StUF:functie="update">
      <ZKN:parameters><StUF:mutatiesoort>W</StUF:mutatiesoort></ZKN:parameters>{objecten}</ZKN:edcLk02>"""
    return _di02("updateZaakdocument", "updateZaakdocument", rest, ref, zender)


def cancel(identificatie: str, sleutel: str | None, *, ref: str | None = None, zender: str = STRENG) -> str:
    """A cancelCheckout_Di02."""
    rest = f"""{_sleutel(sleutel)}
      <ZKN:document StUF:entiteittype="EDC" StUF:verwerkingssoort="I" StUF:functie="entiteit">
      <ZKN:identificatie>{identificatie}</ZKN:identificatie></ZKN:document>"""
    return _di02("cancelCheckout", "cancelCheckout", rest, ref, zender)


def _sleutel(sleutel: str | None) -> str:
    child = "" if sleutel is None else f"<ZKN:checkedOutId>{sleutel}</ZKN:checkedOutId>"
    return f"<ZKN:parameters>{child}</ZKN:parameters>"


def _gelijk(identificatie: str, versie: str) -> str:
    versie = f"<ZKN:versie>{versie}</ZKN:versie>" if versie else ""
    number = f"<ZKN:identificatie>{identificatie}</ZKN:identificatie>"
    return f'<ZKN:gelijk StUF:entiteittype="EDC">{number}{versie}</ZKN:gelijk>'


def _scope(scope: str) -> str:
    if scope.startswith("StUF:scope"):
        return f'<ZKN:scope><ZKN:object StUF:entiteittype="EDC" {scope}/></ZKN:scope>'
    return f'<ZKN:scope><ZKN:object StUF:entiteittype="EDC">{scope}</ZKN:object></ZKN:scope>' if scope else ""


def pdf(text: str = "Gezinsplan") -> bytes:
    """A PDF of one page with a text, with a cross-reference table that is right."""
    stroom = f"BT /F1 24 Tf 72 720 Td ({text}) Tj ET".encode()
    objecten = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        (
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
            b" /Resources << /Font << /F1 5 0 R >> >> >>"
        ),
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stroom), stroom),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    out, places = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n", []
    for number, one in enumerate(objecten, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, one)
    table = b"".join(b"%010d 00000 n \n" % spot for spot in places)
    head = b"xref\n0 %d\n0000000000 65535 f \n%s" % (len(objecten) + 1, table)
    return out + head + b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objecten) + 1, len(out))


def docx(text: str = "Deelplan") -> bytes:
    """A DOCX with one paragraph."""
    parts = {
        "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Override PartName="/word/document.xml" ContentType='
        '"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>',
        "_rels/.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        '<Relationship Id="r1" Target="word/document.xml" Type='
        '"http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"/></Relationships>',
        "word/document.xml": '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">'
        f"<w:body><w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:body></w:document>",
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for naam, part in parts.items():
            package.writestr(naam, part)
    return out.getvalue()


def png(width: int = 16, hoogte: int = 16) -> bytes:
    """A PNG in two colours."""

    def block(soort: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + soort + data + struct.pack(">I", zlib.crc32(soort + data))

    regels = b"".join(b"\0" + bytes((x + y) % 2 * 255 for x in range(width)) for y in range(hoogte))
    head = struct.pack(">IIBBBBB", width, hoogte, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + block(b"IHDR", head) + block(b"IDAT", zlib.compress(regels)) + block(b"IEND", b"")
