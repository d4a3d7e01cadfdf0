"""The directory of --sla-op: everything in order, under names that lead nowhere else, for its owner only."""

from pathlib import Path

import orjson
import pytest

from regiesysteem_practice.record import OVERVIEW, ArchiefError, Archive


@pytest.mark.parametrize("naam", ["../../boos.pdf", "/etc/passwd", ".bashrc", "a\0b", "é" * 300, ""])
def test_a_name_of_another_stays_in_the_directory(tmp_path: Path, naam: str) -> None:
    map_ = tmp_path / "kantoor"
    Archive(map_).keep("document", naam, b"inhoud")
    assert sorted(tmp_path.iterdir()) == [map_]
    [regel] = (map_ / OVERVIEW).read_bytes().splitlines()
    parsed = orjson.loads(regel)
    assert (map_ / parsed["bestand"]).read_bytes() == b"inhoud"
    assert parsed["soort"] == naam


def test_it_goes_on_where_it_was_and_is_for_its_owner_only(tmp_path: Path) -> None:
    map_ = tmp_path / "kantoor"
    for _ in range(2):
        Archive(map_).keep("ontvangen", "zakLk01", b"<x/>", zaak="1900N1")
    assert [path.name for path in sorted(map_.iterdir())][:2] == [
        "0001-ontvangen-zakLk01.xml",
        "0002-ontvangen-zakLk01.xml",
    ]
    assert map_.stat().st_mode & 0o077 == 0


def test_the_files_are_for_their_owner_in_a_directory_that_others_can_see_too(tmp_path: Path) -> None:
    map_ = tmp_path / "kantoor"
    map_.mkdir()
    map_.chmod(0o755)
    (map_ / OVERVIEW).touch(0o644)
    archief = Archive(map_)
    archief.keep("ontvangen", "zakLk01", b"<x/>")
    assert archief.visible
    assert {path.stat().st_mode & 0o777 for path in map_.iterdir()} == {0o600}
    assert not Archive(tmp_path / "nieuw").visible


def test_without_a_directory_nothing_is_kept_and_a_bad_one_is_told(tmp_path: Path) -> None:
    Archive(None).keep("ontvangen", "zakLk01", b"")
    (tmp_path / "bestand").touch()
    with pytest.raises(ArchiefError, match="hier kan niet worden geschreven"):
        Archive(tmp_path / "bestand")
