"""The policy for documents: documenttypen per zaaktype, documents that a status wants, files that are refused."""

import base64
from collections.abc import Callable, Iterator

import pytest
from tests.berichten.bouw import NO, gezinsplan, lk01, new_number, obj, status
from tests.berichten.documenten import SOEPEL, STRENG, XMIME, document, edc, edc_lk01, inhoud, relevant, update
from tests.diensten.documentstappen import add, check_out, documenten, make, refuse, revise
from tests.diensten.documentstappen import element as documentelement
from tests.diensten.stappen import element, new, sleutel
from tests.soap.conftest import Door

OTHERS = 'andere_documenten = "overnemen"'


@pytest.fixture
def eisend(make_door: Callable[..., Door], door: Door) -> Iterator[Door]:
    """Doors of a municipality where a gezinsplan has its document before status 3; afterwards the example again."""
    yield make_door(**{"# verplicht_bij_status = 3 ": "verplicht_bij_status = 3 "})
    make_door()


@pytest.fixture
def streng_beleid(make_door: Callable[..., Door], door: Door) -> Iterator[Door]:
    """Doors of a municipality that takes only the documenttypen of its list; afterwards the example again."""
    yield make_door(**{OTHERS: 'andere_documenten = "weigeren"', "maximum_mb = 100": "maximum_mb = 1"})
    make_door()


def _plan(door: Door) -> str:
    number = new_number()
    door.succeeded("creeerZaak_Lk01", lk01("T", gezinsplan(number)))
    return number


def _status(number: str, volgnummer: int) -> str:
    return lk01("W", obj(sleutel(number), "W"), obj(sleutel(number) + status(volgnummer, "20270101"), "W"))


def _bericht(zaak: str, soort: str, **rest: str) -> str:
    return edc_lk01("T", document(new_number(), zaak, soort=soort, file=inhoud(b"x"), **rest))


def test_a_status_waits_for_its_document(eisend: Door) -> None:
    door = eisend
    plan = _plan(door)
    door.succeeded("actualiseerZaakstatus_Lk01", _status(plan, 2))
    code, details = refuse(door, "actualiseerZaakstatus_Lk01", _status(plan, 3))
    assert code == "StUF058"
    assert "'Gezinsplan'" in details
    assert "status 3 (Gezinsplan uitgevoerd)" in details
    add(door, plan, soort="Verslag")
    container = make(door, plan, soort="  gezinsplan ")
    assert refuse(door, "updateZaak_Lk01", _status(plan, 3))[0] == "StUF058"
    revise(door, container, None, inhoud(b"het plan"))
    door.succeeded("actualiseerZaakstatus_Lk01", _status(plan, 3))
    assert element(door, plan, "z:heeft[z:indicatieLaatsteStatus='J']//z:volgnummer") == ["3"]


def test_a_zaak_cannot_begin_with_a_status_that_wants_a_document(eisend: Door) -> None:
    bericht = lk01("T", gezinsplan(new_number(), after=status(3, "20270101")))
    assert refuse(eisend, "creeerZaak_Lk01", bericht)[0] == "StUF058"


def test_in_the_example_no_status_wants_a_document(door: Door) -> None:
    plan = _plan(door)
    for volgnummer in (2, 3, 4):
        door.succeeded("actualiseerZaakstatus_Lk01", _status(plan, volgnummer))


def test_a_documenttype_that_is_refused(door: Door) -> None:
    plan, other = _plan(door), new(door)
    code, details = refuse(door, "voegZaakdocumentToe_Lk01", _bericht(plan, "Medisch  Dossier"))
    assert (code, "'Medisch dossier'" in details) == ("StUF058", True)
    # Elsewhere it may be, but then not be related to the plan, nor become one that is there.
    number = add(door, other, soort="Medisch dossier")
    zelf = f"<ZKN:identificatie>{number}</ZKN:identificatie>"
    assert refuse(door, "edcLk01", edc_lk01("W", edc(zelf), edc(zelf + relevant(plan))))[0] == "StUF058"
    indeed = add(door, plan, soort="Verslag")
    otherwise = update(indeed, None, "<ZKN:dct.omschrijving>Medisch dossier</ZKN:dct.omschrijving>")
    assert refuse(door, "updateZaakdocument_Di02", otherwise)[0] == "StUF058"
    together = edc_lk01("T", document(new_number(), other, plan, soort="Medisch dossier", file=inhoud(b"x")))
    assert refuse(door, "voegZaakdocumentToe_Lk01", together)[0] == "StUF058"


def test_only_what_is_listed(streng_beleid: Door) -> None:
    door = streng_beleid
    plan = _plan(door)
    code, details = refuse(door, "voegZaakdocumentToe_Lk01", _bericht(plan, "Verslag"))
    assert code == "StUF058"
    assert "Gezinsplan, Toestemmingsverklaring" in details
    assert "Medisch dossier" not in details
    add(door, plan, soort="toestemmingsverklaring")
    assert len(documenten(door, plan)) == 1
    add(door, new(door), soort="Verslag")


def test_a_file_over_the_maximum(streng_beleid: Door) -> None:
    door = streng_beleid
    plan = _plan(door)
    too_large = edc_lk01("T", document(new_number(), plan, file=inhoud(bytes(1_000_001))))
    assert refuse(door, "voegZaakdocumentToe_Lk01", too_large)[0] == "StUF058"
    number = add(door, plan, data=bytes(1_000_000))
    got = check_out(door, number)
    error = refuse(door, "updateZaakdocument_Di02", update(number, got, inhoud(bytes(1_000_001))))
    assert error[0] == "StUF058"
    revise(door, number, got, inhoud(b"kleiner"))


REFUSED = {
    "extensie": ('StUF:bestandsnaam="virus.exe"', "StUF058"),
    "soort": ('StUF:bestandsnaam="virus.pdf" m:contentType="application/x-msdownload"', "StUF058"),
    "pad": ('StUF:bestandsnaam="../virus.pdf"', "StUF055"),
    "lege naam": ('StUF:bestandsnaam=""', "StUF055"),
    "naam": ('StUF:bestandsnaam="plan&#10;.pdf"', "StUF055"),
    "soort is geen soort": ('StUF:bestandsnaam="plan.pdf" m:contentType="a&#10;b"', "StUF055"),
}


def _empty(attributes: str) -> str:
    """An element inhoud that says what a file is, without the file."""
    return f'<ZKN:inhoud xmlns:m="{XMIME}" {attributes}/>'


@pytest.mark.parametrize(("attributes", "code"), REFUSED.values(), ids=REFUSED)
def test_a_name_or_type_that_is_refused_is_so_without_a_file_too(door: Door, attributes: str, code: str) -> None:
    with_file, container, empty = add(door), make(door), _empty(attributes)
    nieuwe = edc_lk01("T", document(new_number(), new(door), file=empty))
    assert refuse(door, "maakZaakdocument_Lk01", nieuwe)[0] == code
    for number in (with_file, container):
        zelf = f"<ZKN:identificatie>{number}</ZKN:identificatie>"
        for dienst in ("voegZaakdocumentToe_Lk01", "maakZaakdocument_Lk01"):
            assert refuse(door, dienst, edc_lk01("W", edc(zelf), edc(zelf + empty)))[0] == code
        assert documentelement(door, number, "z:inhoud/@s:bestandsnaam") == ["plan.pdf"] * (number == with_file)


@pytest.mark.parametrize(("naam", "code"), [("virus.exe", "StUF058"), ("../virus.pdf", "StUF055"), ("", "StUF055")])
def test_a_name_of_an_inhoud_that_is_nil_is_checked_too(door: Door, naam: str, code: str) -> None:
    number, nil = make(door), _empty(f'xsi:nil="true" StUF:bestandsnaam="{naam}"')
    zelf = f"<ZKN:identificatie>{number}</ZKN:identificatie>"
    nieuwe = edc_lk01("T", document(new_number(), new(door), file=nil), zender=SOEPEL)
    assert refuse(door, "maakZaakdocument_Lk01", nieuwe)[0] == code
    modification = edc_lk01("W", edc(zelf), edc(zelf + nil), zender=SOEPEL)
    assert refuse(door, "voegZaakdocumentToe_Lk01", modification)[0] == code
    assert refuse(door, "updateZaakdocument_Di02", update(number, None, nil, zender=SOEPEL))[0] == code


def test_a_file_whose_name_is_empty_is_refused_in_so_many_words(door: Door) -> None:
    without = inhoud(b"x", "")
    nieuwe = edc_lk01("T", document(new_number(), new(door), file=without))
    for zender, dienst in ((SOEPEL, "voegZaakdocumentToe_Lk01"), (STRENG, "maakZaakdocument_Lk01")):
        code, details = refuse(door, dienst, nieuwe.replace(STRENG, zender))
        assert (code, "bestandsnaam van object/inhoud is leeg" in details) == ("StUF055", True)
    number = add(door)
    got = check_out(door, number)
    assert refuse(door, "updateZaakdocument_Di02", update(number, got, without))[0] == "StUF055"


@pytest.mark.parametrize("zender", [STRENG, SOEPEL])
@pytest.mark.parametrize("size", [7, 60_000, 1_000_000])
def test_what_is_wrong_with_base64_is_said_alike_of_small_and_large(door: Door, zender: str, size: int) -> None:
    good, zaak = base64.b64encode(bytes(size)).decode().rstrip("="), new(door)
    for error, waarom in {
        good[:-1] + "*": "er staan tekens in die daar niet in voorkomen",
        good[: len(good) // 4 * 4 - 1]: "zij is onvolledig, de opvulling (=) aan het eind klopt niet",
    }.items():
        file = f'<ZKN:inhoud StUF:bestandsnaam="a.pdf">{error}</ZKN:inhoud>'
        bericht = edc_lk01("T", document(new_number(), zaak, file=file), zender=zender)
        expected = f"De inhoud van het document is geen base64: {waarom}."
        assert refuse(door, "voegZaakdocumentToe_Lk01", bericht) == ("StUF055", expected)


def test_a_container_that_comes_with_its_file_has_it_at_once(door: Door) -> None:
    """ZDS 4.2.5.2 lets other elements be in the message; none is lost (docs/afwijkingen.md 38)."""
    number = make(door, file=inhoud(b"meteen"))
    [text] = documentelement(door, number, "z:inhoud")
    assert base64.b64decode(text) == b"meteen"
    error = refuse(door, "updateZaakdocument_Di02", update(number, None, inhoud(b"later")))
    assert (error[0], "heeft al inhoud" in error[1]) == ("StUF058", True)


def test_a_number_of_another_gemeente_is_taken(door: Door) -> None:
    """A document may come from elsewhere with its number (docs/afwijkingen.md 45)."""
    number = f"0363{new_number()[4:]}"
    door.succeeded("voegZaakdocumentToe_Lk01", edc_lk01("T", document(number, new(door), file=inhoud(b"x"))))
    assert documentelement(door, number, "z:identificatie") == [number]


def test_a_document_that_a_status_wanted_may_be_released(eisend: Door) -> None:
    """The status stays as it is; who wants to set it again needs the document again."""
    door = eisend
    plan, other = _plan(door), new(door)
    number = add(door, plan, other)
    door.succeeded("actualiseerZaakstatus_Lk01", _status(plan, 3))
    zelf = f"<ZKN:identificatie>{number}</ZKN:identificatie>"
    gone = f'<ZKN:isRelevantVoor StUF:entiteittype="EDCZAK" StUF:verwerkingssoort="V" {NO}/>'
    door.succeeded("edcLk01", edc_lk01("W", edc(zelf + relevant(plan, "V")), edc(zelf + gone)))
    assert documenten(door, plan) == []
    assert element(door, plan, "z:heeft[z:indicatieLaatsteStatus='J']//z:volgnummer") == ["3"]
    later = lk01("W", obj(sleutel(plan), "W"), obj(sleutel(plan) + status(3, "20270301"), "W"))
    assert refuse(door, "actualiseerZaakstatus_Lk01", later)[0] == "StUF058"
    door.succeeded("actualiseerZaakstatus_Lk01", _status(plan, 4))


def test_a_file_that_inherits_a_name_from_before_a_rule_is_refused(door: Door, make_door: Callable[..., Door]) -> None:
    old = _empty('StUF:bestandsnaam="plan.zip" m:contentType="application/zip"')
    number = make(door, file=old)
    try:
        later = make_door(**{"geweigerde_extensies = [": 'geweigerde_extensies = ["zip", '})
        revise(later, number, None, "<ZKN:titel>Andere titel</ZKN:titel>")
        without = inhoud(b"x", "", "").replace('StUF:bestandsnaam=""', "")
        error = refuse(later, "updateZaakdocument_Di02", update(number, None, without, zender=SOEPEL))
        assert error[0] == "StUF058"
        revise(later, number, None, inhoud(b"x", "plan.pdf", "application/pdf"))
    finally:
        make_door()
