"""A name in the tree stands for one thing: no two modules and no two public classes share one."""

import ast
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

SRC = Path(__file__).resolve().parents[2] / "src"
MODULES = sorted(SRC.rglob("*.py"))

SAME_MODULE = {"__init__", "cli"}
"""Each package has its own."""

SAME_CLASS = {"Systeem", "Zaaktype"}
"""The module says which is meant.

A Systeem is our own in the TOML of the inrichting, or the sender or receiver of a message. A Zaaktype is as the TOML
writes it, or as messages see it: with its id, the rules that it inherits, and what was taken over.
"""


def _shared(names: Iterable[tuple[str, Path]]) -> dict[str, list[str]]:
    places = defaultdict(list)
    for name, module in names:
        places[name].append(str(module.relative_to(SRC)))
    return {name: found for name, found in places.items() if len(found) > 1}


def test_no_two_modules_share_a_name() -> None:
    shared = _shared((module.stem, module) for module in MODULES)
    assert {name: found for name, found in shared.items() if name not in SAME_MODULE} == {}


def test_no_two_public_classes_share_a_name() -> None:
    shared = _shared(
        (node.name, module)
        for module in MODULES
        for node in ast.parse(module.read_text()).body
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    )
    assert {name: found for name, found in shared.items() if name not in SAME_CLASS} == {}
