"""The shape of the code: sizes, doors, hops. A change that breaks a rule here is a change of the design."""

import ast
import importlib
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

WORTEL = Path(__file__).resolve().parents[2]
ARCHITECTURE = WORTEL / "docs/maken/architecture.md"
SRC = WORTEL / "src" / "regiesysteem"
MODULES = sorted(SRC.rglob("*.py"))

LANGE_FUNCTIES: dict[str, str] = {}
"""Functions over 50 lines, each with the reason why that is right."""


def _functies(module: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for knoop in ast.walk(ast.parse(module.read_text())):
        if isinstance(knoop, ast.FunctionDef | ast.AsyncFunctionDef):
            yield knoop


def test_a_module_holds_one_subject() -> None:
    """Over 600 lines it holds two; below that the subject says where a module ends, not a number."""
    lengte = {str(module.relative_to(SRC)): len(module.read_text().splitlines()) for module in MODULES}
    assert {naam: regels for naam, regels in lengte.items() if regels > 600} == {}


def test_functions_fit_a_screen() -> None:
    lang = {
        f"{module.relative_to(SRC)}:{functie.name}": (functie.end_lineno or 0) - functie.lineno + 1
        for module in MODULES
        for functie in _functies(module)
        if (functie.end_lineno or 0) - functie.lineno + 1 > 50
    }
    assert {naam: regels for naam, regels in lang.items() if naam not in LANGE_FUNCTIES} == {}


def test_the_message_path_commits_in_one_place() -> None:
    """One transaction per message: below the operations nobody begins, commits or rolls back."""
    lagen = ("diensten", "zakenmagazijn", "zkn", "stuf", "opslag")
    plaatsen = {
        str(module.relative_to(SRC))
        for module in MODULES
        if module.relative_to(SRC).parts[0] in lagen
        for knoop in ast.walk(ast.parse(module.read_text()))
        if isinstance(knoop, ast.Attribute) and knoop.attr in {"commit", "rollback", "begin", "begin_nested"}
    }
    # Cleaning up is no message.
    assert plaatsen == {"diensten/transaction.py", "opslag/opruimen.py"}


@pytest.mark.parametrize("naam", sorted(set(re.findall(r"`(regiesysteem\.[\w.]+:[\w.]+)`", ARCHITECTURE.read_text()))))
def test_the_hops_in_the_architecture_page_exist(naam: str) -> None:
    module, _, pad = naam.partition(":")
    ding: object = importlib.import_module(module)
    for deel in pad.split("."):
        ding = getattr(ding, deel)
    assert callable(ding)


def test_files_named_in_the_architecture_page_exist() -> None:
    tekst = ARCHITECTURE.read_text()
    namen = set(re.findall(r"`((?:zkn|stuf|zakenmagazijn|diensten|opslag|xsd)/[\w/]+\.\w+)`", tekst))
    assert namen, "the page names files"
    assert {naam for naam in namen if not (SRC / naam).exists() and not (WORTEL / naam).exists()} == set()


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
    uit = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert uit.returncode == 0, uit.stderr
