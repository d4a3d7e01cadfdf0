"""The log of a run: each exchange with its place in the scenarios, as JSON lines that can be judged again."""

import hashlib
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Literal

import orjson

Direction = Literal["uit", "in"]


@dataclass(frozen=True, slots=True)
class Exchanged:
    """One request and its answer.

    `direction`: uit when we asked, in when the system under test did. `scenario` and `step` (counted from 1) say what
    it was for; a message that came in by itself has neither. `answer` is empty when there was none, and `trouble` then
    says why. `action` is the SOAPAction as it was on the line. `moment` is ISO 8601.
    """

    moment: str
    direction: Direction
    operation: str
    action: str
    question: str
    answer: str = ""
    status: int = 0
    trouble: str = ""
    scenario: str = ""
    step: int = 0
    content_type: str = ""


def dump(exchanges: Iterable[Exchanged]) -> bytes:
    """Write exchanges as JSON lines."""
    return b"".join(orjson.dumps(asdict(one), option=orjson.OPT_APPEND_NEWLINE) for one in exchanges)


def read(data: bytes) -> list[Exchanged]:
    """Read exchanges back. Raises ValueError for something else."""
    try:
        return [Exchanged(**orjson.loads(line)) for line in data.splitlines() if line.strip()]
    except (TypeError, orjson.JSONDecodeError) as error:
        raise ValueError(f"geen verslag van een uitvoering: {error}") from None


def digest(data: bytes) -> str:
    """Give the hash of a log, which a report names."""
    return hashlib.sha256(data).hexdigest()
