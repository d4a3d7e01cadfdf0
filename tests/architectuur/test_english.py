"""Docstrings read once: none begins with a word that stands in place of a noun."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BAD = re.compile(r"(?:Of|Who|Whose|Whoever|Whether|What|Whatever) ")
"""Words that begin a clause without its noun. Name the thing, or begin with a verb: "Tell whether a door takes it"."""


def test_no_docstring_begins_with_a_clause_in_place_of_a_noun() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}: {node.value.value.splitlines()[0]}"
        for folder in ("src", "tests")
        for path in sorted((ROOT / folder).rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        if BAD.match(node.value.value)
    ]
    assert found == []
