"""The answer to one member of a family: his own data plain, that of the others marked, no name of an employee."""

import json
import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from tests.berichten.bouw import client, lk01, mdw, new_number, nps, rol, status, zaak
from tests.diensten.stappen import INITIATOR, actualiseer
from tests.soap.conftest import Door

from regiesysteem.disclosure.answer_files import EXPLANATION, AnswerFolder, heading
from regiesysteem.errors import Reportable
from regiesysteem.inrichting.current import read_inrichting
from regiesysteem.storage import InhoudVanished
from regiesysteem.zakenmagazijn.subject_access import SECTIONS, KeptFile, KeptPart, find_subject, gather

_NOW = datetime(2026, 5, 3, 12, 5, tzinfo=UTC)
HE, SHE, CHILD = "999990020", "999990032", "999990044"
_HEAD = {"gemaakt_op": _NOW, "gemeente": "G", "bsn": HE, "doelen": {}, "uitleg": EXPLANATION}


@pytest.fixture(scope="module")
def plan(door: Door) -> str:
    """A gezinsplan of three people, and a deelplan of the mother alone in which the father is an informant."""
    number = new_number()
    people = client(HE, "Vadernaam") + client(SHE, "Moedernaam") + client(CHILD, "Kindnaam")
    door.succeeded("creeerZaak_Lk01", lk01("T", zaak(number, "GEZINSPLAN", relaties=people + INITIATOR)))
    actualiseer(door, number, status(2, "20260103", extra="<ZKN:toelichting>Zusternaam belde</ZKN:toelichting>"))
    relations = (
        rol("heeftAlsBelanghebbende", nps(SHE, "Moedernaam"))
        + rol("heeftAlsInitiator", mdw("regie1", "Regisseursnaam"))
        + rol("heeftAlsOverigBetrokkene", nps(HE, "Vadernaam"), "<ZKN:omschrijving>Melder</ZKN:omschrijving>")
    )
    hers = zaak(new_number(), relaties=relations).replace(">Zaak<", ">Schuld van Moedernaam<")
    door.succeeded("creeerZaak_Lk01", lk01("T", hers))
    return number


def _gather(door: Door, bsn: str) -> list[KeptPart]:
    with door.engine.connect() as connection:
        return list(gather(connection, read_inrichting(connection), find_subject(connection, bsn)))


def _unmarked(data: Any) -> Any:
    """The data without what a person must decide on."""
    if isinstance(data, dict):
        return {naam: _unmarked(one) for naam, one in data.items() if naam != "over_anderen"}
    return [_unmarked(one) for one in data] if isinstance(data, list) else data


def _text(data: object) -> str:
    return json.dumps(data, default=str)


@pytest.mark.parametrize(
    ("bsn", "own", "others"),
    [
        (HE, "Vadernaam", ("Moedernaam", "Kindnaam", SHE, CHILD)),
        (SHE, "Moedernaam", ("Vadernaam", "Kindnaam", HE, CHILD)),
        (CHILD, "Kindnaam", ("Vadernaam", "Moedernaam", HE, SHE)),
    ],
)
def test_what_is_about_others_is_marked_and_nothing_of_them_is_not(
    door: Door, plan: str, bsn: str, own: str, others: tuple[str, ...]
) -> None:
    data = [part.data for part in _gather(door, bsn)]
    plain = _text(_unmarked(data))
    assert own in plain
    assert bsn in plain
    assert plan in plain
    for name in (*others, "Zusternaam", "Schuld van", "Regisseur"):
        assert name not in plain
    # The plan names them all, and so does its message: the decision is a person's.
    assert all(name in _text(data) for name in others)


def test_each_mark_has_its_ground_and_room_for_the_decision(door: Door, plan: str) -> None:
    marked = [other for part in _gather(door, HE) for other in part.data["over_anderen"]]
    assert {tuple(one) for one in marked} == {("wat", "waarom", "grond", "gegevens", "besluit")}
    assert {len(one["grond"]) for one in marked} == {3}
    assert any("Zusternaam" in _text(one) and one["wat"].endswith("toelichting") for one in marked)


def test_a_zaak_of_another_that_only_names_him_is_marked_as_a_whole(door: Door, plan: str) -> None:
    """He told about her: the zaak, its zaaktype and its statuses are hers, and that he told is his."""
    [hers] = [part.data for part in _gather(door, HE) if "B1026" in _text(part.data) and part.section == "zaken"]
    assert hers["rollen"] == [{"rol": "heeftAlsOverigBetrokkene", "omschrijving": "Melder"}]
    assert set(hers) == {"identificatie", "rollen", "over_anderen"}


def test_an_employee_is_named_by_function(door: Door, plan: str) -> None:
    [zaak_] = [part.data for part in _gather(door, HE) if part.data.get("identificatie") == plan]
    assert {"rol": "heeftAlsInitiator", "wie": "medewerker"} in zaak_["betrokkenen"]


def _write(door: Door, folder: Path, bsn: str = HE, **rest: Any) -> AnswerFolder:
    with door.engine.connect() as connection:
        head = heading(bsn, read_inrichting(connection), _NOW, documenten=False)
    answer = AnswerFolder(folder, head, **rest)
    answer.write(iter(_gather(door, bsn)))
    return answer


def test_the_files_hold_every_part_and_only_their_owner_reads_them(door: Door, plan: str, tmp_path: Path) -> None:
    _write(door, tmp_path / "uit")
    data = json.loads((tmp_path / "uit/inzage.json").read_text())
    assert set(SECTIONS) < set(data)
    assert data["versie"] == 1
    assert next(one["identificatie"] for one in data["zaken"]) == plan
    assert {stat.S_IMODE(one.stat().st_mode) for one in (tmp_path / "uit").iterdir()} == {0o600}
    assert stat.S_IMODE((tmp_path / "uit").stat().st_mode) == 0o700


def test_the_page_shows_marked_parts_in_a_box_with_words_for_names_and_dates(
    door: Door, plan: str, tmp_path: Path
) -> None:
    _write(door, tmp_path / "uit")
    page = (tmp_path / "uit/inzage.html").read_text()
    assert "3 mei 2026, 14.05 uur" in page
    assert "1 januari 2026" in page
    boxes = page.split('<section class="anderen">')
    outside = boxes[0] + "".join(box.partition("</section>")[2] for box in boxes[1:])
    assert "Vadernaam" in outside
    assert "Moedernaam" not in outside
    assert "Moedernaam" in page
    assert page.count("☐ geven") == len(boxes) - 1
    assert "http" not in page.replace("http-equiv", "").partition("</head>")[0]


def test_a_folder_that_is_in_use_is_refused_and_left_alone(door: Door, plan: str, tmp_path: Path) -> None:
    (tmp_path / "brief.txt").write_text("van mij")
    with pytest.raises(Reportable, match="geen lege map"):
        _write(door, tmp_path)
    assert [one.name for one in tmp_path.iterdir()] == ["brief.txt"]


def test_a_text_of_a_message_is_no_html(tmp_path: Path) -> None:
    part = KeptPart("persoon", {"naam": "<script>alert(1)</script>", "over_anderen": []})
    AnswerFolder(tmp_path, _HEAD | {"gemeente": "<b>"}).write(iter([part]))
    page = (tmp_path / "inzage.html").read_text()
    assert "<script" not in page
    assert "<b>" not in page


def test_a_person_of_whom_nothing_is_kept_gets_an_answer_that_says_so(door: Door, tmp_path: Path) -> None:
    _write(door, tmp_path, "999990056")
    assert "Er is niets gevonden" in (tmp_path / "inzage.html").read_text()
    assert json.loads((tmp_path / "inzage.json").read_text())["zaken"] == []


def test_parts_are_written_while_they_come(tmp_path: Path) -> None:
    """A person in many zaken: when the second part is asked for, the first is on disk and gone from memory."""
    sizes = []

    def parts() -> Iterator[KeptPart]:
        for number in range(60):
            sizes.append((tmp_path / "inzage.json").stat().st_size)
            yield KeptPart("zaken", {"identificatie": str(number), "tekst": "x" * 20_000, "over_anderen": []})

    heard: list[str] = []
    answer = AnswerFolder(tmp_path, _HEAD, None, heard.append)
    answer.write(parts())
    assert sizes[-1] > 1_000_000
    assert heard == ["zaken: 25", "zaken: 50"]


def test_documents_are_copied_once_and_one_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    def copy(sha256: str) -> BytesIO:
        if sha256 == "b":
            raise InhoudVanished(sha256)
        return BytesIO(b"brief")

    files = (KeptFile("documenten/een.pdf", "a"), KeptFile("documenten/een.pdf", "a"), KeptFile("documenten/x", "b"))
    answer = AnswerFolder(tmp_path, _HEAD, copy)
    answer.write(iter([KeptPart("zaken", {"over_anderen": []}, files)]))
    assert (tmp_path / "documenten/een.pdf").read_bytes() == b"brief"
    assert json.loads((tmp_path / "inzage.json").read_text())["niet_gekopieerd"] == ["documenten/x"]
