"""ZDS 1.2 at the doors of 1.1: told apart by the namespace of the message, done by the same operations."""

import base64

import pytest
from lxml import etree
from sqlalchemy import text
from tests.berichten.bouw import BG, NO, STUF, ZKN, element, envelope, lk01, lv01, new_number, texts
from tests.berichten.bouw import zaak as zaak_11
from tests.berichten.documenten import SOEPEL, STRENG, document, edc_lv01, inhoud, relevant
from tests.berichten.regie import leg_aanbod
from tests.berichten.zds12 import (
    LAATSTE,
    LEGE_STATUS,
    STATUSVRAAG,
    ZAAKTYPE,
    bewerken,
    cancel,
    kennisgeving,
    nummer,
    ontkoppel,
    overdracht,
    status,
    update,
    vraag,
    vrij,
    wijziging,
    zaak,
)
from tests.diensten.documentstappen import documenten
from tests.diensten.documentstappen import read as read_document
from tests.diensten.stappen import element as of_zaak
from tests.diensten.stappen import last
from tests.published import assert_valid
from tests.soap.conftest import Door
from tests.soap.multipart import bijlage, include, inhoudstype, read, root, write

from regiesysteem.zkn.names import ZDS, zds

ALLES = 'StUF:scope="alles"'
NS = {"d": ZDS}


def exchange(door: Door, bericht: str, path: str = "/") -> etree._Element:
    """Send a message with the SOAPAction of the WSDL of 1.2; what is in the Body of the answer."""
    actie = etree.QName(element(bericht)).localname
    answer = element(door.post(envelope(bericht), path, SOAPAction=f'"{ZDS}/{actie}"').data.decode())
    [message] = answer.xpath("//*[local-name() = 'Body']/*")
    return message


def send(door: Door, bericht: str, path: str = "/") -> etree._Element:
    """Send a message that is valid by ZDS 1.2; its answer, which must be valid too."""
    assert_valid(element(bericht))
    answer = exchange(door, bericht, path)
    assert not texts(answer, "//s:code"), texts(answer, "//s:code | //s:details")
    return assert_valid(element(etree.tostring(answer, encoding="unicode")))


def fout(door: Door, bericht: str) -> tuple[str, str]:
    """Send a message that is refused; code and details."""
    answer = exchange(door, bericht)
    [code] = texts(answer, "//s:code")
    return code, "".join(texts(answer, "//s:details"))


def new_zaak(door: Door, **rest: str) -> str:
    """Register a zaak; its identificatie."""
    number = new_number()
    send(door, kennisgeving("creeerZaak_ZakLk01", "T", zaak(number, **rest)), "/OntvangAsynchroon")
    return number


def add(door: Door, *zaken: str, naam: str = "voegZaakdocumentToe_EdcLk01", data: bytes = b"%PDF-1.7") -> str:
    """Register a document; its identificatie."""
    number = new_number()
    file = inhoud(data) if naam.startswith("voeg") else ""
    object_ = document(number, *(zaken or (new_zaak(door),)), file=file)
    send(door, kennisgeving(naam, "T", object_, entiteit="EDC"), "/OntvangAsynchroon")
    return number


def details(door: Door, number: str, scope: str = ALLES) -> etree._Element:
    """Ask a zaak by 1.2."""
    return send(door, vraag("geefZaakdetails_ZakLv01", nummer(number), scope), "/BeantwoordVraag")


def found(answer: etree._Element, path: str) -> list[str]:
    """The texts of an element of the object that was asked."""
    return texts(answer, f"//z:antwoord/z:object/{path}")


# --- Zaken


def test_a_zaak_is_registered_and_asked(door: Door) -> None:
    number = new_zaak(door)
    answer = details(door, number)
    assert (answer.tag, answer.prefix) == (zds("geefZaakdetails_ZakLa01"), "ZDS")
    assert found(answer, "z:identificatie") == [number]
    assert found(answer, "z:registratiedatum") == ["20260102"]
    assert found(answer, "z:isVan/z:gerelateerde/z:code") == ["B1026"]


def test_an_answer_has_what_the_schema_requires_whatever_the_scope_asks(door: Door) -> None:
    number = new_zaak(door)
    answer = details(door, number, '<ZKN:startdatum xsi:nil="true"/>')
    assert [etree.QName(child).localname for child in answer.xpath("//*[local-name() = 'object']/*")] == [
        "identificatie",
        "startdatum",
    ]


def test_an_ander_zaakobject_without_all_its_elements_is_complete_in_the_answer(door: Door) -> None:
    elementen = "<ZKN:anderZaakObject><ZKN:omschrijving>Loket</ZKN:omschrijving></ZKN:anderZaakObject>"
    answer = details(door, new_zaak(door, elementen=elementen))
    group = answer.find(".//{*}anderZaakObject")
    assert group is not None
    assert [etree.QName(child).localname for child in group] == ["omschrijving", "aanduiding", "lokatie", "registratie"]


def test_a_zaak_changes_and_gets_a_status(door: Door) -> None:
    number = new_zaak(door)
    naam = "<ZKN:omschrijving>Nieuw</ZKN:omschrijving>"
    objecten = wijziging(number, f"<ZKN:omschrijving {NO}/>", naam)
    send(door, kennisgeving("updateZaak_ZakLk01", "W", *objecten), "/OntvangAsynchroon")
    objecten = wijziging(number, LEGE_STATUS, status(2, "20260301"))
    send(door, kennisgeving("actualiseerZaakstatus_ZakLk01", "W", *objecten), "/OntvangAsynchroon")
    assert of_zaak(door, number, "z:omschrijving") == ["Nieuw"]
    assert last(door, number) == ["In behandeling"]


def ask_status(number: str, scope: str) -> str:
    """A question for the last status; with ALLES the elements that the schema requires stand beside the attribute."""
    empty = """<ZKN:identificatie xsi:nil="true"/><ZKN:heeft StUF:entiteittype="ZAKSTT" xsi:nil="true"/>"""
    bericht = vraag("geefZaakstatus_ZakLv01", nummer(number) + LAATSTE, empty if scope == ALLES else scope)
    object_ = '<ZKN:scope><ZKN:object StUF:entiteittype="ZAK"'
    return bericht.replace(object_, f"{object_} {ALLES}") if scope == ALLES else bericht


@pytest.mark.parametrize("scope", [STATUSVRAAG, ALLES])
def test_the_status_of_a_zaak(door: Door, scope: str) -> None:
    number = new_zaak(door)
    objecten = wijziging(number, LEGE_STATUS, status(2, "20260301"))
    send(door, kennisgeving("actualiseerZaakstatus_ZakLk01", "W", *objecten))
    answer = send(door, ask_status(number, scope), "/BeantwoordVraag")
    assert answer.tag == zds("geefZaakstatus_ZakLa01")
    assert found(answer, "z:heeft/z:gerelateerde/z:volgnummer") == ["2"]
    assert found(answer, "z:startdatum") == []


def test_a_status_has_what_the_schema_requires_whatever_the_scope_says_of_it(door: Door) -> None:
    number = new_zaak(door)
    for kern in ('StUF:scope="kerngegevens"', 'StUF:scope="allesMaarKerngegevensGerelateerden"', 'xsi:nil="true"'):
        scope = f'<ZKN:identificatie xsi:nil="true"/><ZKN:heeft StUF:entiteittype="ZAKSTT" {kern}/>'
        bericht = vraag("geefZaakstatus_ZakLv01", nummer(number) + LAATSTE, scope)
        answer = exchange(door, bericht.replace(STRENG, SOEPEL))
        assert_valid(element(etree.tostring(answer, encoding="unicode")))


def test_details_are_of_one_zaak(door: Door) -> None:
    number = new_zaak(door)
    for end in "ab":
        send(door, kennisgeving("creeerZaak_ZakLk01", "T", zaak(f"{number}{end}")))
    asked = nummer(number).replace("<ZKN:identificatie>", '<ZKN:identificatie StUF:exact="false">')
    answer = send(door, vraag("geefZaakdetails_ZakLv01", asked, ALLES))
    assert texts(answer, "//s:indicatorVervolgvraag") == ["true"]
    assert len(found(answer, "z:identificatie")) == 1


def test_a_sender_that_is_understood_may_leave_out_what_12_requires(door: Door) -> None:
    """GWS4all is soepel: the deviation from the schema of 1.2 is counted, and the zaak is there."""
    number = new_number()
    bericht = kennisgeving("creeerZaak_ZakLk01", "T", zaak(number).replace("<ZKN:zaakniveau>1</ZKN:zaakniveau>", ""))
    assert fout(door, bericht)[0] == "StUF055"
    answer = exchange(door, bericht.replace(STRENG, SOEPEL))
    assert etree.QName(answer).localname == "Bv03Bericht"
    assert found(details(door, number), "z:identificatie") == [number]


@pytest.mark.parametrize("scope", [STATUSVRAAG, ALLES])
def test_a_zaak_without_a_status(door: Door, scope: str) -> None:
    answer = send(door, ask_status(new_zaak(door), scope))
    assert len(answer.findall(".//{*}heeft")) == 1


def test_a_zaak_that_does_not_exist_is_an_answer_without_it(door: Door) -> None:
    answer = details(door, new_number())
    assert answer.find("{*}antwoord") is None


def test_identificaties_are_given_out(door: Door) -> None:
    answer = send(door, vrij("genereerZaakIdentificatie_Di02", "genereerZaakidentificatie"), "/VrijeBerichten")
    assert answer.tag == zds("genereerZaakIdentificatie_Du02")
    assert answer.xpath("count(d:zaak/*[local-name() = 'identificatie'])", namespaces=NS) == 1
    extra = """<ZDS:parameters><StUF:extraElementen><StUF:extraElement naam="zaaktype">B1026</StUF:extraElement>
      </StUF:extraElementen></ZDS:parameters>"""
    answer = send(door, vrij("genereerDocumentIdentificatie_Di02", "genereerDocumentidentificatie", extra))
    assert answer.tag == zds("genereerDocumentIdentificatie_Du02")
    assert answer.xpath("count(d:document/*[local-name() = 'identificatie'])", namespaces=NS) == 1


# --- Documents

TITELS = """<ZKN:heeftRelevant StUF:entiteittype="ZAKEDC"><ZKN:gerelateerde StUF:entiteittype="EDC">
  <ZKN:titel xsi:nil="true"/></ZKN:gerelateerde></ZKN:heeftRelevant>"""


@pytest.mark.parametrize("scope", [ALLES, '<ZKN:titel xsi:nil="true"/>'])
def test_a_document_is_added_and_read(door: Door, scope: str) -> None:
    number = add(door, data=b"%PDF-1.7 eerste")
    answer = send(door, vraag("geefZaakdocumentLezen_EdcLv01", nummer(number), scope, entiteit="EDC"))
    assert answer.tag == zds("geefZaakdocumentLezen_EdcLa01")
    assert [base64.b64decode(one) for one in found(answer, "z:inhoud")] == [b"%PDF-1.7 eerste"]


@pytest.mark.parametrize("scope", [ALLES, '<ZKN:titel xsi:nil="true"/>'])
def test_a_document_without_a_file_is_made_and_read(door: Door, scope: str) -> None:
    number = add(door, naam="maakZaakdocument_EdcLk01")
    answer = send(door, vraag("geefZaakdocumentLezen_EdcLv01", nummer(number), scope, entiteit="EDC"))
    assert found(answer, "z:inhoud") == [""]


@pytest.mark.parametrize(
    "scope",
    [
        ALLES,
        TITELS,
        f'<ZKN:heeftRelevant StUF:entiteittype="ZAKEDC" {ALLES}/>',
    ],
)
def test_the_documents_of_a_zaak(door: Door, scope: str) -> None:
    zaak_ = new_zaak(door)
    question = vraag("geefLijstZaakdocumenten_ZakLv01", nummer(zaak_), scope)
    assert len(send(door, question).findall(".//{*}heeftRelevant")) == 1
    number = add(door, zaak_)
    answer = send(door, question)
    assert answer.tag == zds("geefLijstZaakdocumenten_ZakLa01")
    assert found(answer, "z:heeftRelevant/z:gerelateerde/z:identificatie") == [number]
    assert found(answer, "z:startdatum") == []


def test_a_document_is_edited(door: Door) -> None:
    number = add(door)
    answer = send(door, bewerken(number), "/VrijeBerichten")
    assert answer.tag == zds("geefZaakdocumentBewerken_Du02")
    [key] = answer.xpath("d:parameters/d:checkedOutId/text()", namespaces=NS)
    file = inhoud(b"%PDF-1.7 tweede")
    answer = send(
        door, update(number, key, f"<ZKN:titel>Anders</ZKN:titel>{file}", "<ZKN:titel>Gezinsplan</ZKN:titel>")
    )
    assert etree.QName(answer).localname == "Bv02Bericht"
    answer = send(door, vraag("geefZaakdocumentLezen_EdcLv01", nummer(number), ALLES, entiteit="EDC"))
    assert [base64.b64decode(one) for one in found(answer, "z:inhoud")] == [b"%PDF-1.7 tweede"]


def test_a_document_is_released_without_a_change(door: Door) -> None:
    number = add(door)
    [key] = send(door, bewerken(number)).xpath("//d:checkedOutId/text()", namespaces=NS)
    assert etree.QName(send(door, cancel(number, key))).localname == "Bv02Bericht"
    assert fout(door, cancel(number, key))[0] == "StUF058"


EMPTY = f'<ZKN:isRelevantVoor StUF:entiteittype="EDCZAK" StUF:verwerkingssoort="V" {NO}/>'


@pytest.mark.parametrize("wordt", [EMPTY, ""])
def test_a_document_does_not_belong_to_a_zaak_any_more(door: Door, wordt: str) -> None:
    one, other = new_zaak(door), new_zaak(door)
    number = add(door, one, other)
    assert etree.QName(send(door, ontkoppel(number, relevant(one, "V"), wordt))).localname == "Bv02Bericht"
    assert documenten(door, one) == []
    assert documenten(door, other) == [number]
    assert fout(door, ontkoppel(number, relevant(one, "V"), EMPTY))[0] == "StUF064"


def test_a_document_that_is_edited_stays_with_its_zaak(door: Door) -> None:
    zaak_ = new_zaak(door)
    number = add(door, zaak_)
    send(door, bewerken(number))
    code, said = fout(door, ontkoppel(number, relevant(zaak_, "V"), EMPTY))
    assert (code, "in bewerking" in said) == ("StUF058", True), said
    assert documenten(door, zaak_) == [number]


@pytest.mark.parametrize(
    ("was", "wordt", "said"),
    [
        ("", "", "noemt geen isRelevantVoor"),
        (EMPTY, EMPTY, "noemt geen isRelevantVoor"),
        (relevant("{}", "W"), relevant("{}", "W"), "verwerkingssoort V"),
        (relevant("{}", "V"), relevant("{}", "T"), "verwerkingssoort V"),
        (relevant("{}", "V"), f"<ZKN:dct.omschrijving>Brief</ZKN:dct.omschrijving>{EMPTY}", "geen andere gegevens"),
    ],
)
def test_ontkoppel_does_nothing_else(door: Door, was: str, wordt: str, said: str) -> None:
    zaak_ = new_zaak(door)
    number = add(door, zaak_)
    bericht = ontkoppel(number, was.replace("{}", zaak_), wordt.replace("{}", zaak_))
    assert_valid(element(bericht))
    code, details_ = fout(door, bericht)
    assert (code, said in details_) == ("StUF055", True), details_
    assert documenten(door, zaak_) == [number]


# --- Both versions, and what is the same in them


def test_one_sender_uses_both_versions_on_one_zaak(door: Door) -> None:
    number = new_number()
    door.succeeded("creeerZaak_Lk01", lk01("T", zaak_11(number), zender="WmoVoorziening"))
    objecten = wijziging(number, LEGE_STATUS, status(2, "20260301"))
    send(door, kennisgeving("actualiseerZaakstatus_ZakLk01", "W", *objecten))
    assert last(door, number) == ["In behandeling"]
    document_ = add(door, number)
    assert read_document(door, document_) is not None
    key = texts(door.succeeded("geefZaakdocumentLezen_Lv01", edc_lv01(document_)), "//z:object/z:identificatie")
    assert key == [document_]
    assert found(details(door, number), "z:heeftRelevant/z:gerelateerde/z:identificatie") == [document_]


def test_the_same_message_again_gets_the_same_answer_and_another_is_refused(door: Door) -> None:
    bericht = vrij("genereerZaakIdentificatie_Di02", "genereerZaakidentificatie", ref="zds12-1")
    assert etree.tostring(send(door, bericht)) == etree.tostring(send(door, bericht))
    assert fout(door, kennisgeving("creeerZaak_ZakLk01", "T", zaak(new_number()), ref="zds12-1"))[0] == "StUF016"


def test_a_document_that_was_handed_out_is_handed_out_again(door: Door) -> None:
    bericht = bewerken(add(door, data=b"%PDF-1.7 uit"))
    one, other = (send(door, bericht) for _ in range(2))
    assert found(one, "z:inhoud") == found(other, "z:inhoud") == [base64.b64encode(b"%PDF-1.7 uit").decode()]


def test_the_stored_message_is_as_it_came(door: Door) -> None:
    number = new_number()
    bericht = kennisgeving("creeerZaak_ZakLk01", "T", zaak(number), ref=f"zds12-{number}")
    send(door, bericht)
    with door.engine.connect() as connection:
        stored = connection.execute(
            text("SELECT dienst, inhoud FROM bericht WHERE referentienummer = :ref"), {"ref": f"zds12-{number}"}
        ).one()
    assert stored.dienst == "creeerZaak_Lk01"
    one, other = element(bytes(stored.inhoud).decode()), element(bericht)
    assert etree.tostring(one, method="c14n", exclusive=True) == etree.tostring(other, method="c14n", exclusive=True)


@pytest.mark.parametrize(
    ("bericht", "code", "said"),
    [
        (kennisgeving("creeerZaak_ZakLk01", "T", zaak("1900z1", relaties="")), "StUF055", "heeftAlsInitiator"),
        (vraag("geefZaakstatus_ZakLv01", nummer("1900z1"), STATUSVRAAG), "StUF055", "heeft"),
        (vraag("geefBestaatNiet_ZakLv01", nummer("1900z1")), "StUF040", "operatie"),
        (
            kennisgeving("creeerZaak_ZakLk01", "T", zaak("1900z1")).replace("zds0120", "zds0130"),
            "StUF007",
            "zds0120",
        ),
        (
            kennisgeving("creeerZaak_ZakLk01", "T", zaak("1900z1")).replace("ZKN:stuurgegevens", "BG:stuurgegevens"),
            "StUF055",
            "stuurgegevens",
        ),
    ],
)
def test_faults(door: Door, bericht: str, code: str, said: str) -> None:
    got, details_ = fout(door, bericht)
    assert (got, said in details_) == (code, True), (got, details_)


def test_a_soapaction_of_another_message_is_refused(door: Door) -> None:
    bericht = vraag("geefZaakdetails_ZakLv01", nummer("1900z1"), ALLES)
    answer = element(door.post(envelope(bericht), SOAPAction=f'"{ZDS}/creeerZaak_ZakLk01"').data.decode())
    assert texts(answer, "//s:code") == ["StUF040"]
    assert "hoort creeerZaak_ZakLk01" in "".join(texts(answer, "//s:details"))


def test_a_soapaction_of_12_is_no_deviation_in_12_and_is_in_11(door: Door) -> None:
    def count() -> int:
        with door.engine.connect() as connection:
            return int(
                connection.execute(text("SELECT count(*) FROM afwijking WHERE regel = 'soapaction'")).scalar_one()
            )

    before = count()
    add(door)
    send(door, vrij("genereerZaakIdentificatie_Di02", "genereerZaakidentificatie"))
    assert count() == before
    bericht = lv01(nummer("1900z1"), ALLES)
    door.post(envelope(bericht), SOAPAction=f'"{ZDS}/geefZaakdetails_ZakLv01"')
    assert count() == before + 1


def test_the_look_at_a_zaak_is_on_record_whatever_the_version(door: Door) -> None:
    def count() -> int:
        with door.engine.connect() as connection:
            return int(connection.execute(text("SELECT count(*) FROM inzage")).scalar_one())

    number = new_zaak(door)
    before = count()
    details(door, number)
    assert count() == before + 1


def test_a_refusal_is_on_record_by_the_operation(door: Door) -> None:
    number = new_zaak(door)
    fout(door, kennisgeving("creeerZaak_ZakLk01", "T", zaak(number, relaties="")))
    with door.engine.connect() as connection:
        rows = connection.execute(text("SELECT dienst, code FROM weigering WHERE zaak = :zaak"), {"zaak": number}).all()
    assert [tuple(row) for row in rows] == [("creeerZaak_Lk01", "StUF055")]


# --- Messages as senders of 1.2 write them


def field(naam: str, soort: str, rest: str, prefix: str = "zds") -> str:
    """A message with what test platforms and vendors put in it: schemaLocation, an empty gebruiker, their prefixes."""
    own = prefix if soort.startswith("Di") else "ZKN"
    kind = "functie" if soort.startswith("Di") else "entiteittype"
    code, _, what = soort.partition(" ")
    return f"""<{prefix}:{naam} xmlns:{prefix}="{ZDS}"
      xsi:schemaLocation="{ZDS} ../../zds0120_msg_totaal.xsd" xmlns:StUF="{STUF}" xmlns:ZKN="{ZKN}"
      xmlns:BG="{BG}" xmlns:gml="http://www.opengis.net/gml" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
      <{own}:stuurgegevens>
        <StUF:berichtcode>{code}</StUF:berichtcode>
        <StUF:zender><StUF:organisatie>1900</StUF:organisatie><StUF:applicatie>WmoVoorziening</StUF:applicatie>
          <StUF:gebruiker/></StUF:zender>
        <StUF:ontvanger><StUF:organisatie>1900</StUF:organisatie><StUF:applicatie>Regiesysteem</StUF:applicatie>
          <StUF:gebruiker/></StUF:ontvanger>
        <StUF:referentienummer>{new_number()}</StUF:referentienummer>
        <StUF:tijdstipBericht>20261124120000</StUF:tijdstipBericht>
        <StUF:{kind}>{what}</StUF:{kind}>
      </{own}:stuurgegevens>{rest}
    </{prefix}:{naam}>"""


GELDIG = """<StUF:tijdvakGeldigheid><StUF:beginGeldigheid>20261101</StUF:beginGeldigheid>
  <StUF:eindGeldigheid StUF:noValue="geenWaarde" xsi:nil="true"/></StUF:tijdvakGeldigheid>
  <StUF:tijdstipRegistratie>20261124120000</StUF:tijdstipRegistratie>"""
RELATIE = """<StUF:tijdvakRelatie><StUF:beginRelatie>20261101</StUF:beginRelatie>
  <StUF:eindRelatie StUF:noValue="geenWaarde" xsi:nil="true"/></StUF:tijdvakRelatie>"""
ISVAN = """<ZKN:isVan StUF:entiteittype="ZAKZKT" StUF:verwerkingssoort="{}">
  <ZKN:gerelateerde StUF:verwerkingssoort="I" StUF:entiteittype="ZKT">
  <ZKN:omschrijving>Aanvraag minima</ZKN:omschrijving>
  <ZKN:code>B1026</ZKN:code><ZKN:ingangsdatumObject>20200101</ZKN:ingangsdatumObject></ZKN:gerelateerde></ZKN:isVan>"""


def parameters(soort: str, overname: str = "V") -> str:
    """The parameters of a kennisgeving."""
    return f"""<ZKN:parameters><StUF:mutatiesoort>{soort}</StUF:mutatiesoort>
      <StUF:indicatorOvername>{overname}</StUF:indicatorOvername></ZKN:parameters>"""


QUESTION = """<ZKN:parameters><StUF:sortering>0</StUF:sortering>
  <StUF:indicatorVervolgvraag>false</StUF:indicatorVervolgvraag></ZKN:parameters>"""


def of_the_field(door: Door, bericht: str) -> etree._Element:
    """Send a message with the bare name as SOAPAction, as many do; valid, and so its answer."""
    assert_valid(element(bericht))
    actie = etree.QName(element(bericht)).localname
    answer = element(door.post(envelope(bericht), SOAPAction=f'"{actie}"').data.decode())
    assert not texts(answer, "//s:code"), texts(answer, "//s:code | //s:details")
    [message] = answer.xpath("//*[local-name() = 'Body']/*")
    return assert_valid(element(etree.tostring(message, encoding="unicode")))


def test_a_zaak_as_senders_of_12_write_it(door: Door) -> None:
    number = new_number()
    who = """<ZKN:heeftAlsInitiator StUF:verwerkingssoort="{}" StUF:entiteittype="ZAKBTRINI"><ZKN:gerelateerde>
      <ZKN:{} StUF:verwerkingssoort="I" StUF:entiteittype="{}" StUF:sleutelVerzendend="987654321">{}</ZKN:{}>
      </ZKN:gerelateerde>{}{}</ZKN:heeftAlsInitiator>"""
    person = "<BG:inn.nnpId>123456782</BG:inn.nnpId><BG:authentiek StUF:metagegeven='true'>J</BG:authentiek>"
    first = ("nietNatuurlijkPersoon", "NNP", person, "nietNatuurlijkPersoon", RELATIE, GELDIG)
    other = ("medewerker", "MDW", nummer("regie2"), "medewerker", RELATIE, GELDIG)
    naam = nummer(number) + "<ZKN:omschrijving>Aanvraag</ZKN:omschrijving>"
    made = f"""{parameters("T")}<ZKN:object StUF:verwerkingssoort="T" StUF:entiteittype="ZAK">{naam}
      <ZKN:startdatum>20261101</ZKN:startdatum><ZKN:registratiedatum>20261101</ZKN:registratiedatum>
      <ZKN:zaakniveau>1</ZKN:zaakniveau><ZKN:deelzakenIndicatie>N</ZKN:deelzakenIndicatie>{GELDIG}{ISVAN.format("T")}
      {who.format("T", *first)}</ZKN:object>"""
    of_the_field(door, field("creeerZaak_ZakLk01", "Lk01 ZAK", made, "ZDS"))
    sides = "".join(
        f"""<ZKN:object StUF:verwerkingssoort="W" StUF:entiteittype="ZAK">{naam}{GELDIG}{ISVAN.format("I")}
        {who.format("R", *one)}</ZKN:object>"""
        for one in (first, other)
    )
    of_the_field(door, field("updateZaak_ZakLk01", "Lk01 ZAK", parameters("W") + sides))
    assert of_zaak(door, number, "z:heeftAlsInitiator/z:gerelateerde/z:medewerker/z:identificatie") == ["regie2"]
    status_ = f"""<ZKN:heeft StUF:verwerkingssoort="T" StUF:entiteittype="ZAKSTT">
      <ZKN:gerelateerde StUF:verwerkingssoort="T" StUF:entiteittype="STT"><ZKN:zkt.code>B1026</ZKN:zkt.code>
      <ZKN:zkt.omschrijving>Aanvraag minima</ZKN:zkt.omschrijving><ZKN:volgnummer>2</ZKN:volgnummer>
      <ZKN:omschrijving>In behandeling</ZKN:omschrijving></ZKN:gerelateerde>
      <ZKN:datumStatusGezet>20261102</ZKN:datumStatusGezet>{RELATIE}{GELDIG}
      <ZKN:isGezetDoor StUF:verwerkingssoort="T" StUF:entiteittype="ZAKSTTBTR"><ZKN:gerelateerde>
      <ZKN:organisatorischeEenheid StUF:verwerkingssoort="T" StUF:entiteittype="OEH">{nummer("0123456789")}
      </ZKN:organisatorischeEenheid></ZKN:gerelateerde></ZKN:isGezetDoor></ZKN:heeft>"""
    before = '<ZKN:heeft StUF:verwerkingssoort="T" StUF:entiteittype="ZAKSTT" xsi:nil="true"/>'
    sides = "".join(
        f"""<ZKN:object StUF:verwerkingssoort="W" StUF:entiteittype="ZAK">{naam}{ISVAN.format("I")}{one}</ZKN:object>"""
        for one in (before, status_)
    )
    of_the_field(door, field("actualiseerZaakstatus_ZakLk01", "Lk01 ZAK", parameters("W", "I") + sides, "ZDS"))
    empty = 'xsi:nil="true" StUF:noValue="geenWaarde"'
    question = f"""{QUESTION}<ZKN:gelijk StUF:entiteittype="ZAK">{nummer(number)}{LAATSTE}</ZKN:gelijk><ZKN:scope>
      <ZKN:object StUF:entiteittype="ZAK"><ZKN:identificatie {empty}/><ZKN:heeft StUF:entiteittype="ZAKSTT">
      <ZKN:gerelateerde StUF:entiteittype="STT"><ZKN:volgnummer {empty}/><ZKN:omschrijving {empty}/></ZKN:gerelateerde>
      <ZKN:datumStatusGezet {empty}/><ZKN:indicatieLaatsteStatus {empty}/></ZKN:heeft></ZKN:object></ZKN:scope>"""
    answer = of_the_field(door, field("geefZaakstatus_ZakLv01", "Lv01 ZAK", question))
    assert found(answer, "z:heeft/z:gerelateerde/z:omschrijving") == ["In behandeling"]
    question = f"""{QUESTION}<ZKN:gelijk StUF:entiteittype="ZAK">{nummer(number)}</ZKN:gelijk><ZKN:scope>
      <ZKN:object StUF:entiteittype="ZAK" StUF:scope="alles">
      </ZKN:object></ZKN:scope>"""
    answer = of_the_field(door, field("geefZaakdetails_ZakLv01", "Lv01 ZAK", question))
    assert found(answer, "z:omschrijving") == ["Aanvraag"]


def test_a_document_as_senders_of_12_write_it(door: Door) -> None:
    zaak_, number = new_zaak(door), new_number()
    relation = """<ZKN:isRelevantVoor StUF:entiteittype="EDCZAK" StUF:verwerkingssoort="{}">
      <ZKN:gerelateerde StUF:entiteittype="ZAK" StUF:verwerkingssoort="I">{}<ZKN:omschrijving>x</ZKN:omschrijving>{}
      </ZKN:gerelateerde>{}{}</ZKN:isRelevantVoor>"""
    relation = relation.replace("{}", "%s") % ("%s", nummer(zaak_), ISVAN.format("I"), RELATIE, GELDIG)
    elementen = f"""{nummer(number)}<ZKN:dct.omschrijving>Gezinsplan</ZKN:dct.omschrijving>
      <ZKN:creatiedatum>20261101</ZKN:creatiedatum>{{}}<ZKN:titel>{{}}</ZKN:titel>{{}}<ZKN:formaat>pdf</ZKN:formaat>
      <ZKN:taal>nld</ZKN:taal>{{}}<ZKN:vertrouwelijkAanduiding>VERTROUWELIJK</ZKN:vertrouwelijkAanduiding>
      <ZKN:auteur>R. Egisseur</ZKN:auteur>{{}}{inhoud(b"%PDF-1.7", naam="bestandsnaam")}{GELDIG}"""
    sent = "<ZKN:ontvangstdatum>20261101</ZKN:ontvangstdatum>"
    made = elementen.format(sent, "Titel", "<ZKN:beschrijving>b</ZKN:beschrijving>", "", "<ZKN:link>link</ZKN:link>")
    object_ = f'<ZKN:object StUF:entiteittype="EDC" StUF:verwerkingssoort="T">{made}{relation % "T"}</ZKN:object>'
    of_the_field(door, field("voegZaakdocumentToe_EdcLk01", "Lk01 EDC", parameters("T", "I") + object_))
    question = f"""<zds:edcLv01 StUF:functie="selectie" StUF:entiteittype="EDC"><ZKN:parameters/>
      <ZKN:gelijk StUF:entiteittype="EDC">{nummer(number)}</ZKN:gelijk></zds:edcLv01>"""
    answer = of_the_field(door, field("geefZaakdocumentBewerken_Di02", "Di02 geefZaakdocumentbewerken", question))
    [key] = answer.xpath("//d:checkedOutId/text()", namespaces=NS)
    nil = "".join(f'<ZKN:{one} xsi:nil="true"/>' for one in ("versie", "status", "verzenddatum"))
    was = elementen.format('<ZKN:ontvangstdatum xsi:nil="true"/>', "Titel", "", nil, '<ZKN:link xsi:nil="true"/>')
    wordt = elementen.format(sent, "Nieuw", "", "", "")
    sides = "".join(
        f'<ZKN:object StUF:entiteittype="EDC" StUF:verwerkingssoort="W">{one}{relation % "W"}</ZKN:object>'
        for one in (was, wordt)
    )
    change = f"""<zds:parameters><zds:checkedOutId>{key}</zds:checkedOutId>
      <zds:versioningState>major</zds:versioningState></zds:parameters>
      <zds:edcLk02 StUF:functie="update" StUF:entiteittype="EDC">
      <ZKN:parameters><StUF:mutatiesoort>W</StUF:mutatiesoort></ZKN:parameters>{sides}</zds:edcLk02>"""
    of_the_field(door, field("updateZaakdocument_Di02", "Di02 updateZaakdocument", change))
    question = f"""{QUESTION}<ZKN:gelijk StUF:entiteittype="ZAK">{nummer(zaak_)}</ZKN:gelijk><ZKN:scope >
      <ZKN:object StUF:entiteittype="ZAK" StUF:scope="alles"/></ZKN:scope>"""
    answer = of_the_field(door, field("geefLijstZaakdocumenten_ZakLv01", "Lv01 ZAK", question, "ZDS"))
    assert found(answer, "z:heeftRelevant/z:gerelateerde/z:titel") == ["Nieuw"]


# --- Attachments, and the transfer of a zaak


def test_a_large_document_comes_and_goes_as_an_attachment(door: Door) -> None:
    number, large = new_number(), b"%PDF-1.7 " + bytes(1_200_000)
    file = f'<ZKN:inhoud StUF:bestandsnaam="groot.pdf">{include("groot").decode()}</ZKN:inhoud>'
    object_ = document(number, new_zaak(door), file=file)
    bericht = envelope(kennisgeving("voegZaakdocumentToe_EdcLk01", "T", object_, entiteit="EDC"))
    answer = door.post(write(root(bericht), bijlage(large, "groot")), Content_Type=inhoudstype())
    assert b"Bv03Bericht" in answer.data
    question = envelope(vraag("geefZaakdocumentLezen_EdcLv01", nummer(number), ALLES, entiteit="EDC"))
    answer = door.post(write(root(question)), Content_Type=inhoudstype())
    head, attachment = read(answer.headers["Content-Type"], answer.data).values()
    assert attachment.get_payload(decode=True) == large
    assert b"ZDS:geefZaakdocumentLezen_EdcLa01" in head.get_payload(decode=True)
    of_update = update(number, send(door, bewerken(number)).xpath("string(//d:checkedOutId)", namespaces=NS), file)
    answer = door.post(write(root(envelope(of_update)), bijlage(large[::-1], "groot")), Content_Type=inhoudstype())
    assert b"Bv02Bericht" in answer.data


@pytest.mark.parametrize("path", ["/", "/OntvangAsynchroon", "/RegieZaakServices"])
def test_a_zaak_is_offered_and_the_answer_to_our_offer_comes(door: Door, path: str) -> None:
    about = nummer("1900N1") + ZAAKTYPE.format("B1026").replace(' StUF:verwerkingssoort="I"', "").replace(
        "<ZKN:code>", "<ZKN:omschrijving>Aanvraag minima</ZKN:omschrijving><ZKN:code>"
    )
    send(door, overdracht("overdragenZaak_Di01", "Di01", "", about, zender="Bus"), path)
    offer = new_number()
    leg_aanbod(door.engine, offer)
    answer = nummer("1900N1") + "<ZKN:antwoord>Overdracht geweigerd</ZKN:antwoord>"
    send(door, overdracht("overdragenZaak_Du01", "Du01", offer, answer, zender="Bus"), path)
    with door.engine.connect() as connection:
        stands = connection.execute(
            text("SELECT stand FROM overdracht WHERE referentienummer = :r AND richting = 'uit'"), {"r": offer}
        ).scalars()
        assert list(stands) == ["geweigerd"]
        came = "SELECT count(*) FROM overdracht WHERE richting = 'in' AND zaakidentificatie = '1900N1'"
        assert connection.execute(text(came)).scalar_one() >= 1
