"""Numbers: what is one, and that nothing else is read as one."""

import pytest

from regiesysteem.stuf.values import numeral


@pytest.mark.parametrize(("text", "waarde"), [("7", 7), (" 0002\n", 2), ("+5", 5), ("9" * 18, 10**18 - 1)])
def test_a_number_is_read(text: str, waarde: int) -> None:
    assert numeral(text) == waarde


@pytest.mark.parametrize("text", [None, "", "++5", "-1", "1.0", "٣", "1 2", "9" * 19, "9" * 5000])
def test_what_is_no_number_of_ours_is_none(text: str | None) -> None:
    assert numeral(text) is None
