"""Keeps what is exchanged in a session, in order, in memory and in a file that a later session goes on with."""

import threading
import time
from dataclasses import asdict
from pathlib import Path

import orjson

from regiesysteem.conformance.exchanged import Exchanged, LogError, read_exchanges
from regiesysteem.conformance.received import belongs
from regiesysteem.conformance.scenarios import ScenarioStep
from regiesysteem.secret_file import for_owner


class Recorder:
    """The exchanges of a session; threads add to it and wait for more. Also the Inbox of a run in which we begin."""

    def __init__(self, file: Path | None = None) -> None:
        """Go on with what the file has. Raises LogError when that is something else."""
        self._file = file
        self._exchanges = _lines(file) if file is not None and file.exists() else []
        self._taken: set[int] = set()
        self._changed = threading.Condition()

    def add(self, exchange: Exchanged) -> None:
        """Add one, on disk first."""
        with self._changed:
            if self._file is not None:
                with open(self._file, "ab", opener=for_owner) as out:
                    out.write(orjson.dumps(asdict(exchange), option=orjson.OPT_APPEND_NEWLINE))
            self._exchanges.append(exchange)
            self._changed.notify_all()

    def exchanges(self) -> list[Exchanged]:
        """Give all so far."""
        with self._changed:
            return list(self._exchanges)

    def wait_beyond(self, count: int, seconds: float) -> bool:
        """Wait until there are more than so many; False when that takes too long."""
        with self._changed:
            return self._changed.wait_for(lambda: len(self._exchanges) > count, max(seconds, 0))

    def wait_for(self, step: ScenarioStep, variables: dict[str, str]) -> Exchanged | None:
        """Give the first message for a step that no step has had, None when it does not come in time."""
        until = time.monotonic() + step.seconds
        while True:
            exchanges = self.exchanges()
            for place, one in enumerate(exchanges):
                if one.direction == "in" and place not in self._taken and belongs(one, step, variables):
                    self._taken.add(place)
                    return one
            if not self.wait_beyond(len(exchanges), until - time.monotonic()):
                return None


def _lines(file: Path) -> list[Exchanged]:
    try:
        return read_exchanges(orjson.loads(line) for line in file.read_bytes().splitlines() if line.strip())
    except ValueError:
        raise LogError(f"{file} is geen verslag van een sessie") from None
