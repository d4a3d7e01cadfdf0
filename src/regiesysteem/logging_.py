"""Log lines: events with fields, as text for people or JSON for machines, and never a BSN in them.

The only module that knows the standard library's logging: it turns the lines of libraries into the same form.
"""

import logging  # noqa: TID251 - the one door
import re
import sys
from collections.abc import Mapping
from typing import Any, Literal

import orjson
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

MASKER = "*********"
# Nine digits in a row, or written in groups; or the last nine of a longer number: a BSN may stand directly behind other
# digits, such as the 11 (NPS) with which zaken refer to a person, a date or a gemeentecode. So one in eleven of longer
# numbers that hold no BSN, such as zaakidentificaties, is masked too; the digits before it stay.
_NEGEN_CIJFERS = re.compile(r"(?<![0-9])[0-9](?:[ .-]?[0-9]){8}(?![0-9])|[0-9]{9}(?![0-9])")
# Libraries that tell more than an operator wants.
_STIL = ("spyne", "zeep", "alembic", "sqlalchemy", "urllib3", "procrastinate", "asyncio")


def logger(**velden: Any) -> Any:
    """Give a logger; `velden` come in each of its lines."""
    return structlog.get_logger(**velden)


def stel_logboek_in(vorm: Literal["text", "json"], *, proces: str = "", stil: bool = False) -> None:
    """Set up the log lines of this process, on standard error.

    `vorm` is REGIE_LOG; `proces` (serve, web, worker, ...) comes in every line; `stil` leaves warnings and errors.
    """
    niveau = logging.WARNING if stil else logging.INFO
    voorwerk: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _met_proces(proces),
    ]
    slot: list[Processor] = [structlog.processors.format_exc_info, verberg_bsn]
    if vorm == "json":
        slot.append(structlog.processors.JSONRenderer(serializer=_json))
    else:
        # Plain tracebacks: the pretty ones show local variables, and those hold messages.
        slot.append(
            structlog.dev.ConsoleRenderer(
                colors=sys.stderr.isatty(), sort_keys=False, exception_formatter=structlog.dev.plain_traceback
            )
        )
    # Our own lines go straight out; only lines of libraries pass through the standard library.
    structlog.configure(
        processors=[*voorwerk, *slot],
        wrapper_class=structlog.make_filtering_bound_logger(niveau),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    uitvoer = logging.StreamHandler(sys.stderr)
    uitvoer.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*voorwerk, structlog.stdlib.add_logger_name],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *slot],
        )
    )
    wortel = logging.getLogger()
    wortel.handlers[:] = [uitvoer]
    wortel.setLevel(niveau)
    logging.captureWarnings(capture=True)
    for naam in _STIL:
        logging.getLogger(naam).setLevel(logging.WARNING)


def verberg_bsn(_logger: WrappedLogger, _methode: str, regel: EventDict) -> EventDict:
    """Mask every possible BSN in the values of a line, however deep it sits; a structlog processor."""
    return {sleutel: _verborgen(waarde) for sleutel, waarde in regel.items()}


def zonder_bsn(tekst: str) -> str:
    """Give a text with a mask for every possible BSN in it."""
    return _NEGEN_CIJFERS.sub(_masker, tekst)


def is_bsn(cijfers: str) -> bool:
    """Tell whether nine digits pass the elfproef; 000000000 does not count."""
    som = sum(gewicht * int(cijfer) for gewicht, cijfer in zip((9, 8, 7, 6, 5, 4, 3, 2, -1), cijfers, strict=True))
    return som % 11 == 0 and any(cijfer != "0" for cijfer in cijfers)


def _verborgen(waarde: Any) -> Any:
    if isinstance(waarde, str):
        return zonder_bsn(waarde)
    if isinstance(waarde, bool | float | None):
        return waarde
    if isinstance(waarde, int):
        verborgen = zonder_bsn(f"{waarde:09d}") if waarde >= 10_000_000 else ""
        return verborgen if MASKER in verborgen else waarde
    if isinstance(waarde, Mapping):
        return {_verborgen(sleutel): _verborgen(inhoud) for sleutel, inhoud in waarde.items()}
    if isinstance(waarde, list | tuple | set | frozenset):
        return [_verborgen(inhoud) for inhoud in waarde]
    return _verborgen(str(waarde))


def _masker(gevonden: re.Match[str]) -> str:
    return MASKER if is_bsn(re.sub(r"[^0-9]", "", gevonden[0])) else gevonden[0]


def _met_proces(proces: str) -> Processor:
    def voeg_toe(_logger: WrappedLogger, _methode: str, regel: EventDict) -> EventDict:
        if proces:
            regel.setdefault("proces", proces)
        return regel

    return voeg_toe


def _json(waarde: Any, default: Any = None, **_opties: Any) -> str:
    return orjson.dumps(waarde, default=default or str).decode()
