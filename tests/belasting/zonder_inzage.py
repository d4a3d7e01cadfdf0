"""`regie` whose questions leave nothing in the read log, for `toegang` to compare with; the product cannot do it."""

import runpy

from regiesysteem.diensten import transaction
from regiesysteem.zakenmagazijn.messages import read_inrichting_versie


def _nothing(*_: object) -> None:
    """Write no look."""


if __name__ == "__main__":
    transaction.begin_reading = read_inrichting_versie  # type: ignore[attr-defined]
    transaction._record = _nothing
    runpy.run_module("regiesysteem", run_name="__main__")
