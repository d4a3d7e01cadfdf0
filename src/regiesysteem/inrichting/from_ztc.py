"""`regie inrichting van-ztc`: makes zaaktypen of an export that a municipality has of its zaaktypecatalogus."""

import datetime as dt
import stat
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from regiesysteem.errors import os_reason
from regiesysteem.inrichting.catalogi_api import MAX_BYTES, read_catalogi
from regiesysteem.inrichting.inavigator import read_inavigator
from regiesysteem.inrichting.taken_zaaktype import LONGEST_CODE, Report, UnreadableExport, as_toml, checked

_ORDER: Final = ("code", "omschrijving", "soort")


def read_export(file: Path) -> bytes:
    """Read the bytes of an export. Raises UnreadableExport for no file, and for one that is too large."""
    try:
        if not stat.S_ISREG(file.stat().st_mode):
            raise UnreadableExport(f"{file} is geen bestand")
        with file.open("rb") as input_:
            data = input_.read(MAX_BYTES + 1)
    except OSError as error:
        raise UnreadableExport(f"{file} kan niet gelezen worden ({os_reason(error)})") from None
    if len(data) > MAX_BYTES:
        raise UnreadableExport(f"{file} is te groot: hoogstens {MAX_BYTES // 1_000_000} MB")
    return data


def take_zaaktypen(
    data: bytes, *, soort: str, on: dt.date, codes: Mapping[str, str], only: Sequence[str] = ()
) -> tuple[str, int, Report]:
    """Give the zaaktypen of an export as TOML, how many there are, and the report of what did not fit.

    `codes` has a code for each identificatie that is longer than StUF-ZKN allows. `only` are the identificaties to
    take; none takes all. Raises UnreadableExport.
    """
    report = Report()
    begin = data.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    reads = read_catalogi if begin in (b"{", b"[") or data.startswith(b"PK") else read_inavigator
    every = reads(data, report, on)
    if not every and not report.skipped:
        raise UnreadableExport("er staat geen zaaktype in")
    if only:
        every = [(naam, table) for naam, table in every if naam in only]
        named = {naam for naam, _ in every}
        report.problems = [one for one in report.problems if _about(one.spot, only)]
        report.skipped = [one for one in report.skipped if one.split(" (")[0] in only]
        for naam in only:
            if naam not in named:
                report.add(naam, "staat niet in de export, of is niet geldig")
    tables = [_finished(naam, table, soort, codes, report) for naam, table in every]
    taken: dict[str, dict[str, Any]] = {}
    for table in tables:
        if table is not None and table["code"] in taken:
            report.add(table["code"], "zaaktype niet overgenomen: deze code is er al")
        elif table is not None:
            taken[table["code"]] = table
    return as_toml(taken.values()) if taken else "", len(taken), report


def _about(spot: str, only: Sequence[str]) -> bool:
    """Tell whether a line of the report is about a zaaktype that is taken, or about the whole export."""
    return spot in {"next", "preambule.specificatieversie"} or any(spot == n or spot.startswith(f"{n}.") for n in only)


def _finished(
    naam: str, table: dict[str, Any], soort: str, codes: Mapping[str, str], report: Report
) -> dict[str, Any] | None:
    code = codes.get(naam, naam)
    if not 1 <= len(code) <= LONGEST_CODE:
        text = f"zaaktype niet overgenomen: langer dan {LONGEST_CODE} tekens; geef een code met --code {naam}=CODE"
        report.add(f"{naam}.identificatie", text)
        return None
    if not table["omschrijving"]:
        report.add(naam, "zaaktype niet overgenomen: omschrijving ontbreekt")
        return None
    whole = {"code": code, "omschrijving": table["omschrijving"], "soort": soort}
    whole |= {key: value for key, value in table.items() if value is not None and value != [] and key not in _ORDER}
    if not table["status"]:
        report.add(f"{naam}.statustypen", "er zijn geen statussen: alleen een einddatum sluit een zaak")
    return checked(report, naam, whole)
