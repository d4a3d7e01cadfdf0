"""A wrong BSN, or other wrong data of a person, is corrected wherever it is kept, on record, and told."""

import subprocess
import sys

import pytest
from sqlalchemy import text
from tests.berichten.bouw import client, lk01, mdw, new_number, nps, obj, rol, zaak
from tests.conftest import environment, regie
from tests.diensten.stappen import element, new, sleutel
from tests.soap.conftest import Door

from regiesysteem.zakenmagazijn.rectification import CORRECTION, Corrected, Correction, CorrectionError, correct_person

BSNS = (number for number in range(100_000_000, 999_999_999))


def new_bsn() -> str:
    """A BSN that no other test uses."""
    return next(
        str(n)
        for n in BSNS
        if sum(w * int(d) for w, d in zip((9, 8, 7, 6, 5, 4, 3, 2, -1), str(n), strict=True)) % 11 == 0
    )


def correct(door: Door, *arguments: object, **rest: object) -> Corrected:
    """Correct a person."""
    with door.engine.begin() as connection:
        return correct_person(connection, Correction(*arguments, **rest))  # type: ignore[arg-type]


def rows(door: Door, statement: str, **parameters: object) -> list[tuple[object, ...]]:
    """Rows of a statement."""
    with door.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(statement), parameters)]


def bsns(door: Door, number: str) -> list[str]:
    """The BSNs of the clients that a zaak gives."""
    return element(door, number, "z:heeftBetrekkingOp//b:inp.bsn")


def names(door: Door, number: str) -> list[str]:
    """Their names."""
    return element(door, number, "z:heeftBetrekkingOp//b:geslachtsnaam")


def plan(door: Door, bsn: str, naam: str = "Jansen") -> str:
    """A zaak with a client."""
    return new(door, relaties=client(bsn, naam) + rol("heeftAlsInitiator", mdw("regie1")))


def test_a_bsn_that_nobody_has_yet_is_corrected_in_every_zaak(door: Door) -> None:
    wrong, right = new_bsn(), new_bsn()
    numbers = [plan(door, wrong), plan(door, wrong, "Janssen")]
    done = correct(door, wrong, right)
    assert (done.zaken, done.relations, done.merged) == (tuple(numbers), 2, False)
    assert [bsns(door, number) for number in numbers] == [[right], [right]]
    assert [names(door, number) for number in numbers] == [["Jansen"], ["Janssen"]]
    assert rows(door, "SELECT sleutel FROM object WHERE sleutel LIKE '%' || :b", b=wrong) == []


def test_when_the_right_person_is_there_his_row_stays_and_what_was_said_stays_with_the_zaak(door: Door) -> None:
    wrong, right = new_bsn(), new_bsn()
    number, other = plan(door, wrong, "Fout"), plan(door, right, "Goed")
    assert correct(door, wrong, right).merged
    assert (bsns(door, number), names(door, number)) == ([right], ["Fout"])
    assert (bsns(door, other), names(door, other)) == ([right], ["Goed"])
    assert rows(door, "SELECT naam FROM object WHERE sleutel = 'bsn:' || :b", b=right) == [("Goed",)]
    assert rows(door, "SELECT id FROM object WHERE sleutel = 'bsn:' || :b", b=wrong) == []


@pytest.mark.parametrize("known", [True, False])
def test_in_one_zaak_only_the_others_of_the_person_are_left_alone(door: Door, known: bool) -> None:
    """The usual mistake: a message had the number of somebody else, who has zaken of his own."""
    of_other, right = new_bsn(), new_bsn()
    extra = "<BG:geslachtsaanduiding>V</BG:geslachtsaanduiding>"
    other = new(door, relaties=rol("heeftBetrekkingOp", nps(of_other, "Ander", extra=extra)))
    number = plan(door, of_other, "Eigen")
    if known:
        plan(door, right, "Eigen")
    done = correct(door, of_other, right, zaken=(number,))
    assert (done.zaken, done.merged) == ((number,), known)
    assert (bsns(door, number), names(door, number)) == ([right], ["Eigen"])
    assert (bsns(door, other), names(door, other)) == ([of_other], ["Ander"])
    assert "V" not in element(door, number, "z:heeftBetrekkingOp//b:geslachtsaanduiding")


def test_a_value_is_corrected_on_the_person_and_with_each_zaak(door: Door) -> None:
    bsn = new_bsn()
    numbers = [plan(door, bsn, "Jansen"), plan(door, bsn, "Janssen")]
    correct(door, bsn, values={"geslachtsnaam": "Janszen", "geboortedatum": "19800229"})
    for number in numbers:
        assert names(door, number) == ["Janszen"]
        assert element(door, number, "z:heeftBetrekkingOp//b:geboortedatum") == ["19800229"]


def test_a_bsn_deeper_in_a_relation_is_corrected(door: Door) -> None:
    wrong, right = new_bsn(), new_bsn()
    plan(door, wrong)
    who = mdw("regie1")
    contact = f"""<ZKN:heeftAlsAanspreekpunt StUF:entiteittype="ZAKBTRINICTP" StUF:verwerkingssoort="T">
      <ZKN:gerelateerde StUF:entiteittype="CTP" StUF:verwerkingssoort="T"><ZKN:naam>x 11{wrong}</ZKN:naam>
      </ZKN:gerelateerde></ZKN:heeftAlsAanspreekpunt>"""
    number = new_number()
    door.succeeded("creeerZaak_Lk01", lk01("T", zaak(number, relaties=rol("heeftAlsInitiator", who, contact))))
    correct(door, wrong, right)
    assert element(door, number, "z:heeftAlsInitiator//z:naam") == [f"x 11{right}"]


def test_messages_with_the_wrong_bsn_lose_their_content_and_stay_known(door: Door) -> None:
    wrong, right = new_bsn(), new_bsn()
    number = new_number()
    message = lk01("T", zaak(number, relaties=client(wrong)), ref="ref-" + number)
    door.succeeded("creeerZaak_Lk01", message)
    assert correct(door, wrong, right).messages == 1
    [(inhoud,)] = rows(door, "SELECT inhoud FROM bericht WHERE referentienummer = :r", r="ref-" + number)
    assert inhoud is None
    door.succeeded("creeerZaak_Lk01", message)  # told again, it is still the same message
    assert bsns(door, number) == [right]


def test_it_is_on_record_without_values_and_told_once_per_zaak(door: Door) -> None:
    wrong, right = new_bsn(), new_bsn()
    number = plan(door, wrong)
    before = rows(door, "SELECT tijdstip_registratie FROM zaak WHERE identificatie = :n", n=number)
    correct(door, wrong, right)
    audit = "SELECT gebeurtenis, gewijzigd, bericht_id FROM audit a JOIN zaak z ON z.id = a.zaak_id"
    assert rows(door, f"{audit} WHERE z.identificatie = :n ORDER BY a.id DESC LIMIT 1", n=number) == [
        (CORRECTION, ["heeftBetrekkingOp"], None)
    ]
    told = "SELECT gebeurtenis, applicatie, verdeeld FROM gebeurtenis WHERE zaakidentificatie = :n ORDER BY id DESC"
    assert rows(door, told, n=number)[0] == ("Update zaak", "", False)
    assert rows(door, "SELECT tijdstip_registratie FROM zaak WHERE identificatie = :n", n=number) > before


def test_what_a_person_has_to_look_at_is_counted_by_table(door: Door) -> None:
    wrong, right = new_bsn(), new_bsn()
    number = plan(door, wrong)
    notice = obj(f"{sleutel(number)}<ZKN:toelichting>zie {wrong}</ZKN:toelichting>", "W")
    door.succeeded("updateZaak_Lk01", lk01("W", obj(sleutel(number), "W"), notice))
    assert correct(door, wrong, right).left == {"zaak": 1}


@pytest.mark.parametrize(
    "rest",
    [
        {"bsn": "123456789", "new_bsn": "999993653"},
        {"new_bsn": "123456789"},
        {},
        {"values": {"inp.bsn": "999993653"}},
        {"values": {"geslachtsnaam": "x" * 201}},
        {"values": {"geboortedatum": "20260230"}},
        {"values": {"geboortedatum": "2026"}},
        {"values": {"geslachtsaanduiding": "X"}},
        {"values": {"voorletters": "A\nB"}},
        {"values": {"voorletters": "A"}, "zaken": ("1900",)},
    ],
)
def test_a_correction_that_makes_no_sense_is_refused_in_words_without_values(rest: dict[str, object]) -> None:
    with pytest.raises(CorrectionError) as refused:
        Correction(**({"bsn": "999991723"} | rest)).check()  # type: ignore[arg-type]
    assert not {"999991723", "999993653", "123456789"} & set(str(refused.value).split())


def test_an_unknown_person_or_zaak_changes_nothing(door: Door) -> None:
    wrong, right = new_bsn(), new_bsn()
    with pytest.raises(CorrectionError):
        correct(door, wrong, right)
    plan(door, wrong)
    with pytest.raises(CorrectionError):
        correct(door, wrong, right, zaken=("1900bestaatniet",))
    assert rows(door, "SELECT count(*) FROM object WHERE sleutel = 'bsn:' || :b", b=wrong) == [(1,)]


def test_the_command_tries_first_and_needs_no_number_on_its_line(door: Door) -> None:
    wrong, right = new_bsn(), new_bsn()
    number = plan(door, wrong)
    url = door.engine.url.render_as_string(hide_password=False)
    tried = regie("persoon", "corrigeer", wrong, "--in", right, REGIE_DATABASE_URL=url)
    assert tried.returncode == 0, tried.stderr
    assert number in tried.stdout
    assert bsns(door, number) == [wrong]
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "regiesysteem",
            "persoon",
            "corrigeer",
            "--in",
            "-",
            "--zet",
            "geslachtsnaam",
            "--uitvoeren",
        ],
        env=environment(REGIE_DATABASE_URL=url),
        input=f"{wrong}\n{right}\nJanszen\n",
        capture_output=True,
        text=True,
        check=True,
    )
    assert wrong not in done.stdout + done.stderr
    assert (bsns(door, number), names(door, number)) == ([right], ["Janszen"])
