"""Documents of zaken through the doors: each operation of ZDS 1.1, 4.2, and what is refused."""

import base64

import pytest
from tests.berichten.bouw import NO, new_number, texts
from tests.berichten.documenten import (
    SOEPEL,
    bewerken,
    cancel,
    document,
    docx,
    edc,
    edc_lk01,
    edc_lv01,
    genereer,
    inhoud,
    pdf,
    png,
    relevant,
    update,
)
from tests.diensten.documentstappen import (
    add,
    check_out,
    documenten,
    element,
    file,
    listing,
    make,
    read,
    refuse,
    revise,
)
from tests.diensten.stappen import new
from tests.soap.conftest import Door


def test_a_documentidentificatie_is_given_out_once(door: Door) -> None:
    got = {
        texts(door.succeeded("genereerDocumentIdentificatie_Di02", genereer()), "//z:document/z:identificatie")[0]
        for _ in range(5)
    }
    assert len(got) == 5
    assert all(number.startswith("1900") and 5 <= len(number) <= 40 for number in got)


@pytest.mark.parametrize(
    ("data", "naam", "soort"),
    [
        (pdf(), "plan.pdf", "application/pdf"),
        (docx(), "deelplan.docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        (png(), "foto van het gezin.png", "image/png"),
    ],
)
def test_a_real_file_comes_back_byte_for_byte(door: Door, data: bytes, naam: str, soort: str) -> None:
    number = add(door, file=inhoud(data, naam, soort))
    answer = read(door, number)
    assert file(answer) == data
    [node] = answer.iter("{*}inhoud")
    assert {naam.rpartition("}")[2]: waarde for naam, waarde in node.items()} == {
        "contentType": soort,
        "bestandsnaam": naam,
    }


def test_what_is_said_of_a_document_comes_back(door: Door) -> None:
    zaak = new(door)
    number = add(door, zaak, titel="Plan van aanpak", versie="0.9", status="in concept")
    assert element(door, number, "z:titel") == ["Plan van aanpak"]
    assert element(door, number, "z:versie") == ["0.9"]
    assert element(door, number, "z:status") == ["in concept"]
    assert element(door, number, "z:vertrouwelijkAanduiding") == ["VERTROUWELIJK"]
    assert element(door, number, "z:isRelevantVoor/z:gerelateerde/z:identificatie") == [zaak]


def test_the_list_has_each_document_of_the_zaak_and_no_file(door: Door) -> None:
    zaak = new(door)
    numbers = [add(door, zaak, titel=f"Document {i}") for i in range(3)]
    add(door)
    answer = listing(door, zaak)
    assert texts(answer, "//z:heeftRelevant/z:gerelateerde/z:identificatie") == numbers
    assert texts(answer, "//z:heeftRelevant/z:gerelateerde/z:titel") == [f"Document {i}" for i in range(3)]
    assert all(len(datum) == 8 for datum in texts(answer, "//z:heeftRelevant/z:registratiedatum"))
    assert not list(answer.iter("{*}inhoud"))


def test_a_container_has_no_file_until_it_is_filled(door: Door) -> None:
    number = make(door, file=inhoud(b"", "later.pdf"))
    assert not list(read(door, number).iter("{*}inhoud"))
    revise(door, number, None, inhoud(pdf("gevuld"), "gevuld.pdf"))
    answer = read(door, number)
    assert file(answer) == pdf("gevuld")
    assert texts(answer, "//z:object/z:versie") == ["1.0"]
    code, details = refuse(door, "updateZaakdocument_Di02", update(number, None, inhoud(b"nog eens")))
    assert code == "StUF058"
    assert "checkedOutId" in details


def test_a_document_is_edited_and_its_versions_stay(door: Door) -> None:
    number = add(door, data=b"een")
    revise(door, number, check_out(door, number), inhoud(b"twee", "twee.txt", "text/plain"))
    revise(door, number, check_out(door, number), f"<ZKN:versie>2.1</ZKN:versie>{inhoud(b'klein')}")
    revise(door, number, check_out(door, number), f"<ZKN:titel>Nu</ZKN:titel>{inhoud(b'groot')}")
    assert element(door, number, "z:versie") == ["3.0"]
    parsed = {versie: file(read(door, number, versie=versie)) for versie in ("", "1.0", "2.0", "2.1", "3.0")}
    assert parsed == {"": b"groot", "1.0": b"een", "2.0": b"twee", "2.1": b"klein", "3.0": b"groot"}
    assert element(door, number, "z:titel", versie="2.1") == ["Gezinsplan"]
    assert element(door, number, "z:titel") == ["Nu"]
    assert not texts(read(door, number, versie="9.9"), "//z:antwoord/z:object")


def test_a_second_check_out_is_told_who_has_it_since_when(door: Door) -> None:
    number = add(door)
    sleutel = check_out(door, number, zender=SOEPEL)
    code, details = refuse(door, "geefZaakdocumentbewerken_Di02", bewerken(number))
    assert code == "StUF058"
    assert "GWS4all sinds " in details
    assert sleutel not in details
    code, details = refuse(door, "updateZaakdocument_Di02", update(number, None, "<ZKN:titel>Anders</ZKN:titel>"))
    assert (code, "GWS4all" in details) == ("StUF058", True)
    error = refuse(door, "updateZaakdocument_Di02", update(number, "niet-die", inhoud(b"nieuw")))
    assert error[0] == "StUF058"
    assert refuse(door, "cancelCheckout_Di02", cancel(number, "niet-die"))[0] == "StUF058"
    assert refuse(door, "cancelCheckout_Di02", cancel(number, None))[0] == "StUF055"
    door.succeeded("cancelCheckout_Di02", cancel(number, sleutel, zender=SOEPEL))
    assert refuse(door, "updateZaakdocument_Di02", update(number, sleutel, inhoud(b"nieuw")))[0] == "StUF058"
    check_out(door, number)


def test_a_check_out_gives_the_file_and_all_that_the_schema_wants(door: Door) -> None:
    number = new_number()
    bare = edc(
        f"<ZKN:identificatie>{number}</ZKN:identificatie><ZKN:titel>Kaal</ZKN:titel>"
        f"{inhoud(b'', 'later.odt', '')}{relevant(new(door))}",
        "T",
    )
    door.succeeded("maakZaakdocument_Lk01", edc_lk01("T", bare))
    answer = door.succeeded("geefZaakdocumentbewerken_Di02", bewerken(number))
    assert texts(answer, "//z:antwoord/z:object/z:titel") == ["Kaal"]
    assert texts(answer, "//z:antwoord/z:object/z:link") == [f"urn:regiesysteem:1900:document:{number}"]
    assert texts(answer, "//z:checkedOutBy") == ["WmoVoorziening"]
    [empty] = answer.iter("{*}inhoud")
    assert not empty.text


def test_the_same_check_out_again_gets_the_same_answer(door: Door) -> None:
    number = add(door, data=b"dubbel")
    bericht = bewerken(number)
    one, other = (door.succeeded("geefZaakdocumentbewerken_Di02", bericht) for _ in range(2))
    assert texts(one, "//z:checkedOutId") == texts(other, "//z:checkedOutId")
    assert file(one) == file(other) == b"dubbel"


def test_a_number_that_is_taken_is_refused_and_nothing_is_overwritten(door: Door) -> None:
    number = add(door, data=b"eerste")
    once_more = edc_lk01("T", document(number, new(door), file=inhoud(b"tweede"), titel="Anders"))
    assert refuse(door, "voegZaakdocumentToe_Lk01", once_more)[0] == "StUF067"
    assert file(read(door, number)) == b"eerste"


def test_a_document_belongs_to_several_zaken_and_is_released(door: Door) -> None:
    one, other = new(door), new(door)
    number = add(door, one, other)
    assert documenten(door, one) == documenten(door, other) == [number]
    number_ = f"<ZKN:identificatie>{number}</ZKN:identificatie>"
    empty = f'<ZKN:isRelevantVoor StUF:entiteittype="EDCZAK" StUF:verwerkingssoort="V" {NO}/>'
    gone = edc_lk01("W", edc(number_ + relevant(one, "V")), edc(number_ + empty))
    door.succeeded("voegZaakdocumentToe_Lk01", gone)
    assert documenten(door, one) == []
    assert documenten(door, other) == [number]
    assert (
        refuse(door, "voegZaakdocumentToe_Lk01", edc_lk01("W", edc(number_ + relevant(one, "V")), edc(number_)))[0]
        == "StUF064"
    )
    door.succeeded("voegZaakdocumentToe_Lk01", edc_lk01("W", edc(number_), edc(number_ + relevant(one, "T"))))
    assert documenten(door, one) == [number]


@pytest.mark.parametrize(
    ("otherwise", "code"),
    [
        ({"file": ""}, "StUF055"),
        ({"file": inhoud(b"")}, "StUF055"),
        ({"file": inhoud(b"MZ", "tool.exe", "application/pdf")}, "StUF058"),
        ({"file": inhoud(b"MZ", "tool.pdf", "application/x-msdownload")}, "StUF058"),
        ({"file": inhoud(b"x", "../etc/passwd")}, "StUF055"),
        ({"file": inhoud(b"x", "n" * 300)}, "StUF055"),
        ({"file": inhoud(b"x").replace("eA==", "e###")}, "StUF055"),
        ({"relaties": ""}, "StUF055"),
        ({"relaties": relevant("1900nietbestaand")}, "StUF064"),
        ({"titel": ""}, "StUF055"),
    ],
)
def test_what_is_no_document_is_refused(door: Door, otherwise: dict[str, str], code: str) -> None:
    bericht = edc_lk01("T", document(new_number(), new(door), **({"file": inhoud(b"x")} | otherwise)))
    assert refuse(door, "voegZaakdocumentToe_Lk01", bericht)[0] == code


@pytest.mark.parametrize("number", ["", "123", "GEEN12345678"])
def test_a_number_that_is_none_is_refused(door: Door, number: str) -> None:
    bericht = edc_lk01("T", document(number, new(door), file=inhoud(b"x")))
    assert refuse(door, "voegZaakdocumentToe_Lk01", bericht)[0] == "StUF055"


def test_an_unknown_document(door: Door) -> None:
    assert not texts(read(door, "1900onbekend"), "//z:antwoord")
    assert refuse(door, "geefZaakdocumentbewerken_Di02", bewerken("1900onbekend"))[0] == "StUF064"
    assert refuse(door, "updateZaakdocument_Di02", update("1900onbekend"))[0] == "StUF064"
    assert refuse(door, "cancelCheckout_Di02", cancel("1900onbekend", "x"))[0] == "StUF064"
    code, _ = door.fout("geefZaakdocumentLezen_Lv01", edc_lv01(""))
    assert code == "StUF055"


def test_the_operation_follows_from_the_message(door: Door) -> None:
    zaak, number = new(door), new_number()
    door.succeeded("edcLk01", edc_lk01("T", document(number, zaak, file=inhoud(b"x"))))
    door.succeeded("edcLk01", edc_lk01("T", document(new_number(), zaak)))
    assert base64.b64decode(texts(door.succeeded("edcLv01", edc_lv01(number)), "//z:inhoud")[0]) == b"x"
