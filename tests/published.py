"""Files of others that are not ours to hand on: the schemas and texts of the standard, traffic from the field.

They stand in a directory `shared` beside the project, or are absent. Tests that need our schema alone run without them.
"""

import functools
import os
from collections.abc import Callable
from importlib import util
from pathlib import Path
from types import ModuleType

import pytest
from lxml import etree

from regiesysteem.stuf.schema import check

SHARED = Path(__file__).resolve().parents[2] / "shared"
STANDARD = SHARED / "standaard"
TEXT = STANDARD / "tekst"
FIELD_TRAFFIC = SHARED / "veldverkeer"


def need(path: Path, what: str) -> None:
    """Skip the module that calls this when `path` is absent; in CI beside a `shared` it must run."""
    if path.exists():
        return
    if os.environ.get("CI") and SHARED.is_dir():
        pytest.fail(f"{path} is absent")
    pytest.skip(f"compares our contract with {what}, which we may not distribute", allow_module_level=True)


@functools.cache
def validator() -> ModuleType:
    """The module that validates messages against the published schemas."""
    spec = util.spec_from_file_location("valideer", STANDARD / "valideer.py")
    assert spec is not None
    assert spec.loader is not None
    module = util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def assert_valid(message: etree._Element) -> etree._Element:
    """See that a message is valid by our schema, and by the published ones where they are; gives the message."""
    assert check(message) == []
    if STANDARD.is_dir() or (os.environ.get("CI") and SHARED.is_dir()):
        faults: Callable[[etree._Element], list[str]] = validator().controleer
        assert faults(message) == []
    return message
