"""Makes the first inrichting of a municipality from fragments: the plans, and a file per kind of back office.

Each file in `soorten` is a kind: its applicatie, zaaktypen, forms of domain data and abonnementen, as valid TOML.
"""

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from string import Template
from typing import Final, NamedTuple

from regiesysteem import config
from regiesysteem.errors import Reportable, os_reason

_HERE: Final = Path(__file__).parent
_HEAD: Final = re.compile(r"^\[\[([a-z]+)\]\]", re.MULTILINE)
_PLANS: Final = ("GEZINSPLAN", "DOMEINPLAN")
_TITLES: Final = {
    "applicatie": "De systemen die ons berichten sturen, of ze van ons krijgen.",
    "zaaktype": "De zaaktypen: eerst de twee plannen van RZS 1.0, dan de deelplannen.",
    "formaat": "Vormen van domeingegevens; andere worden ook aangenomen.",
    "abonnement": (
        "Wie krijgt bericht waarvan. Deze regels staan klaar achter een hekje: vul het adres van de applicatie in, en\n"
        "# haal dan de hekjes van haar regels weg. Wie hoort wat, en waarom: regie routering verklaar ZAAK GEBEURTENIS"
    ),
}
"""The tables in the order of the file, each with the line above it."""


class UnknownKind(Reportable):
    """The named kind of back office is not one of those that are shipped."""


class FileIsThere(Reportable):
    """A file must not be overwritten, and is there."""

    def __init__(self, file: Path) -> None:
        super().__init__(f"{file} is er al; kies een ander bestand, of geef --overschrijf")


class _Block(NamedTuple):
    """A table of a fragment with all below it, and the comment directly above it."""

    table: str
    text: str


def kinds() -> dict[str, str]:
    """Give the kinds of back office that are shipped, by name, each with its title in Dutch."""
    files = sorted((_HERE / "soorten").glob("*.toml"))
    return {file.stem: file.read_text().partition("\n")[0].removeprefix("# ") for file in files}


def compose(naam: str, code: str, chosen: Iterable[str]) -> str:
    """Write the inrichting of a municipality with these kinds, as TOML with comments. Raises UnknownKind.

    Abonnementen are comments: the applicaties have no address yet, so they would get nothing.
    """
    blocks = [block for block in _blocks(config.example_inrichting()) if _code(block) in _PLANS]
    known = kinds()
    chosen = tuple(dict.fromkeys(chosen))
    if not chosen:
        raise UnknownKind(f"noem minstens een soort backoffice: {', '.join(known)}")
    for kind in chosen:
        if kind not in known:
            raise UnknownKind(f"{kind} is geen soort backoffice; kies uit {', '.join(known)}")
        blocks += _blocks(_HERE / "soorten" / f"{kind}.toml")
    begin = Template((_HERE / "begin.toml").read_text())
    plain = re.sub(r"[^\w .,'()-]", "?", naam)
    parts = [begin.substitute(code=_quoted(code), naam=_quoted(naam), naam_zonder_teken=plain).rstrip()]
    for table, title in _TITLES.items():
        texts = list(dict.fromkeys(block.text for block in blocks if block.table == table))
        if texts:
            parts.append(f"# {title}")
            parts += map(_commented, texts) if table == "abonnement" else texts
    return "\n\n\n".join(parts) + "\n"


def write_new(file: Path, text: str, *, overwrite: bool) -> None:
    """Write a text to a file. Raises FileIsThere when it is there and may not be overwritten."""
    try:
        with file.open("w" if overwrite else "x", encoding="utf-8") as output:
            output.write(text)
    except FileExistsError:
        raise FileIsThere(file) from None
    except OSError as error:
        raise Reportable(f"{file} kan niet worden geschreven ({os_reason(error)})") from None


def _blocks(file: Path) -> Iterator[_Block]:
    """The repeated tables of a fragment, in its order."""
    text = file.read_text()
    starts = [(_with_comment(text, found.start()), found[1]) for found in _HEAD.finditer(text)]
    for (start, table), (end, _) in zip(starts, [*starts[1:], (len(text), "")], strict=True):
        # A comment after an empty line is about what follows.
        yield _Block(table, re.sub(r"(?:\n\s*\n(?:#[^\n]*\n?|\s*\n?)*)\Z", "", text[start:end]).rstrip())


def _with_comment(text: str, start: int) -> int:
    """The place where the lines of comment directly above a place begin."""
    while start and (above := text.rfind("\n", 0, start - 1) + 1) < start and text.startswith("#", above):
        start = above
    return start


def _code(block: _Block) -> str:
    found = re.search(r'^code = "([^"]*)"', block.text, re.MULTILINE)
    return found[1] if found and block.table == "zaaktype" else ""


def _commented(text: str) -> str:
    return "\n".join(f"# {line}".rstrip() for line in text.split("\n"))


def _quoted(text: str) -> str:
    """A text as TOML writes it; JSON leaves DEL as it is, and TOML takes none."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
