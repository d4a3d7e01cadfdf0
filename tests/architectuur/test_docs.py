"""The pages for users and makers: every link leads somewhere, and the index leads to every page."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    {*ROOT.glob("*.md"), *(file for part in ("docs", ".github", "voorbeelden") for file in (ROOT / part).rglob("*.md"))}
)
LINK = re.compile(r"\]\(([^)#\s]*)#?([^)\s]*)\)")
CODE = re.compile(r"^(?:    .*|```[\s\S]*?^```)$|`[^`\n]*`", re.MULTILINE)


def links(page: Path) -> list[tuple[Path, str]]:
    """File and anchor of each link of a page, but for addresses of the web."""
    found = LINK.findall(CODE.sub("", page.read_text()))
    return [
        ((page.parent / file).resolve() if file else page, anchor)
        for file, anchor in found
        if not file.startswith(("http:", "https:", "mailto:"))
    ]


def anchors(page: Path) -> set[str]:
    """The anchors that a forge makes of the headings of a page."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_to_a_file_and_a_heading(page: Path) -> None:
    for file, anchor in links(page):
        assert file.exists(), f"{page.name}: {file}"
        assert not anchor or anchor in anchors(file), f"{page.name}: {file.name}#{anchor}"


def test_the_index_leads_to_every_page_in_one_click() -> None:
    index = ROOT / "docs/README.md"
    reached = {file for file, _ in links(index)} | {index}
    decisions = {page for page in PAGES if page.parent.name == "besluiten"}
    wanted = {page for page in PAGES if page.is_relative_to(ROOT / "docs")} - decisions
    assert wanted - reached == set()
    assert decisions - {file for file, _ in links(ROOT / "docs/besluiten/README.md")} == {
        ROOT / "docs/besluiten/README.md"
    }


def test_a_page_that_the_code_names_exists() -> None:
    """Docstrings, help of commands, the example inrichting and the tests name pages of docs/ by their path."""
    named = {
        (str(file.relative_to(ROOT)), path)
        for folder in ("src", "tests", "migrations", "xsd", "wsdl")
        for file in (ROOT / folder).rglob("*")
        if file.suffix in {".py", ".toml", ".xsd", ".wsdl"}
        for path in re.findall(r"\bdocs/[\w/]+\.\w+", file.read_text())
    }
    assert len(named) > 20
    assert sorted((file, path) for file, path in named if not (ROOT / path).exists()) == []


def test_the_version_is_the_newest_dated_one_of_the_changelog() -> None:
    versions = re.findall(
        r"^## (\d+\.\d+\.\d+) - (\d{4}-\d\d-\d\d)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE
    )
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    public = (ROOT / "publiccode.yaml").read_text()
    assert versions[0][0] == project["version"]
    assert re.findall(r'^(?:softwareVersion|releaseDate): "?([^"\n]+)', public, re.MULTILINE) == list(versions[0])
