"""`voorbeelden/`: complete SOAP messages as files, made of the templates of the runner and the story in `verhaal.toml`.

`make voorbeelden` makes them again; a test compares them with what this makes, and others send each of them.
"""

import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field

from regiesysteem.conformance.outgoing import action_of, envelope_around, render
from regiesysteem.conformance.profile import DEFAULT, System
from regiesysteem.zkn.operations import OPERATIONS

STORY: Final = Path(__file__).parent / "verhaal.toml"
BEGIN: Final = datetime(2026, 12, 1, 8, 0, tzinfo=UTC)
"""The moment of the first message; each next one is a minute later."""

_ADDRESS: Final = "http://127.0.0.1:8080/stuf"


class StoryMessage(BaseModel):
    """One message of the story.

    `bestand` is its file without .xml, below `voorbeelden/`. `antwoord` is the local name of the answer, a code of a
    fault in a mistake. `zender` and `ontvanger` are applicaties. `invullen`: what a reader has to put in first, because
    an earlier answer gave it (text in the file -> which file, and the XPath in its answer). `wijzig` are texts of a
    good message and what stands there by mistake. `actie`: a SOAPAction other than that of the operation.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    bestand: str
    titel: str
    operatie: str
    sjabloon: str
    antwoord: str
    zender: str = "Regie-app"
    ontvanger: str = "Regiesysteem"
    met: dict[str, Any] = Field(default_factory=dict)
    wijzig: dict[str, str] = Field(default_factory=dict)
    invullen: dict[str, tuple[str, str]] = Field(default_factory=dict)
    actie: str = ""

    @property
    def soap_action(self) -> str:
        """The SOAPAction that it is sent with."""
        return self.actie or action_of(self.operatie)

    @property
    def name(self) -> str:
        """The number of a file of the story, the name of another."""
        file = self.bestand.rpartition("/")[2]
        return file.partition("-")[0] if self.bestand[0].isdigit() else file

    @property
    def is_ours(self) -> bool:
        """Tell whether we send it, and a back office receives it."""
        return self.bestand.startswith("van-ons/")

    @property
    def is_mistake(self) -> bool:
        """Tell whether it is refused, on purpose."""
        return self.bestand.startswith("fouten/")


@dataclass(frozen=True)
class ExampleFile:
    """A file of the kit: its path below `voorbeelden/`, and its text."""

    path: str
    text: str


def read_story() -> list[StoryMessage]:
    """Read the messages of the story, in their order."""
    listing = tomllib.loads(STORY.read_text("utf-8"))["bericht"]
    return [StoryMessage.model_validate(one) for one in listing]


def make_examples() -> Iterator[ExampleFile]:
    """Make every file: the messages, and the README with a table of them."""
    story = read_story()
    for number, one in enumerate(story):
        yield ExampleFile(f"{one.bestand}.xml", _text(one, number))
    template = (Path(__file__).parent / "voorbeelden.md").read_text("utf-8")
    tables = {
        "@verhaal@": _table([one for one in story if not (one.is_ours or one.is_mistake)]),
        "@van-ons@": _table([one for one in story if one.is_ours]),
        "@fouten@": _table([one for one in story if one.is_mistake]),
    }
    for mark, table in tables.items():
        template = template.replace(mark, table)
    yield ExampleFile("README.md", template)


def _text(one: StoryMessage, number: int) -> str:
    profile = DEFAULT.model_copy(
        update={"zender": _system(one.zender), "ontvanger": _system(one.ontvanger)},
    )
    given = {"referentie": f"vb-{one.name}"} | one.met
    moment = BEGIN + timedelta(minutes=number)
    message = render(one.sjabloon, given, profile, referentie=given["referentie"], moment=moment)
    lines = [line for line in message.splitlines() if line.strip()]
    text = envelope_around("\n".join(lines))
    for old, new in one.wijzig.items():
        if old not in text:
            raise ValueError(f"{one.bestand}: {old} is not in the message")
        text = text.replace(old, new)
    head, _, rest = text.partition("\n")
    return f"{head}\n{_comment(one)}\n{rest}"


def _system(name: str) -> System:
    return System(organisatie="1900", applicatie=name)


def _comment(one: StoryMessage) -> str:
    lines = [f"{one.titel}. Antwoord: {one.antwoord}."]
    lines += [f"Zet eerst op de plaats van {mark} wat {file}.xml gaf." for mark, (file, _) in one.invullen.items()]
    if not one.is_ours:
        lines += [
            "curl -H 'Content-Type: text/xml; charset=utf-8' -H 'SOAPAction: \"" + one.soap_action + "\"' \\",
            f"  -d @voorbeelden/{one.bestand}.xml {_ADDRESS}",
        ]
    return "<!--\n" + "".join(f"  {line}\n" for line in lines) + "-->"


def _table(messages: list[StoryMessage]) -> str:
    rows = [
        f"| [{one.bestand.rpartition('/')[2]}.xml]({one.bestand}.xml) | {one.titel} | {one.operatie} | {one.antwoord} |"
        for one in messages
    ]
    return "\n".join(["| bestand | wat | operatie | antwoord |", "| --- | --- | --- | --- |", *rows])


def without_example() -> set[str]:
    """Give the published operations that no message of the story is of."""
    published = {name for name, operation in OPERATIONS.items() if operation.published}
    return published - {one.operatie for one in read_story()}


def main(directory: Path) -> None:
    """Write the files below a directory, and remove messages that the story has no longer."""
    files = {one.path: one.text for one in make_examples()}
    for gone in set(directory.rglob("[0-9]*.xml")) | set((directory / "fouten").glob("*.xml")):
        if str(gone.relative_to(directory)) not in files:
            gone.unlink()
    for path, text in files.items():
        target = directory / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
