"""The shape of the code: sizes, doors, hops. A change that breaks a rule here is a change of the design."""

import ast
import importlib
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from regiesysteem.config import PREFIX, Settings
from regiesysteem.zkn.operations import DOORS

ROOT = Path(__file__).resolve().parents[2]
ARCHITECTURE = ROOT / "docs/maken/architecture.md"
MAKERS = "\n".join(
    page.read_text() for folder in ("maken", "besluiten") for page in sorted((ROOT / "docs" / folder).glob("*.md"))
)
SRC = ROOT / "src" / "regiesysteem"
MODULES = sorted((ROOT / "src").rglob("*.py"))

LANGE_FUNCTIES: dict[str, str] = {}
"""Functions over 50 lines, each with the reason why that is right."""


def _functies(module: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def test_a_module_holds_one_subject() -> None:
    """Over 600 lines it holds two; below that the subject says where a module ends, not a number."""
    length = {str(module.relative_to(SRC.parent)): len(module.read_text().splitlines()) for module in MODULES}
    assert {naam: regels for naam, regels in length.items() if regels > 600} == {}


def test_functions_fit_a_screen() -> None:
    lang = {
        f"{module.relative_to(SRC.parent)}:{functie.name}": (functie.end_lineno or 0) - functie.lineno + 1
        for module in MODULES
        for functie in _functies(module)
        if (functie.end_lineno or 0) - functie.lineno + 1 > 50
    }
    assert {naam: regels for naam, regels in lang.items() if naam not in LANGE_FUNCTIES} == {}


def test_the_message_path_commits_in_one_place() -> None:
    """One transaction per message: below the operations nobody begins, commits or rolls back."""
    lagen = ("diensten", "zakenmagazijn", "zkn", "stuf", "storage")
    places = {
        str(module.relative_to(SRC))
        for module in MODULES
        if module.is_relative_to(SRC) and module.relative_to(SRC).parts[0] in lagen
        for node in ast.walk(ast.parse(module.read_text()))
        if isinstance(node, ast.Attribute) and node.attr in {"commit", "rollback", "begin", "begin_nested"}
    }
    # Cleaning up is no message, and no command is.
    assert places == {
        "diensten/transaction.py",
        "storage/store.py",
        "zakenmagazijn/cli.py",
        "zakenmagazijn/keeping_cli.py",
    }


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`(regiesysteem\.[\w.]+:[\w.]+)`", MAKERS))))
def test_the_functions_in_the_pages_for_makers_exist(name: str) -> None:
    module, _, path = name.partition(":")
    thing: object = importlib.import_module(module)
    for part in path.split("."):
        thing = getattr(thing, part)
    assert callable(thing)


def test_the_modules_and_files_in_the_pages_for_makers_exist() -> None:
    modules = set(re.findall(r"`(regiesysteem(?:\.\w+)+)`", MAKERS))
    assert len(modules) > 3
    assert {name for name in modules if not _exists(name)} == set()
    files = set(re.findall(r"`((?:\w+/)+\w+\.(?:py|sql|xsd|wsdl|md|toml|yml))`", MAKERS))
    assert len(files) > 20
    assert {name for name in files if not (SRC / name).exists() and not (ROOT / name).exists()} == set()


def test_the_classes_and_constants_that_docs_and_docstrings_name_exist() -> None:
    """A name in backticks is one of the code, a door, or a setting."""
    trees = {module: ast.parse(module.read_text()) for module in MODULES}
    nodes = [node for tree in trees.values() for node in ast.walk(tree)]
    known = {getattr(node, field, None) for node in nodes for field in ("id", "attr", "name", "arg")} | set(DOORS)
    known |= {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
    texts = {str(page): page.read_text() for page in [*(ROOT / "docs").glob("*/*.md"), ROOT / "CONTRIBUTING.md"]
             if page.parent.name != "gebruiken"}  # fmt: skip
    texts |= {str(module): "\n".join(_docstrings(tree)) for module, tree in trees.items()}
    named = {
        (place, name)
        for place, text in texts.items()
        for name in re.findall(r"`(_?[A-Z][A-Za-z]*[a-z][A-Za-z]*|_?[A-Z]{2}[A-Z_]+)(?:\(.*?\)|\.(?!md)\w+)?`", text)
    }
    assert len(named) > 30
    assert {(place, name) for place, name in named if name not in known} == set()


def _docstrings(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            yield node.value.value


def _exists(name: str) -> bool:
    """Tell whether a dotted name is a module, or something in a module."""
    module, _, attribute = name.rpartition(".")
    return hasattr(importlib.import_module(module), attribute) or find_spec(name) is not None


def test_the_architecture_page_has_a_line_for_each_layer_in_the_order_of_the_contract() -> None:
    contract = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"][0]
    layers = [name.strip() for row in contract["layers"] for name in row.split("|")]
    section = ARCHITECTURE.read_text().partition("## Layers")[2].partition("\n## ")[0]
    assert re.findall(r"^\| `(\w+)` \| \S", section, re.MULTILINE) == layers


def test_stuf_knows_no_sector() -> None:
    """No name, import, tag or file of a sector model stands in `stuf`; `zkn` hands in what it needs of one."""
    sector = re.compile(r"zaak|zaken|zkn|rzs|\bedc|\bbg\b|bg0310", re.IGNORECASE)
    found = {
        (str(module.relative_to(SRC)), word)
        for module in sorted((SRC / "stuf").rglob("*.py"))
        for word in _words(ast.parse(module.read_text()))
        if sector.search(word)
    }
    assert found == set()


def _words(tree: ast.Module) -> Iterator[str]:
    """The identifiers, imported modules, and strings of one word, which may be a tag, a namespace or a file."""
    for node in ast.walk(tree):
        for field in ("id", "attr", "name", "arg", "module"):
            if isinstance(word := getattr(node, field, None), str):
                yield word
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " not in node.value:
            yield node.value


def test_importing_opens_nothing() -> None:
    """Importing the operations reads no file, opens no socket and makes no engine: one function wires, later."""
    code = """
import sys
sys.dont_write_bytecode = True
import socket, regiesysteem.zkn.zaak, sqlalchemy, lxml.etree, pydantic, structlog, psycopg2, orjson
def verboden(*a, **k):
    raise AssertionError("opened at import")
socket.socket.connect = verboden
sqlalchemy.create_engine = verboden
lxml.etree.XMLSchema = verboden
import regiesysteem.diensten.table, regiesysteem.diensten.transaction
"""
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert out.returncode == 0, out.stderr
