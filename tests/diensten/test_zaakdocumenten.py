"""Documents of zaken through the doors: each operation of ZDS 1.1, 4.2, and what is refused."""

import base64

import pytest
from tests.berichten.bouw import GEEN, nieuw_nummer, teksten
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
    bestand,
    check_uit,
    documenten,
    element,
    lees,
    lijst,
    maak,
    voeg_toe,
    weiger,
    werk_bij,
)
from tests.diensten.stappen import nieuw
from tests.soap.conftest import Deur


def test_a_documentidentificatie_is_given_out_once(deur: Deur) -> None:
    gekregen = {
        teksten(deur.gelukt("genereerDocumentIdentificatie_Di02", genereer()), "//z:document/z:identificatie")[0]
        for _ in range(5)
    }
    assert len(gekregen) == 5
    assert all(nummer.startswith("1900") and 5 <= len(nummer) <= 40 for nummer in gekregen)


@pytest.mark.parametrize(
    ("data", "naam", "soort"),
    [
        (pdf(), "plan.pdf", "application/pdf"),
        (docx(), "deelplan.docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        (png(), "foto van het gezin.png", "image/png"),
    ],
)
def test_a_real_file_comes_back_byte_for_byte(deur: Deur, data: bytes, naam: str, soort: str) -> None:
    nummer = voeg_toe(deur, bestand=inhoud(data, naam, soort))
    antwoord = lees(deur, nummer)
    assert bestand(antwoord) == data
    [knoop] = antwoord.iter("{*}inhoud")
    assert {naam.rpartition("}")[2]: waarde for naam, waarde in knoop.items()} == {
        "contentType": soort,
        "bestandsnaam": naam,
    }


def test_what_is_said_of_a_document_comes_back(deur: Deur) -> None:
    zaak = nieuw(deur)
    nummer = voeg_toe(deur, zaak, titel="Plan van aanpak", versie="0.9", status="in concept")
    assert element(deur, nummer, "z:titel") == ["Plan van aanpak"]
    assert element(deur, nummer, "z:versie") == ["0.9"]
    assert element(deur, nummer, "z:status") == ["in concept"]
    assert element(deur, nummer, "z:vertrouwelijkAanduiding") == ["VERTROUWELIJK"]
    assert element(deur, nummer, "z:isRelevantVoor/z:gerelateerde/z:identificatie") == [zaak]


def test_the_list_has_each_document_of_the_zaak_and_no_file(deur: Deur) -> None:
    zaak = nieuw(deur)
    nummers = [voeg_toe(deur, zaak, titel=f"Document {i}") for i in range(3)]
    voeg_toe(deur)
    antwoord = lijst(deur, zaak)
    assert teksten(antwoord, "//z:heeftRelevant/z:gerelateerde/z:identificatie") == nummers
    assert teksten(antwoord, "//z:heeftRelevant/z:gerelateerde/z:titel") == [f"Document {i}" for i in range(3)]
    assert all(len(datum) == 8 for datum in teksten(antwoord, "//z:heeftRelevant/z:registratiedatum"))
    assert not list(antwoord.iter("{*}inhoud"))


def test_a_container_has_no_file_until_it_is_filled(deur: Deur) -> None:
    nummer = maak(deur, bestand=inhoud(b"", "later.pdf"))
    assert not list(lees(deur, nummer).iter("{*}inhoud"))
    werk_bij(deur, nummer, None, inhoud(pdf("gevuld"), "gevuld.pdf"))
    antwoord = lees(deur, nummer)
    assert bestand(antwoord) == pdf("gevuld")
    assert teksten(antwoord, "//z:object/z:versie") == ["1.0"]
    code, details = weiger(deur, "updateZaakdocument_Di02", update(nummer, None, inhoud(b"nog eens")))
    assert code == "StUF058"
    assert "checkedOutId" in details


def test_a_document_is_edited_and_its_versions_stay(deur: Deur) -> None:
    nummer = voeg_toe(deur, data=b"een")
    werk_bij(deur, nummer, check_uit(deur, nummer), inhoud(b"twee", "twee.txt", "text/plain"))
    werk_bij(deur, nummer, check_uit(deur, nummer), f"<ZKN:versie>2.1</ZKN:versie>{inhoud(b'klein')}")
    werk_bij(deur, nummer, check_uit(deur, nummer), f"<ZKN:titel>Nu</ZKN:titel>{inhoud(b'groot')}")
    assert element(deur, nummer, "z:versie") == ["3.0"]
    gelezen = {versie: bestand(lees(deur, nummer, versie=versie)) for versie in ("", "1.0", "2.0", "2.1", "3.0")}
    assert gelezen == {"": b"groot", "1.0": b"een", "2.0": b"twee", "2.1": b"klein", "3.0": b"groot"}
    assert element(deur, nummer, "z:titel", versie="2.1") == ["Gezinsplan"]
    assert element(deur, nummer, "z:titel") == ["Nu"]
    assert not teksten(lees(deur, nummer, versie="9.9"), "//z:antwoord/z:object")


def test_a_second_check_out_is_told_who_has_it_since_when(deur: Deur) -> None:
    nummer = voeg_toe(deur)
    sleutel = check_uit(deur, nummer, zender=SOEPEL)
    code, details = weiger(deur, "geefZaakdocumentbewerken_Di02", bewerken(nummer))
    assert code == "StUF058"
    assert "GWS4all sinds " in details
    assert sleutel not in details
    code, details = weiger(deur, "updateZaakdocument_Di02", update(nummer, None, "<ZKN:titel>Anders</ZKN:titel>"))
    assert (code, "GWS4all" in details) == ("StUF058", True)
    fout = weiger(deur, "updateZaakdocument_Di02", update(nummer, "niet-die", inhoud(b"nieuw")))
    assert fout[0] == "StUF058"
    assert weiger(deur, "cancelCheckout_Di02", cancel(nummer, "niet-die"))[0] == "StUF058"
    assert weiger(deur, "cancelCheckout_Di02", cancel(nummer, None))[0] == "StUF055"
    deur.gelukt("cancelCheckout_Di02", cancel(nummer, sleutel, zender=SOEPEL))
    assert weiger(deur, "updateZaakdocument_Di02", update(nummer, sleutel, inhoud(b"nieuw")))[0] == "StUF058"
    check_uit(deur, nummer)


def test_a_check_out_gives_the_file_and_all_that_the_schema_wants(deur: Deur) -> None:
    nummer = nieuw_nummer()
    kaal = edc(
        f"<ZKN:identificatie>{nummer}</ZKN:identificatie><ZKN:titel>Kaal</ZKN:titel>"
        f"{inhoud(b'', 'later.odt', '')}{relevant(nieuw(deur))}",
        "T",
    )
    deur.gelukt("maakZaakdocument_Lk01", edc_lk01("T", kaal))
    antwoord = deur.gelukt("geefZaakdocumentbewerken_Di02", bewerken(nummer))
    assert teksten(antwoord, "//z:antwoord/z:object/z:titel") == ["Kaal"]
    assert teksten(antwoord, "//z:antwoord/z:object/z:link") == [f"urn:regiesysteem:1900:document:{nummer}"]
    assert teksten(antwoord, "//z:checkedOutBy") == ["WmoVoorziening"]
    [leeg] = antwoord.iter("{*}inhoud")
    assert not leeg.text


def test_the_same_check_out_again_gets_the_same_answer(deur: Deur) -> None:
    nummer = voeg_toe(deur, data=b"dubbel")
    bericht = bewerken(nummer)
    een, ander = (deur.gelukt("geefZaakdocumentbewerken_Di02", bericht) for _ in range(2))
    assert teksten(een, "//z:checkedOutId") == teksten(ander, "//z:checkedOutId")
    assert bestand(een) == bestand(ander) == b"dubbel"


def test_a_number_that_is_taken_is_refused_and_nothing_is_overwritten(deur: Deur) -> None:
    nummer = voeg_toe(deur, data=b"eerste")
    nog_eens = edc_lk01("T", document(nummer, nieuw(deur), bestand=inhoud(b"tweede"), titel="Anders"))
    assert weiger(deur, "voegZaakdocumentToe_Lk01", nog_eens)[0] == "StUF067"
    assert bestand(lees(deur, nummer)) == b"eerste"


def test_a_document_belongs_to_several_zaken_and_is_released(deur: Deur) -> None:
    een, ander = nieuw(deur), nieuw(deur)
    nummer = voeg_toe(deur, een, ander)
    assert documenten(deur, een) == documenten(deur, ander) == [nummer]
    nummer_ = f"<ZKN:identificatie>{nummer}</ZKN:identificatie>"
    leeg = f'<ZKN:isRelevantVoor StUF:entiteittype="EDCZAK" StUF:verwerkingssoort="V" {GEEN}/>'
    weg = edc_lk01("W", edc(nummer_ + relevant(een, "V")), edc(nummer_ + leeg))
    deur.gelukt("voegZaakdocumentToe_Lk01", weg)
    assert documenten(deur, een) == []
    assert documenten(deur, ander) == [nummer]
    assert (
        weiger(deur, "voegZaakdocumentToe_Lk01", edc_lk01("W", edc(nummer_ + relevant(een, "V")), edc(nummer_)))[0]
        == "StUF064"
    )
    deur.gelukt("voegZaakdocumentToe_Lk01", edc_lk01("W", edc(nummer_), edc(nummer_ + relevant(een, "T"))))
    assert documenten(deur, een) == [nummer]


@pytest.mark.parametrize(
    ("anders", "code"),
    [
        ({"bestand": ""}, "StUF055"),
        ({"bestand": inhoud(b"")}, "StUF055"),
        ({"bestand": inhoud(b"MZ", "tool.exe", "application/pdf")}, "StUF058"),
        ({"bestand": inhoud(b"MZ", "tool.pdf", "application/x-msdownload")}, "StUF058"),
        ({"bestand": inhoud(b"x", "../etc/passwd")}, "StUF055"),
        ({"bestand": inhoud(b"x", "n" * 300)}, "StUF055"),
        ({"bestand": inhoud(b"x").replace("eA==", "e###")}, "StUF055"),
        ({"relaties": ""}, "StUF055"),
        ({"relaties": relevant("1900nietbestaand")}, "StUF064"),
        ({"titel": ""}, "StUF055"),
    ],
)
def test_what_is_no_document_is_refused(deur: Deur, anders: dict[str, str], code: str) -> None:
    bericht = edc_lk01("T", document(nieuw_nummer(), nieuw(deur), **({"bestand": inhoud(b"x")} | anders)))
    assert weiger(deur, "voegZaakdocumentToe_Lk01", bericht)[0] == code


@pytest.mark.parametrize("nummer", ["", "123", "GEEN12345678"])
def test_a_number_that_is_none_is_refused(deur: Deur, nummer: str) -> None:
    bericht = edc_lk01("T", document(nummer, nieuw(deur), bestand=inhoud(b"x")))
    assert weiger(deur, "voegZaakdocumentToe_Lk01", bericht)[0] == "StUF055"


def test_an_unknown_document(deur: Deur) -> None:
    assert not teksten(lees(deur, "1900onbekend"), "//z:antwoord")
    assert weiger(deur, "geefZaakdocumentbewerken_Di02", bewerken("1900onbekend"))[0] == "StUF064"
    assert weiger(deur, "updateZaakdocument_Di02", update("1900onbekend"))[0] == "StUF064"
    assert weiger(deur, "cancelCheckout_Di02", cancel("1900onbekend", "x"))[0] == "StUF064"
    code, _ = deur.fout("geefZaakdocumentLezen_Lv01", edc_lv01(""))
    assert code == "StUF055"


def test_the_operation_follows_from_the_message(deur: Deur) -> None:
    zaak, nummer = nieuw(deur), nieuw_nummer()
    deur.gelukt("edcLk01", edc_lk01("T", document(nummer, zaak, bestand=inhoud(b"x"))))
    deur.gelukt("edcLk01", edc_lk01("T", document(nieuw_nummer(), zaak)))
    assert base64.b64decode(teksten(deur.gelukt("edcLv01", edc_lv01(nummer)), "//z:inhoud")[0]) == b"x"
