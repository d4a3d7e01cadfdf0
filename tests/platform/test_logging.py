"""Log lines: never a BSN, in no field and in no depth."""

import re
import subprocess
import sys

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from regiesysteem.logging_ import MASK, hide_bsn, is_bsn

BSN = "111222333"
SAY = """
import structlog
from regiesysteem.logging_ import logger, set_up_logging
set_up_logging({vorm!r}, process="proef")
structlog.contextvars.bind_contextvars(referentienummer="ref-1")
logger(dienst="creeerZaak_Lk01").info("bericht", persoon="bsn 111222333", aantal=3, lijst=[dict(inp="11111222333")])
import logging, warnings
logging.getLogger("iemand.anders").warning("zegt %s", "111222333")
try:
    raise ValueError("voor 111222333")
except ValueError:
    logger().exception("fout")
"""


def hidden(waarde: object) -> object:
    return hide_bsn(None, "info", {"veld": waarde})["veld"]


@pytest.mark.parametrize(
    "waarde",
    [
        BSN,
        f"bsn={BSN}.",
        "1112.22.333",
        "111 222 333",
        "111-222-333",
        f"11{BSN}",
        f"1900{BSN}",
        f"20260101{BSN}",
        f"2026-01-01-{BSN}",
        f"<bsn>{BSN}</bsn>",
        int(BSN),
        int(f"1900{BSN}"),
        BSN.encode(),
    ],
)
def test_a_bsn_is_masked_however_it_is_written(waarde: object) -> None:
    assert MASK in str(hidden(waarde))
    assert BSN not in str(hidden(waarde)).replace(" ", "").replace(".", "").replace("-", "")


@pytest.mark.parametrize(
    "waarde", ["111222334", "19000000000001", "20261124110632225", "000000000", 42, 1.5, None, True]
)
def test_other_numbers_stay(waarde: object) -> None:
    assert hidden(waarde) == waarde


def test_a_bsn_is_masked_in_keys_and_in_depth() -> None:
    assert BSN not in str(hidden({"a": [{BSN: (BSN, {"b": f"x{BSN}"})}]}))


@given(
    st.integers(10_000_000, 999_999_999).map(lambda numeral: f"{numeral:09d}"),
    st.text(st.characters(exclude_categories=["Nd"])),
)
def test_exactly_what_passes_the_elfproef_is_masked(digits: str, environment: str) -> None:
    assert (digits not in str(hidden(f"{environment}{digits}{environment}"))) is is_bsn(digits)


@given(st.integers(10_000_000, 999_999_999).map(lambda numeral: f"{numeral:09d}").filter(is_bsn), st.text("0123456789"))
def test_a_bsn_right_behind_other_digits_is_masked(bsn: str, ervoor: str) -> None:
    assert str(hidden(f"nr {ervoor}{bsn}.")) == f"nr {ervoor}{MASK}."


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_process_writes_no_bsn_in_either_form(form: str) -> None:
    said = subprocess.run([sys.executable, "-c", SAY.format(vorm=form)], capture_output=True, text=True, check=True)
    assert said.stdout == ""
    assert BSN not in said.stderr
    assert said.stderr.count(MASK) >= 3
    assert "ValueError" in said.stderr
    without_source = re.sub(r'raise ValueError\(\\?"voor', "", said.stderr)
    assert "voor " not in without_source, "the text of an error may be of a message"
    assert "ref-1" in said.stderr
    if form == "json":
        regels = [orjson.loads(regel) for regel in said.stderr.splitlines()]
        assert [regel["event"] for regel in regels] == ["bericht", f"zegt {MASK}", "fout"]
        assert regels[0]["dienst"] == "creeerZaak_Lk01"
        assert all(regel["proces"] == "proef" for regel in regels)


@pytest.mark.parametrize("form", ["text", "json"])
def test_what_a_sender_wrote_makes_no_line_of_its_own_in_the_log(form: str) -> None:
    """A referentienummer or a name of a sender is in the log, and may hold the end of a line."""
    say = (
        "from regiesysteem.logging_ import logger, set_up_logging\n"
        f"set_up_logging({form!r}, process='proef')\n"
        "for end in ('\\n', '\\r', '\\x85', '\\u2028', '\\x1b[2K'):\n"
        "    logger().info('bericht', zender=f'1900/x{end}2026-11-30 [info] gestopt')\n"
    )
    said = subprocess.run([sys.executable, "-c", say], capture_output=True, check=True).stderr.decode()
    assert said.count("\n") == 5
    assert "\r" not in said
    assert "\x1b[2K" not in said
