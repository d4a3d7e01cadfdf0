"""What the municipality takes: documenttypen per zaaktype, documents that a status wants, files that it refuses."""

import base64
from collections.abc import Callable, Iterator

import pytest
from tests.berichten.bouw import GEEN, gezinsplan, lk01, nieuw_nummer, obj, status
from tests.berichten.documenten import SOEPEL, STRENG, XMIME, document, edc, edc_lk01, inhoud, relevant, update
from tests.diensten.documentstappen import check_uit, documenten, maak, voeg_toe, weiger, werk_bij
from tests.diensten.documentstappen import element as documentelement
from tests.diensten.stappen import element, nieuw, sleutel
from tests.soap.conftest import Deur

ANDERE = 'andere_documenten = "overnemen"'


@pytest.fixture
def eisend(maak_deur: Callable[..., Deur], deur: Deur) -> Iterator[Deur]:
    """Doors of a municipality where a gezinsplan has its document before status 3; afterwards the example again."""
    yield maak_deur(**{"# verplicht_bij_status = 3 ": "verplicht_bij_status = 3 "})
    maak_deur()


@pytest.fixture
def streng_beleid(maak_deur: Callable[..., Deur], deur: Deur) -> Iterator[Deur]:
    """Doors of a municipality that takes only the documenttypen of its list; afterwards the example again."""
    yield maak_deur(**{ANDERE: 'andere_documenten = "weigeren"', "maximum_mb = 100": "maximum_mb = 1"})
    maak_deur()


def _plan(deur: Deur) -> str:
    nummer = nieuw_nummer()
    deur.gelukt("creeerZaak_Lk01", lk01("T", gezinsplan(nummer)))
    return nummer


def _status(nummer: str, volgnummer: int) -> str:
    return lk01("W", obj(sleutel(nummer), "W"), obj(sleutel(nummer) + status(volgnummer, "20270101"), "W"))


def _bericht(zaak: str, soort: str, **rest: str) -> str:
    return edc_lk01("T", document(nieuw_nummer(), zaak, soort=soort, bestand=inhoud(b"x"), **rest))


def test_a_status_waits_for_its_document(eisend: Deur) -> None:
    deur = eisend
    plan = _plan(deur)
    deur.gelukt("actualiseerZaakstatus_Lk01", _status(plan, 2))
    code, details = weiger(deur, "actualiseerZaakstatus_Lk01", _status(plan, 3))
    assert code == "StUF058"
    assert "'Gezinsplan'" in details
    assert "status 3 (Gezinsplan uitgevoerd)" in details
    voeg_toe(deur, plan, soort="Verslag")
    container = maak(deur, plan, soort="  gezinsplan ")
    assert weiger(deur, "updateZaak_Lk01", _status(plan, 3))[0] == "StUF058"
    werk_bij(deur, container, None, inhoud(b"het plan"))
    deur.gelukt("actualiseerZaakstatus_Lk01", _status(plan, 3))
    assert element(deur, plan, "z:heeft[z:indicatieLaatsteStatus='J']//z:volgnummer") == ["3"]


def test_a_zaak_cannot_begin_with_a_status_that_wants_a_document(eisend: Deur) -> None:
    bericht = lk01("T", gezinsplan(nieuw_nummer(), na=status(3, "20270101")))
    assert weiger(eisend, "creeerZaak_Lk01", bericht)[0] == "StUF058"


def test_in_the_example_no_status_wants_a_document(deur: Deur) -> None:
    plan = _plan(deur)
    for volgnummer in (2, 3, 4):
        deur.gelukt("actualiseerZaakstatus_Lk01", _status(plan, volgnummer))


def test_a_documenttype_that_is_refused(deur: Deur) -> None:
    plan, ander = _plan(deur), nieuw(deur)
    code, details = weiger(deur, "voegZaakdocumentToe_Lk01", _bericht(plan, "Medisch  Dossier"))
    assert (code, "'Medisch dossier'" in details) == ("StUF058", True)
    # Elsewhere it may be, but then not be related to the plan, nor become one that is there.
    nummer = voeg_toe(deur, ander, soort="Medisch dossier")
    zelf = f"<ZKN:identificatie>{nummer}</ZKN:identificatie>"
    assert weiger(deur, "edcLk01", edc_lk01("W", edc(zelf), edc(zelf + relevant(plan))))[0] == "StUF058"
    wel = voeg_toe(deur, plan, soort="Verslag")
    anders = update(wel, None, "<ZKN:dct.omschrijving>Medisch dossier</ZKN:dct.omschrijving>")
    assert weiger(deur, "updateZaakdocument_Di02", anders)[0] == "StUF058"
    samen = edc_lk01("T", document(nieuw_nummer(), ander, plan, soort="Medisch dossier", bestand=inhoud(b"x")))
    assert weiger(deur, "voegZaakdocumentToe_Lk01", samen)[0] == "StUF058"


def test_only_what_is_listed(streng_beleid: Deur) -> None:
    deur = streng_beleid
    plan = _plan(deur)
    code, details = weiger(deur, "voegZaakdocumentToe_Lk01", _bericht(plan, "Verslag"))
    assert code == "StUF058"
    assert "Gezinsplan, Toestemmingsverklaring" in details
    assert "Medisch dossier" not in details
    voeg_toe(deur, plan, soort="toestemmingsverklaring")
    assert len(documenten(deur, plan)) == 1
    voeg_toe(deur, nieuw(deur), soort="Verslag")


def test_a_file_over_the_maximum(streng_beleid: Deur) -> None:
    deur = streng_beleid
    plan = _plan(deur)
    te_groot = edc_lk01("T", document(nieuw_nummer(), plan, bestand=inhoud(bytes(1_000_001))))
    assert weiger(deur, "voegZaakdocumentToe_Lk01", te_groot)[0] == "StUF058"
    nummer = voeg_toe(deur, plan, data=bytes(1_000_000))
    gekregen = check_uit(deur, nummer)
    fout = weiger(deur, "updateZaakdocument_Di02", update(nummer, gekregen, inhoud(bytes(1_000_001))))
    assert fout[0] == "StUF058"
    werk_bij(deur, nummer, gekregen, inhoud(b"kleiner"))


GEWEIGERD = {
    "extensie": ('StUF:bestandsnaam="virus.exe"', "StUF058"),
    "soort": ('StUF:bestandsnaam="virus.pdf" m:contentType="application/x-msdownload"', "StUF058"),
    "pad": ('StUF:bestandsnaam="../virus.pdf"', "StUF055"),
    "lege naam": ('StUF:bestandsnaam=""', "StUF055"),
    "naam": ('StUF:bestandsnaam="plan&#10;.pdf"', "StUF055"),
    "soort is geen soort": ('StUF:bestandsnaam="plan.pdf" m:contentType="a&#10;b"', "StUF055"),
}


def _leeg(attributen: str) -> str:
    """An element inhoud that says what a file is, without the file."""
    return f'<ZKN:inhoud xmlns:m="{XMIME}" {attributen}/>'


@pytest.mark.parametrize(("attributen", "code"), GEWEIGERD.values(), ids=GEWEIGERD)
def test_a_name_or_type_that_is_refused_is_so_without_a_file_too(deur: Deur, attributen: str, code: str) -> None:
    met_bestand, container, leeg = voeg_toe(deur), maak(deur), _leeg(attributen)
    nieuwe = edc_lk01("T", document(nieuw_nummer(), nieuw(deur), bestand=leeg))
    assert weiger(deur, "maakZaakdocument_Lk01", nieuwe)[0] == code
    for nummer in (met_bestand, container):
        zelf = f"<ZKN:identificatie>{nummer}</ZKN:identificatie>"
        for dienst in ("voegZaakdocumentToe_Lk01", "maakZaakdocument_Lk01"):
            assert weiger(deur, dienst, edc_lk01("W", edc(zelf), edc(zelf + leeg)))[0] == code
        assert documentelement(deur, nummer, "z:inhoud/@s:bestandsnaam") == ["plan.pdf"] * (nummer == met_bestand)


@pytest.mark.parametrize(("naam", "code"), [("virus.exe", "StUF058"), ("../virus.pdf", "StUF055"), ("", "StUF055")])
def test_a_name_of_an_inhoud_that_is_nil_is_checked_too(deur: Deur, naam: str, code: str) -> None:
    nummer, nil = maak(deur), _leeg(f'xsi:nil="true" StUF:bestandsnaam="{naam}"')
    zelf = f"<ZKN:identificatie>{nummer}</ZKN:identificatie>"
    nieuwe = edc_lk01("T", document(nieuw_nummer(), nieuw(deur), bestand=nil), zender=SOEPEL)
    assert weiger(deur, "maakZaakdocument_Lk01", nieuwe)[0] == code
    wijziging = edc_lk01("W", edc(zelf), edc(zelf + nil), zender=SOEPEL)
    assert weiger(deur, "voegZaakdocumentToe_Lk01", wijziging)[0] == code
    assert weiger(deur, "updateZaakdocument_Di02", update(nummer, None, nil, zender=SOEPEL))[0] == code


def test_a_file_whose_name_is_empty_is_refused_in_so_many_words(deur: Deur) -> None:
    zonder = inhoud(b"x", "")
    nieuwe = edc_lk01("T", document(nieuw_nummer(), nieuw(deur), bestand=zonder))
    for zender, dienst in ((SOEPEL, "voegZaakdocumentToe_Lk01"), (STRENG, "maakZaakdocument_Lk01")):
        code, details = weiger(deur, dienst, nieuwe.replace(STRENG, zender))
        assert (code, "bestandsnaam van object/inhoud is leeg" in details) == ("StUF055", True)
    nummer = voeg_toe(deur)
    gekregen = check_uit(deur, nummer)
    assert weiger(deur, "updateZaakdocument_Di02", update(nummer, gekregen, zonder))[0] == "StUF055"


@pytest.mark.parametrize("zender", [STRENG, SOEPEL])
@pytest.mark.parametrize("grootte", [7, 60_000, 1_000_000])
def test_what_is_wrong_with_base64_is_said_alike_of_small_and_large(deur: Deur, zender: str, grootte: int) -> None:
    goed, zaak = base64.b64encode(bytes(grootte)).decode().rstrip("="), nieuw(deur)
    for fout, waarom in {
        goed[:-1] + "*": "er staan tekens in die daar niet in voorkomen",
        goed[: len(goed) // 4 * 4 - 1]: "zij is onvolledig, de opvulling (=) aan het eind klopt niet",
    }.items():
        bestand = f'<ZKN:inhoud StUF:bestandsnaam="a.pdf">{fout}</ZKN:inhoud>'
        bericht = edc_lk01("T", document(nieuw_nummer(), zaak, bestand=bestand), zender=zender)
        verwacht = f"De inhoud van het document is geen base64: {waarom}."
        assert weiger(deur, "voegZaakdocumentToe_Lk01", bericht) == ("StUF055", verwacht)


def test_a_container_that_comes_with_its_file_has_it_at_once(deur: Deur) -> None:
    """ZDS 4.2.5.2 lets other elements be in the message; none is lost (docs/afwijkingen.md 38)."""
    nummer = maak(deur, bestand=inhoud(b"meteen"))
    [tekst] = documentelement(deur, nummer, "z:inhoud")
    assert base64.b64decode(tekst) == b"meteen"
    fout = weiger(deur, "updateZaakdocument_Di02", update(nummer, None, inhoud(b"later")))
    assert (fout[0], "heeft al inhoud" in fout[1]) == ("StUF058", True)


def test_a_number_of_another_gemeente_is_taken(deur: Deur) -> None:
    """A document may come from elsewhere with its number (docs/afwijkingen.md 45)."""
    nummer = f"0363{nieuw_nummer()[4:]}"
    deur.gelukt("voegZaakdocumentToe_Lk01", edc_lk01("T", document(nummer, nieuw(deur), bestand=inhoud(b"x"))))
    assert documentelement(deur, nummer, "z:identificatie") == [nummer]


def test_a_document_that_a_status_wanted_may_be_released(eisend: Deur) -> None:
    """The status stays as it is; who wants to set it again needs the document again."""
    deur = eisend
    plan, ander = _plan(deur), nieuw(deur)
    nummer = voeg_toe(deur, plan, ander)
    deur.gelukt("actualiseerZaakstatus_Lk01", _status(plan, 3))
    zelf = f"<ZKN:identificatie>{nummer}</ZKN:identificatie>"
    weg = f'<ZKN:isRelevantVoor StUF:entiteittype="EDCZAK" StUF:verwerkingssoort="V" {GEEN}/>'
    deur.gelukt("edcLk01", edc_lk01("W", edc(zelf + relevant(plan, "V")), edc(zelf + weg)))
    assert documenten(deur, plan) == []
    assert element(deur, plan, "z:heeft[z:indicatieLaatsteStatus='J']//z:volgnummer") == ["3"]
    later = lk01("W", obj(sleutel(plan), "W"), obj(sleutel(plan) + status(3, "20270301"), "W"))
    assert weiger(deur, "actualiseerZaakstatus_Lk01", later)[0] == "StUF058"
    deur.gelukt("actualiseerZaakstatus_Lk01", _status(plan, 4))


def test_a_file_that_inherits_a_name_from_before_a_rule_is_refused(deur: Deur, maak_deur: Callable[..., Deur]) -> None:
    oud = _leeg('StUF:bestandsnaam="plan.zip" m:contentType="application/zip"')
    nummer = maak(deur, bestand=oud)
    try:
        later = maak_deur(**{"geweigerde_extensies = [": 'geweigerde_extensies = ["zip", '})
        werk_bij(later, nummer, None, "<ZKN:titel>Andere titel</ZKN:titel>")
        zonder = inhoud(b"x", "", "").replace('StUF:bestandsnaam=""', "")
        fout = weiger(later, "updateZaakdocument_Di02", update(nummer, None, zonder, zender=SOEPEL))
        assert fout[0] == "StUF058"
        werk_bij(later, nummer, None, inhoud(b"x", "plan.pdf", "application/pdf"))
    finally:
        maak_deur()
