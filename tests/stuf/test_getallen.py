"""Numbers: what is one, and that nothing else is read as one."""

import pytest

from regiesysteem.stuf.values import getal


@pytest.mark.parametrize(("tekst", "waarde"), [("7", 7), (" 0002\n", 2), ("+5", 5), ("9" * 18, 10**18 - 1)])
def test_a_number_is_read(tekst: str, waarde: int) -> None:
    assert getal(tekst) == waarde


@pytest.mark.parametrize("tekst", [None, "", "++5", "-1", "1.0", "٣", "1 2", "9" * 19, "9" * 5000])
def test_what_is_no_number_of_ours_is_none(tekst: str | None) -> None:
    assert getal(tekst) is None
