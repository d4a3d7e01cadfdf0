"""The story of `voorbeelden/` as data, and the messages that it consists of.

`verhaal.toml` has the messages in their order; `fouten.toml` the usual mistakes, each made of a good message;
`van_ons.toml` what we send. The templates are those of the conformance runner.
"""

import tomllib
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field

from regiesysteem.config import TIME_ZONE
from regiesysteem.conformance.in_zds12 import action_in_zds12, message_in_zds12
from regiesysteem.conformance.outgoing import action_of, envelope_around, render
from regiesysteem.conformance.profile import DEFAULT, Profile, System
from regiesysteem.zkn.operations import OPERATIONS, Operation

_DATA: Final = Path(__file__).parent
FIRST_MOMENT: Final = datetime(2026, 3, 2, 9, 0, tzinfo=TIME_ZONE)
"""The moment of the first message, fixed so that the files stay as they are; each next one is a minute later."""
_ADDRESS: Final = "http://127.0.0.1:8080/stuf"
_OURSELVES: Final = "Regiesysteem"
_REGISSEUR: Final = "Regie-app"
_OTHER_NUMBERS: Final = ("1900000000000", "1900Z12000000")
"""The begin of the numbers in the story, and of those in its messages of ZDS 1.2."""


class ExampleMessage(BaseModel):
    """A message of the story; `verhaal.toml` says what each key means.

    In the mistakes also: `vervang`, pairs of a text in the good message and what stands there instead; `actie`, a
    SOAPAction other than that of the operation; `deur`, the path of another door; `na`, the text of the same message
    that is sent first; `fout`, the codes that it may get.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    naam: str
    operatie: str
    sjabloon: str
    uitleg: str
    antwoord: str
    met: dict[str, Any] = Field(default_factory=dict)
    zender: str = _REGISSEUR
    ontvanger: str = _OURSELVES
    zoek: dict[str, str] = Field(default_factory=dict)
    vervang: tuple[tuple[str, str], ...] = ()
    actie: str | None = None
    deur: str = ""
    fout: str = ""

    @property
    def operation(self) -> Operation:
        """The operation that it is for."""
        return OPERATIONS[self.operatie]

    @property
    def action(self) -> str:
        """Its SOAPAction."""
        return action_of(self.operatie) if self.actie is None else self.actie


@dataclass(frozen=True)
class ExampleFile:
    """A message with its file below `voorbeelden/` and the envelope that stands in it."""

    path: str
    message: ExampleMessage
    text: str


def read_messages(name: str) -> list[ExampleMessage]:
    """Read the messages of one of the data files."""
    data = tomllib.loads((_DATA / name).read_text("utf-8"))
    return [ExampleMessage.model_validate(one) for one in data["bericht"]]


def story() -> list[ExampleFile]:
    """Give the messages of the story, in order."""
    return [_file(message, number, "", "v") for number, message in enumerate(read_messages("verhaal.toml"), 1)]


def mistakes() -> list[ExampleFile]:
    """Give the usual mistakes, for a system on which the story was played."""
    return [_file(message, number, "fouten/", "f") for number, message in enumerate(read_messages("fouten.toml"), 1)]


def from_us() -> list[ExampleFile]:
    """Give the messages that a receiver gets from us."""
    return [_file(message, number, "van-ons/", "n") for number, message in enumerate(read_messages("van_ons.toml"), 1)]


def story_in_zds12() -> list[ExampleFile]:
    """Give what of the story ZDS 1.2 says in messages of its own, about zaken and documents with other numbers."""
    also = [
        message
        for message in read_messages("verhaal.toml")
        if message.operation.element_zds12 not in {"", message.operation.element}
    ]
    return [_file(message, number, "zds-1.2/", "z", zds12=True) for number, message in enumerate(also, 1)]


def _file(message: ExampleMessage, number: int, directory: str, prefix: str, *, zds12: bool = False) -> ExampleFile:
    moment = FIRST_MOMENT + timedelta(minutes=number)
    referentie = f"{prefix}-{number:04d}"
    values = message.met | ({"zds12": True} if zds12 else {})
    rendered = render(message.sjabloon, values, _profile(message), referentie=referentie, moment=moment)
    rendered = "\n".join(line for line in rendered.splitlines() if line.strip())
    if zds12:
        rendered = message_in_zds12(rendered.replace(*_OTHER_NUMBERS), message.operatie)
        message = message.model_copy(update=_said_in_zds12(message))
    text = envelope_around(rendered)
    for good, wrong in message.vervang:
        if good not in text:
            raise ValueError(f"{message.naam}: {good} staat niet in {message.sjabloon}")
        text = text.replace(good, wrong)
    head, _, body = text.partition("\n")
    path = f"{directory}{number:02d}-{message.naam}.xml"
    return ExampleFile(path, message, f"{head}\n<!-- {_comment(message, path)} -->\n{body}")


def _said_in_zds12(message: ExampleMessage) -> dict[str, Any]:
    """Give the keys of a message that ZDS 1.2 says in other names."""
    said = {
        "naam": message.naam.replace("geefZaakdocumentbewerken", "geefZaakdocumentBewerken"),
        "actie": action_in_zds12(message.operatie),
        "zoek": {mark: xpath.replace("zkn:", "zds:") for mark, xpath in message.zoek.items()},
        "uitleg": message.uitleg.replace(*_OTHER_NUMBERS),
    }
    return said if message.antwoord.startswith("Bv") else said | {"antwoord": message.operation.answer_zds12}


def _comment(message: ExampleMessage, path: str) -> str:
    """Say what the message is for, what comes back, and how it is sent, for a shell to copy."""
    answer = f"{message.antwoord} met {message.fout}" if message.fout else message.antwoord
    door = f"/{message.deur}" if message.deur else ""
    lines = [message.uitleg, f"Antwoord: {answer}."]
    if message.ontvanger == _OURSELVES:
        lines.append(f"curl -H 'Content-Type: text/xml; charset=utf-8' -H 'SOAPAction: \"{message.action}\"' \\")
        lines.append(f"  -d @voorbeelden/{path} {_ADDRESS}{door}")
    else:
        lines.append(f"SOAPAction: {message.action}")
    return "\n     ".join(lines)


def _profile(message: ExampleMessage) -> Profile:
    code = DEFAULT.gemeentecode
    systems = (System(organisatie=code, applicatie=one) for one in (message.zender, message.ontvanger))
    return DEFAULT.model_copy(update=dict(zip(("zender", "ontvanger"), systems, strict=True)))
