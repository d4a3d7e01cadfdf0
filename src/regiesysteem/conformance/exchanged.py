"""The log of a run: each exchange with its place in the scenarios, as JSON lines that can be judged again."""

import hashlib
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Literal

import orjson
from pydantic import TypeAdapter, ValidationError

from regiesysteem.errors import Reportable

Direction = Literal["uit", "in"]


class LogError(Reportable):
    """A file is no log of a run; the text says in Dutch why."""

    exit_ = 2


@dataclass(frozen=True, slots=True)
class Exchanged:
    """One request and its answer.

    `direction`: uit when we asked, in when the system under test did. `scenario` and `step` (counted from 1) say what
    it was for; a message that came in by itself has neither. `answer` is empty when there was none, and `trouble` then
    says why. `action` is the SOAPAction as it was on the line. `moment` is ISO 8601. `variables` are the values that
    the step was judged with.
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
    variables: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class LogHead:
    """The first line of a log: which role was played, by which version, with which scenarios and profile."""

    role: str
    moment: str
    runner: str
    scenarios: str
    address: str
    profile: dict[str, Any]


_HEAD: Final = TypeAdapter(LogHead)
_EXCHANGES: Final = TypeAdapter(list[Exchanged])


def write_log(head: LogHead, exchanges: Iterable[Exchanged]) -> bytes:
    """Write a log as JSON lines, the head first."""
    lines = [asdict(head), *map(asdict, exchanges)]
    return b"".join(orjson.dumps(one, option=orjson.OPT_APPEND_NEWLINE) for one in lines)


def read_log(data: bytes) -> tuple[LogHead, list[Exchanged]]:
    """Read a log back. Raises LogError for something else."""
    try:
        head, *rest = (orjson.loads(line) for line in data.splitlines() if line.strip())
        return _HEAD.validate_python(head), read_exchanges(rest)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise LogError(f"Dit is geen verslag van regie conformiteit: {place}: {first['msg']}") from None
    except ValueError as error:
        raise LogError(f"Dit is geen verslag van regie conformiteit: {error}") from None


def read_exchanges(lines: Iterable[object]) -> list[Exchanged]:
    """Read the exchanges of a log, which somebody else may have made. Raises ValueError."""
    return _EXCHANGES.validate_python(list(lines))


def digest(data: bytes) -> str:
    """Give the hash of a log, which a report names."""
    return hashlib.sha256(data).hexdigest()
