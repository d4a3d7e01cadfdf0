"""Writes `voorbeelden/`: the messages of the story as files, with a page that lists them.

`python -m regiesysteem.kit.examples [DIRECTORY]`, or `make voorbeelden`. All of it follows from the data beside this
module, the templates and the table of operations, so that a test can compare the files with fresh ones. The answers
are recorded by the test that plays the story.
"""

import sys
from collections.abc import Iterable
from importlib import resources
from pathlib import Path
from typing import Final

from regiesysteem.kit.story import ExampleFile, from_us, mistakes, story, story_in_zds12

ANSWERS: Final = "antwoorden/"
"""The directory of the answers, below that of the examples: each is called after its question."""

_PAGE: Final = "voorbeelden.md"


def example_files() -> dict[str, str]:
    """Give all that is generated: path below `voorbeelden/` -> text."""
    groups = {"verhaal": story(), "fouten": mistakes(), "van-ons": from_us(), "zds-1.2": story_in_zds12()}
    page = resources.files("regiesysteem.kit").joinpath(_PAGE).read_text("utf-8")
    for name, files in groups.items():
        page = page.replace(f"<!-- {name} -->\n", _table(files))
    return {file.path: file.text for files in groups.values() for file in files} | {"README.md": page}


def _table(files: Iterable[ExampleFile]) -> str:
    rows = ["| bestand | wat het is | antwoord |", "| --- | --- | --- |"]
    for file in files:
        message = file.message
        answer = f"{message.antwoord}, {message.fout}" if message.fout else message.antwoord
        rows.append(f"| [{Path(file.path).stem}]({file.path}) | {message.uitleg} | {answer} |")
    return "\n".join(rows) + "\n"


def write_examples(directory: Path) -> None:
    """Write the files, and remove examples that are not made any more."""
    wanted = example_files()
    for old in directory.rglob("*.xml"):
        path = old.relative_to(directory).as_posix()
        if path not in wanted and not path.startswith((ANSWERS, "soapui-")):
            old.unlink()
    for path, text in wanted.items():
        file = directory / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")


if __name__ == "__main__":
    write_examples(Path(sys.argv[1] if len(sys.argv) > 1 else "voorbeelden"))
