"""The page of threats: each line names the tests that hold it, and those exist."""

import ast
import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/maken/threats.md").read_text()
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)(?:::(\w+))?`")
DOORS = (
    "SOAP doors",
    "The header of a proxy",
    "Commands",
    "Database",
    "Storage (S3)",
    "Worker, outbound",
    "Health and figures",
    "Files and temporary files",
    "Back-up",
    "Packages and container",
    "Pages",
)


def lines() -> list[tuple[str, list[str]]]:
    """The door and the cells of each line of the tables."""
    found = []
    for section in PAGE.split("\n## ")[1:]:
        door, _, rest = section.partition("\n")
        rows = [row for row in rest.splitlines() if row.startswith("|")]
        found += [(door, [cell.strip() for cell in row.strip("|").split("|")]) for row in rows[2:]]
    return found


@cache
def names_in(file: str) -> frozenset[str]:
    """The names of the tests of a file, those of a class behind its name."""
    tree = ast.parse((ROOT / file).read_text())
    functions = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    methods = {f"{one.name}::{node.name}" for one in classes for node in one.body if isinstance(node, ast.FunctionDef)}
    return frozenset(functions | methods)


def test_every_door_has_its_lines() -> None:
    assert {door for door, _ in lines()} == set(DOORS)


def test_every_line_names_a_kind_and_a_test_that_holds_it_or_says_that_it_is_open() -> None:
    for door, cells in lines():
        assert len(cells) == 3, (door, cells)
        kinds, threat, held = cells
        assert re.fullmatch(r"[STRIDE](, [STRIDE])*", kinds), (door, threat)
        assert NAMED.search(held) or held.startswith("**open**: "), (door, threat)


def test_every_test_that_is_named_exists() -> None:
    named = NAMED.findall(PAGE)
    assert len(named) > 80
    gone = [
        f"{file}::{name}"
        for file, first, second in named
        if not (ROOT / file).is_file() or (name := "::".join(filter(None, (first, second)))) not in names_in(file)
    ]
    assert gone == []
    in_tables = "".join(held for _, (*_, held) in lines())
    assert in_tables.count("`tests/") == len(NAMED.findall(in_tables)), "each name is written in the one form"
