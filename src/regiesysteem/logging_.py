"""Log lines: events with fields, as text for people or JSON for machines, and never a BSN in them.

The only module that knows the standard library's logging: it turns the lines of libraries into the same form.
"""

import logging  # noqa: TID251 - the one door
import os
import re
import sys
import threading
import traceback
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Literal

import orjson
import structlog
from structlog.typing import EventDict, ExcInfo, Processor, WrappedLogger

MASK = "*********"
# Nine digits in a row, or written in groups; or the last nine of a longer number: a BSN may stand directly behind other
# digits, such as the 11 (NPS) with which zaken refer to a person, a date or a gemeentecode. So one in eleven of longer
# numbers that hold no BSN, such as zaakidentificaties, is masked too; the digits before it stay.
_NINE_DIGITS = re.compile(r"(?<![0-9])[0-9](?:[ .-]?[0-9]){8}(?![0-9])|[0-9]{9}(?![0-9])")
# Libraries that tell more than an operator wants.
_QUIET = ("spyne", "zeep", "alembic", "sqlalchemy", "urllib3", "procrastinate", "asyncio")


def logger(**fields: Any) -> Any:
    """Give a logger; `fields` come in each of its lines."""
    return structlog.get_logger(**fields)


def set_up_logging(form: Literal["text", "json"], *, process: str = "", quiet: bool = False) -> None:
    """Set up the log lines of this process, on standard error.

    `form` is REGIE_LOG; `process` (serve, web, worker, ...) comes in every line; `quiet` leaves warnings and errors.
    """
    level = logging.WARNING if quiet else logging.INFO
    first_steps: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _with_process(process),
    ]
    last_steps: list[Processor] = [structlog.processors.ExceptionRenderer(traceback_without_values), hide_bsn]
    if form == "json":
        last_steps.append(structlog.processors.JSONRenderer(serializer=_json))
    else:
        # Plain tracebacks: the pretty ones show local variables, and those hold messages.
        last_steps.append(
            structlog.dev.ConsoleRenderer(
                colors=sys.stderr.isatty(), sort_keys=False, exception_formatter=structlog.dev.plain_traceback
            )
        )
    # Our own lines go straight out; only lines of libraries pass through the standard library.
    structlog.configure(
        processors=[*first_steps, *last_steps],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    output = logging.StreamHandler(sys.stderr)
    output.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*first_steps, structlog.stdlib.add_logger_name],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last_steps],
        )
    )
    if process:
        _hear_what_nobody_catches()
    root = logging.getLogger()
    root.handlers[:] = [output]
    root.setLevel(level)
    logging.captureWarnings(capture=True)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def traceback_without_values(exc_info: ExcInfo) -> str:
    """Give a traceback with the kinds of the errors and not their texts: those quote messages and rows.

    An error with `loggable` has a text without any value; that of the system is known by its number.
    """
    lines: list[str] = []
    for error in _causes(exc_info[1]):
        lines += ["Traceback (most recent call last):\n", *traceback.format_tb(error.__traceback__)]
        text = str(error) if getattr(error, "loggable", False) else ""
        if isinstance(error, OSError) and error.errno:
            text = os.strerror(error.errno)
        kind = type(error)
        lines.append(f"{kind.__module__}.{kind.__qualname__}{f': {text}' if text else ''}\n")
    return "".join(lines).rstrip()


def _causes(error: BaseException | None) -> list[BaseException]:
    """An error and those that it came from, the first of them first."""
    found: list[BaseException] = []
    while error is not None and error not in found:
        found.append(error)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return found[::-1]


def _hear_what_nobody_catches() -> None:
    """Log the errors that end a process or a thread, in the form of all lines; Python would print their texts."""

    def report(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            return
        logger().critical("niet_opgevangen", exc_info=(kind, error, trace))

    sys.excepthook = report
    threading.excepthook = lambda args: report(args.exc_type, args.exc_value or args.exc_type(), args.exc_traceback)


def hide_bsn(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Mask every possible BSN in the values of a line, however deep it sits; a structlog processor."""
    return {key: _hidden(value) for key, value in event.items()}


def without_bsn(text: str) -> str:
    """Give a text with a mask for every possible BSN in it."""
    return _NINE_DIGITS.sub(_mask, text)


def is_bsn(digits: str) -> bool:
    """Tell whether nine digits pass the elfproef; 000000000 does not count."""
    total = sum(weight * int(digit) for weight, digit in zip((9, 8, 7, 6, 5, 4, 3, 2, -1), digits, strict=True))
    return total % 11 == 0 and any(digit != "0" for digit in digits)


def _hidden(waarde: Any) -> Any:
    if isinstance(waarde, str):
        return without_bsn(waarde)
    if isinstance(waarde, bool | float | None):
        return waarde
    if isinstance(waarde, int):
        hidden = without_bsn(f"{waarde:09d}") if waarde >= 10_000_000 else ""
        return hidden if MASK in hidden else waarde
    if isinstance(waarde, Mapping):
        return {_hidden(key): _hidden(inhoud) for key, inhoud in waarde.items()}
    if isinstance(waarde, list | tuple | set | frozenset):
        return [_hidden(inhoud) for inhoud in waarde]
    return _hidden(str(waarde))


def _mask(found: re.Match[str]) -> str:
    return MASK if is_bsn(re.sub(r"[^0-9]", "", found[0])) else found[0]


def _with_process(process: str) -> Processor:
    def add(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        if process:
            event.setdefault("proces", process)
        return event

    return add


def _json(waarde: Any, default: Any = None, **_options: Any) -> str:
    return orjson.dumps(waarde, default=default or str).decode()
