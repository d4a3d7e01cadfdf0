"""Scenarios as data: the TOML files below `scenarios/`, read and checked before anything is sent.

A file is refused for a key that is not known, a variable that nothing sets, a template or operation that is not there,
and an XPath that does not compile: a mistake of ours must never show as a mistake of the system under test.
"""

import hashlib
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, Literal

from lxml import etree
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from regiesysteem.conformance.in_zds12 import scenario_in_zds12
from regiesysteem.conformance.outgoing import TEMPLATES, template_names
from regiesysteem.errors import Reportable
from regiesysteem.stuf.namespaces import SOAP11, STUF, XMIME, XSI
from regiesysteem.zkn.names import BG, RZS, ZDS, ZKN
from regiesysteem.zkn.operations import OPERATIONS

SCENARIOS: Final = Path(__file__).parent / "scenarios"
"""`<set>/<rol>/<nummer>.toml`."""

ZDS12: Final = "zds-1.2"
"""The set whose messages are those of ZDS 1.2."""

NAMESPACES: Final = {
    "zkn": ZKN,
    "bg": BG,
    "rzs": RZS,
    "zds": ZDS,
    "stuf": STUF,
    "soap": SOAP11,
    "xsi": XSI,
    "xmime": XMIME,
}
"""The prefixes that an XPath of a scenario may use."""

VARIABLE: Final = re.compile(r"\{([a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)*)\}")
"""A variable in a text: {gezin1}, or {profiel.gemeentecode}."""

PROVIDED: Final = ("nieuw.", "profiel.")
"""The beginnings of variables that each run has: fresh numbers and what the profile says."""

Level = Literal["fout", "opmerking"]


class ScenarioError(Reportable):
    """A scenario file cannot be used; the text says in Dutch which and why."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class FaultExpected(_Part):
    """The fault that an answer must be: its message, and any of the codes (none: any code)."""

    bericht: Literal["Fo01", "Fo02", "Fo03"]
    codes: tuple[str, ...] = ()


class Check(_Part):
    """One requirement on a message; exactly one of its kinds is given.

    `bericht`: the local name of the message, or Bv02, Bv03 and such for an acknowledgement. `fout`: the answer is this
    fault. `xpath`, on the message, with one of: `is` (text, or a number as text), `in_`, `patroon` (the whole value),
    `moment` (an incomplete date is equal as far as it goes), `aanwezig`, `ongelijk`, `niet_in`, `van_sessie` (the
    identificatie of a zaak or document that the system under test made in this session). `bron` cites the standard. A
    check of niveau opmerking is reported and does not fail. `vraagt` is as with a scenario.
    """

    bron: str = ""
    niveau: Level = "fout"
    bericht: str = ""
    fout: FaultExpected | None = None
    xpath: str = ""
    is_: str | None = Field(default=None, alias="is")
    in_: tuple[str, ...] = Field(default=(), alias="in")
    patroon: str = ""
    moment: str = ""
    aanwezig: bool | None = None
    ongelijk: str | None = None
    van_sessie: Literal["", "zaak", "document"] = ""
    niet_in: tuple[str, ...] = ()
    vraagt: tuple[str, ...] = ()
    uitleg: str = ""

    @model_validator(mode="after")
    def _one_kind(self) -> "Check":
        kinds = [self.bericht, self.fout, self.xpath]
        if sum(map(bool, kinds)) != 1:
            raise ValueError("een eis heeft precies een van bericht, fout en xpath")
        ways = [
            self.is_ is not None,
            self.in_,
            self.patroon,
            self.moment,
            self.aanwezig is not None,
            self.ongelijk is not None,
            self.niet_in,
            self.van_sessie,
        ]
        if bool(self.xpath) != (sum(map(bool, ways)) == 1):
            raise ValueError(
                "een eis met xpath heeft een van is, in, patroon, moment, aanwezig, ongelijk, niet_in en van_sessie"
            )
        return self


class Example(_Part):
    """A message that the system under test might send: shown to its supplier, and played by our own client."""

    sjabloon: str
    met: dict[str, Any] = Field(default_factory=dict)


class ScenarioStep(_Part):
    """One step: we send (`stuur`) or we receive (`ontvang`).

    `stuur` and `ontvang` are names of operations. `sjabloon` is the template of what we send, `met` its values.
    `bewaar` keeps parts of the other side's message (variable -> XPath), `bewaar_antwoord` of our answer to it,
    `onthoud` texts known beforehand. `waar` picks the received message that the step is about, by XPath. `binnen` is
    how long we wait. `na_stap` names the step that it comes after; without, messages come in any order. `antwoord` is
    what we answer a received message with, when that is not the answer of a real store. `voorbeeld` is for a step with
    `ontvang`. With `niveau` opmerking such a step need not come; with `verboden` it must not, as far as `binnen` tells
    (in a run in which we begin). `eis` are the requirements on the answer (of `stuur`) or on the message (of
    `ontvang`). `vraagt` is as with a scenario.
    """

    naam: str = ""
    stuur: str = ""
    ontvang: str = ""
    sjabloon: str = ""
    met: dict[str, Any] = Field(default_factory=dict)
    bewaar: dict[str, str] = Field(default_factory=dict)
    bewaar_antwoord: dict[str, str] = Field(default_factory=dict)
    onthoud: dict[str, str] = Field(default_factory=dict)
    waar: str = ""
    verboden: bool = False
    binnen: str = "30s"
    na_stap: str = ""
    antwoord: Literal["", "Bv03"] = ""
    voorbeeld: Example | None = None
    niveau: Level = "fout"
    vraagt: tuple[str, ...] = ()
    nummer: str = ""
    eis: tuple[Check, ...] = ()

    @model_validator(mode="after")
    def _one_kind(self) -> "ScenarioStep":
        if bool(self.stuur) == bool(self.ontvang):
            raise ValueError("een stap heeft precies een van stuur en ontvang")
        if bool(self.stuur) != bool(self.sjabloon):
            raise ValueError("bij stuur hoort een sjabloon, en alleen daar")
        if self.verboden and not (self.ontvang and self.eis):
            raise ValueError("verboden hoort bij ontvang, met een eis die de bron noemt")
        if not re.fullmatch(r"\d+[sm]", self.binnen):
            raise ValueError("binnen is een aantal seconden of minuten, zoals 30s of 15m")
        return self

    @property
    def seconds(self) -> int:
        """How long to wait for what the step expects."""
        return int(self.binnen[:-1]) * (60 if self.binnen.endswith("m") else 1)


class Scenario(_Part):
    """One scenario of a set: `id` is set/role/number, `richting` P (we ask, it answers) or C (it asks, we answer).

    `na` are the scenarios that must have passed before. `vraagt` are the optional services without which it is not
    played when the profile lists them as unsupported. `eigen` marks one that no published set has. `afwijking` says
    where and why it differs from the published sheet. A file with `zoals = "set/role/number"` has the rest of that one.
    """

    id: str
    titel: str
    richting: Literal["P", "C"]
    verplicht: bool = True
    bron: tuple[str, ...] = ()
    na: tuple[str, ...] = ()
    vraagt: tuple[str, ...] = ()
    eigen: bool = False
    afwijking: str = ""
    uitleg: str = ""
    stap: tuple[ScenarioStep, ...] = Field(min_length=1)

    @property
    def zds12(self) -> bool:
        """Tell whether its messages are those of ZDS 1.2."""
        return self.id.startswith(f"{ZDS12}/")

    @property
    def rol(self) -> str:
        """The role, as in the path of the file."""
        return self.id.split("/")[1]

    @property
    def nummer(self) -> str:
        """The number in its role."""
        return self.id.rpartition("/")[2]


def roles(set_: str = "") -> list[str]:
    """List the roles as set/role, of one set or of all."""
    return sorted(
        f"{one.parent.name}/{one.name}"
        for one in SCENARIOS.glob("*/*")
        if one.is_dir() and set_ in {"", one.parent.name}
    )


def load_role(role: str, directory: Path = SCENARIOS) -> list[Scenario]:
    """Read the scenarios of a role (set/role) in the order of their numbers. Raises ScenarioError."""
    files = sorted((directory / role).glob("*.toml"), key=lambda file: int(file.stem))
    scenarios = [_read(file, directory) for file in files]
    _check_variables(scenarios)
    return scenarios


def _read(file: Path, directory: Path) -> Scenario:
    where = str(file.relative_to(directory))
    try:
        scenario = Scenario.model_validate(_whole(file, directory))
    except tomllib.TOMLDecodeError as error:
        raise ScenarioError(f"{where}: {error}") from None
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise ScenarioError(f"{where}: {place}: {first['msg']}") from None
    if scenario.id != where.removesuffix(".toml"):
        raise ScenarioError(f"{where}: id is {scenario.id}")
    for step in scenario.stap:
        _check_step(where, step)
    return scenario


def _whole(file: Path, directory: Path) -> dict[str, Any]:
    """Read a file; one that is as another (`zoals`) has of itself what it says, and the rest of that one."""
    data = tomllib.loads(file.read_text("utf-8"))
    if like := data.pop("zoals", ""):
        other = tomllib.loads((directory / f"{like}.toml").read_text("utf-8"))
        return (scenario_in_zds12(other) if like.split("/")[0] != ZDS12 == file.parts[-3] else other) | data
    return data


def _check_step(where: str, step: ScenarioStep) -> None:
    operation = step.stuur or step.ontvang
    if operation and operation not in OPERATIONS:
        raise ScenarioError(f"{where}: er is geen operatie {operation}")
    for template in filter(None, (step.sjabloon, step.voorbeeld.sjabloon if step.voorbeeld else "")):
        if template not in template_names():
            raise ScenarioError(f"{where}: er is geen sjabloon {template}")
    kept = (*step.bewaar.values(), *step.bewaar_antwoord.values())
    for xpath in filter(None, (*kept, step.waar, *(check.xpath for check in step.eis))):
        try:
            etree.XPath(VARIABLE.sub("x", xpath), namespaces=NAMESPACES)(etree.Element("x"))
        except etree.XPathError:
            raise ScenarioError(f"{where}: {xpath} is geen XPath") from None


def _check_variables(scenarios: Iterable[Scenario]) -> None:
    """See that every variable is set by an earlier step, of the scenario or of one that it comes after."""
    kept: dict[str, set[str]] = {}
    for scenario in scenarios:
        known = set().union(*(kept.get(earlier, set()) for earlier in scenario.na))
        for earlier in scenario.na:
            if earlier not in kept:
                raise ScenarioError(f"{scenario.id}: na noemt {earlier}, dat er niet (eerder) is")
        for step in scenario.stap:
            known |= step.onthoud.keys()
            known |= step.bewaar.keys() if step.ontvang else set()
            for variable in variables_of(step) | _variables_in(step.voorbeeld.met if step.voorbeeld else {}):
                if variable not in known and not variable.startswith((*PROVIDED, f"{step.naam}.")):
                    raise ScenarioError(f"{scenario.id}: niets geeft variabele {variable}")
            known |= step.bewaar.keys() | step.bewaar_antwoord.keys()
            known |= {f"{step.naam}.referentie"} if step.naam else set()
        kept[scenario.id] = known


def variables_of(step: ScenarioStep) -> set[str]:
    """Give the names of the variables that a step uses, apart from its example."""
    return _variables_in(step.model_dump(by_alias=True, exclude={"voorbeeld"}))


def _variables_in(value: Any) -> set[str]:
    return {found for text in _texts(value) for found in VARIABLE.findall(text)}


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from _texts(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _texts(one)


def fill(value: Any, variables: Mapping[str, str]) -> Any:
    """Put variables in their places, in a text or in the texts of a list or table. Raises KeyError for an unknown."""
    if isinstance(value, str):
        return VARIABLE.sub(lambda found: variables[found[1]], value)
    if isinstance(value, dict):
        return {key: fill(one, variables) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [fill(one, variables) for one in value]
    return value


def version_of(role: str) -> str:
    """Give the hash of the scenarios of a role and of all templates, which a report names."""
    files = (*sorted((SCENARIOS / role).glob("*.toml")), *sorted(TEMPLATES.glob("*.xml")))
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()[:16]
