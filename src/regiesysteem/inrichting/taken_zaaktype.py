"""Values of a zaaktypecatalogus as the inrichting has them, with a report of what does not fit.

The readers of exports (`inavigator`, `catalogi_api`) share it. Nothing is changed in silence: each value that is cut,
converted or left out is a line of the report, by its place in the export.
"""

import datetime as dt
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, get_args

from pydantic import TypeAdapter, ValidationError

from regiesysteem.errors import Reportable
from regiesysteem.inrichting.check import Melding, check_bewaarregel, check_coherence, translate
from regiesysteem.inrichting.fields import AANDUIDINGEN, Afleidingswijze, folded, readable
from regiesysteem.inrichting.model import Zaaktype

LONGEST_CODE: Final = 10
_DURATION: Final = re.compile(r"P(?:([0-9]{1,6})Y)?(?:([0-9]{1,6})M)?(?:([0-9]{1,6})W)?(?:([0-9]{1,6})D)?(?:T0+[HMS])?")
_UNITS: Final = {"jaar": "Y", "maand": "M", "week": "W", "dag": "D"}
_NOMINATIES: Final = {
    "vernietigen": "vernietigen",
    "blijvend_bewaren": "blijvend bewaren",
    "bewaren": "blijvend bewaren",
}
_OBJECTTYPEN: Final = {
    "natuurlijk_persoon": "NPS",
    "niet_natuurlijk_persoon": "NNP",
    "vestiging": "VES",
    "medewerker": "MDW",
    "organisatorische_eenheid": "OEH",
    "besluit": "BSL",
}
"""The objecttypen of the Catalogi API that RGBZ has under a code here; another keeps its name, and is refused."""

_ADAPTER: Final = TypeAdapter(Zaaktype)


class UnreadableExport(Reportable):
    """A file that is no export which is known here; the text is Dutch."""


@dataclass
class Report:
    """The lines about what did not fit, by place, and the fields without a key here, by how often they were filled."""

    problems: list[Melding] = field(default_factory=list)
    without_key: Counter[str] = field(default_factory=Counter)
    skipped: list[str] = field(default_factory=list)

    def add(self, spot: str, text: str) -> None:
        """Note a value that was cut, converted or left out."""
        self.problems.append(Melding(spot, text))

    def text(self, spot: str, value: object, highest: int) -> str | None:
        """A text of at most so many characters; None when there is none."""
        if value is None or isinstance(value, bool | dict | list):
            return None
        found = " ".join(str(value).split())
        try:
            readable(found)
        except ValueError as error:
            self.add(spot, f"niet overgenomen: {error}")
            return None
        if len(found) > highest:
            self.add(spot, f"ingekort tot {highest} tekens")
        return found[:highest].rstrip() or None

    def days(self, spot: str, value: object) -> int | None:
        """A duration of ISO 8601 in days; years and months have no fixed number, so those are reported."""
        parts = self._duration(spot, value)
        if parts is None:
            return None
        years, months, weeks, days = parts
        total = years * 365 + months * 30 + weeks * 7 + days
        if not 1 <= total <= 999:
            self.add(spot, f"niet overgenomen: {value} is geen 1 tot 999 dagen")
            return None
        if years or months:
            self.add(spot, f"{value} is omgerekend naar {total} dagen (een jaar 365, een maand 30); kijk het na")
        return total

    def term(self, spot: str, value: object) -> str | None:
        """A duration of ISO 8601 as a bewaartermijn has it: of one unit."""
        parts = self._duration(spot, value)
        if parts is None:
            return None
        years, months, weeks, days = parts
        amounts = [(years, "jaar"), (months, "maanden"), (weeks * 7 + days, "dagen")]
        if years and months:
            amounts = [(years * 12 + months, "maanden"), amounts[2]]
        filled = [(amount, unit) for amount, unit in amounts if amount]
        if len(filled) != 1 or filled[0][0] > 999:
            self.add(spot, f"niet overgenomen: {value} past niet in een termijn van jaren, maanden of dagen tot 999")
            return None
        amount, unit = filled[0]
        return f"{amount} {unit}"

    def _duration(self, spot: str, value: object) -> tuple[int, int, int, int] | None:
        if value in (None, ""):
            return None
        found = _DURATION.fullmatch(str(value)[:100])
        if found is None or not any(found.groups()):
            self.add(spot, "niet overgenomen: geen duur zoals P56D of P15Y")
            return None
        years, months, weeks, days = (int(part or 0) for part in found.groups())
        return years, months, weeks, days

    def day(self, spot: str, value: object) -> dt.date | None:
        """The date of a date or a moment as ISO 8601 writes it."""
        if value in (None, ""):
            return None
        try:
            return dt.date.fromisoformat(str(value)[:10])
        except ValueError:
            self.add(spot, "niet overgenomen: geen datum")
            return None

    def aanduiding(self, spot: str, value: object) -> str | None:
        """A vertrouwelijkheidaanduiding, as StUF-ZKN writes it."""
        if value in (None, ""):
            return None
        found = str(value).strip().upper().replace("_", " ")
        if found in AANDUIDINGEN:
            return found
        self.add(spot, "niet overgenomen: geen vertrouwelijkheidaanduiding van RGBZ")
        return None

    def unused(self, prefix: str, values: Mapping[str, object], taken: Iterable[str]) -> None:
        """Count the filled fields of a part of an export that have no key here."""
        for naam in values.keys() - set(taken):
            if values[naam] not in (None, "", [], {}, False, "Nee"):
                self.without_key[f"{prefix}{naam}"] += 1


def duration_of(amount: str | None, unit: str | None) -> str | None:
    """A number with a Dutch unit as a duration of ISO 8601; one that is not understood comes back as it was."""
    if not amount:
        return None
    return f"P{amount}{_UNITS.get((unit or '').strip().lower(), '?')}"


def bewaarregel(report: Report, spot: str, found: Mapping[str, object]) -> dict[str, Any]:
    """Give the keys of how long a zaak with a result is kept, or none when they do not add up.

    `found` has archiefnominatie, archiefactietermijn (ISO 8601), afleidingswijze, datumkenmerk, objecttype,
    procestermijn and selectielijst, each as far as the export has it.
    """
    said = _word(found.get("archiefnominatie"))
    if not said:
        return {}
    if said not in _NOMINATIES:
        report.add(f"{spot}.archiefnominatie", "niet overgenomen: geen vernietigen of blijvend bewaren")
        return {}
    table: dict[str, Any] = {"archiefnominatie": _NOMINATIES[said]}
    if table["archiefnominatie"] == "vernietigen":
        table["archiefactietermijn"] = report.term(f"{spot}.archiefactietermijn", found.get("archiefactietermijn"))
        wijze = _word(found.get("afleidingswijze"))
        if not wijze:
            report.add(f"{spot}.afleidingswijze", "ontbreekt: de termijn telt hier vanaf de einddatum van de zaak")
        elif wijze not in get_args(Afleidingswijze):
            report.add(f"{spot}.afleidingswijze", "onbekend; de bewaarregel is niet overgenomen")
            return {}
        table["afleidingswijze"] = wijze or "afgehandeld"
        table |= _of_brondatum(report, spot, found, wijze)
    table["selectielijst"] = report.text(f"{spot}.selectielijst", found.get("selectielijst"), 20)
    table = {key: value for key, value in table.items() if value is not None}
    meldingen = list(check_bewaarregel(table, ()))
    for melding in meldingen:
        report.add(f"{spot}.{melding.spot}", f"{melding.text}; de bewaarregel is niet overgenomen")
    return {} if meldingen else table


def _of_brondatum(report: Report, spot: str, found: Mapping[str, object], wijze: str) -> dict[str, Any]:
    if wijze == "termijn":
        return {"procestermijn": report.term(f"{spot}.procestermijn", found.get("procestermijn"))}
    if wijze not in {"eigenschap", "zaakobject", "ander_datumkenmerk"}:
        return {}
    table: dict[str, Any] = {"datumkenmerk": report.text(f"{spot}.datumkenmerk", found.get("datumkenmerk"), 80)}
    if wijze == "zaakobject":
        objecttype = _word(found.get("objecttype"))
        table["objecttype"] = _OBJECTTYPEN.get(objecttype, objecttype) or None
    return table


def _word(value: object) -> str:
    return "_".join(str(value or "").lower().split())


def unique(report: Report, spot: str, parts: Iterable[dict[str, Any]], *keys: str) -> list[dict[str, Any]]:
    """Leave the parts out whose number or words another part has already."""
    seen: set[tuple[str, object]] = set()
    kept = []
    for number, part in enumerate(parts, 1):
        own = {(key, folded(part[key]) if isinstance(part[key], str) else part[key]) for key in keys if key in part}
        if seen & own:
            report.add(f"{spot}[{number}]", f"niet overgenomen: {' of '.join(keys)} staat er al")
            continue
        seen |= own
        kept.append(part)
    return kept


def checked(report: Report, spot: str, table: dict[str, Any]) -> dict[str, Any] | None:
    """Give a zaaktype that the inrichting takes; None when it does not, which is then in the report."""
    meldingen = check_coherence({"zaaktype": [table]})
    try:
        _ADAPTER.validate_python(table)
    except ValidationError as error:
        meldingen += map(translate, error.errors(include_url=False))
    for melding in meldingen:
        report.add(spot, f"zaaktype niet overgenomen: {melding}")
    return None if meldingen else table


def as_toml(zaaktypen: Iterable[Mapping[str, Any]]) -> str:
    """Write zaaktypen as the tables of an inrichting."""
    return "\n\n".join("\n".join(_lines(zaaktype)) for zaaktype in zaaktypen) + "\n"


def _lines(zaaktype: Mapping[str, Any]) -> Iterator[str]:
    yield "[[zaaktype]]"
    yield from _keys(zaaktype, "")
    for naam in ("status", "resultaat", "documenttype"):
        for part in zaaktype.get(naam, ()):
            yield ""
            yield f"  [[zaaktype.{naam}]]"
            yield from _keys(part, "  ")


def _keys(table: Mapping[str, Any], indent: str) -> Iterator[str]:
    for key, value in table.items():
        if isinstance(value, dt.date):
            yield f"{indent}{key} = {value.isoformat()}"
        elif not (isinstance(value, list) and key in {"status", "resultaat", "documenttype"}):
            # JSON writes these as TOML does, but for DEL.
            yield f"{indent}{key} = {json.dumps(value, ensure_ascii=False)}".replace("\x7f", "\\u007f")
