"""Log lines: never a BSN, in no field and in no depth."""

import subprocess
import sys

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from regiesysteem.logging_ import MASKER, is_bsn, verberg_bsn

BSN = "111222333"
ZEG = """
import structlog
from regiesysteem.logging_ import logger, stel_logboek_in
stel_logboek_in({vorm!r}, proces="proef")
structlog.contextvars.bind_contextvars(referentienummer="ref-1")
logger(dienst="creeerZaak_Lk01").info("bericht", persoon="bsn 111222333", aantal=3, lijst=[dict(inp="11111222333")])
import logging, warnings
logging.getLogger("iemand.anders").warning("zegt %s", "111222333")
try:
    raise ValueError("voor 111222333")
except ValueError:
    logger().exception("fout")
"""


def verborgen(waarde: object) -> object:
    return verberg_bsn(None, "info", {"veld": waarde})["veld"]


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
    assert MASKER in str(verborgen(waarde))
    assert BSN not in str(verborgen(waarde)).replace(" ", "").replace(".", "").replace("-", "")


@pytest.mark.parametrize(
    "waarde", ["111222334", "19000000000001", "20261124110632225", "000000000", 42, 1.5, None, True]
)
def test_other_numbers_stay(waarde: object) -> None:
    assert verborgen(waarde) == waarde


def test_a_bsn_is_masked_in_keys_and_in_depth() -> None:
    assert BSN not in str(verborgen({"a": [{BSN: (BSN, {"b": f"x{BSN}"})}]}))


@given(
    st.integers(10_000_000, 999_999_999).map(lambda getal: f"{getal:09d}"),
    st.text(st.characters(exclude_categories=["Nd"])),
)
def test_exactly_what_passes_the_elfproef_is_masked(cijfers: str, omgeving: str) -> None:
    assert (cijfers not in str(verborgen(f"{omgeving}{cijfers}{omgeving}"))) is is_bsn(cijfers)


@given(st.integers(10_000_000, 999_999_999).map(lambda getal: f"{getal:09d}").filter(is_bsn), st.text("0123456789"))
def test_a_bsn_right_behind_other_digits_is_masked(bsn: str, ervoor: str) -> None:
    assert str(verborgen(f"nr {ervoor}{bsn}.")) == f"nr {ervoor}{MASKER}."


@pytest.mark.parametrize("vorm", ["text", "json"])
def test_a_process_writes_no_bsn_in_either_form(vorm: str) -> None:
    gezegd = subprocess.run([sys.executable, "-c", ZEG.format(vorm=vorm)], capture_output=True, text=True, check=True)
    assert gezegd.stdout == ""
    assert BSN not in gezegd.stderr
    assert gezegd.stderr.count(MASKER) >= 4
    assert "ref-1" in gezegd.stderr
    if vorm == "json":
        regels = [orjson.loads(regel) for regel in gezegd.stderr.splitlines()]
        assert [regel["event"] for regel in regels] == ["bericht", f"zegt {MASKER}", "fout"]
        assert regels[0]["dienst"] == "creeerZaak_Lk01"
        assert all(regel["proces"] == "proef" for regel in regels)
