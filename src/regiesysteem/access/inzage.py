"""The read log: what a caller looked at, why, and whom that was about (AVG 5 and 15; Logboek Dataverwerkingen).

A look is one row of `inzage`, with a row of `inzage_betrokkene` for each natural person that the zaken of the answer
name. People are kept as pseudonyms. The database writes both (`regie_inzage_schrijf`), and lets nobody change them.
"""

import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

import orjson
from lxml import etree
from psycopg2.errors import InsufficientPrivilege
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import ProgrammingError

from regiesysteem.access.caller import Caller
from regiesysteem.db import Sql
from regiesysteem.errors import Reportable
from regiesysteem.inrichting.current import Inrichting
from regiesysteem.inrichting.fields import persoon_forms
from regiesysteem.stuf.checks import nine_digits
from regiesysteem.stuf.read import local
from regiesysteem.zkn.names import zkn

# --- The trace that a look belongs to (W3C Trace Context, 3.2)

_TRACEPARENT: Final = re.compile(r"(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}")


class Trace(NamedTuple):
    """A trace, and the span in it that called us; None when nobody said so."""

    trace_id: bytes
    parent: bytes | None


def read_trace(traceparent: str) -> Trace:
    """Read a traceparent; one that is absent or not well-formed gives a new trace."""
    found = _TRACEPARENT.fullmatch(traceparent.strip())
    if found:
        trace_id, parent = map(bytes.fromhex, found.groups())
        if any(trace_id) and any(parent):
            return Trace(trace_id, parent)
    return Trace(secrets.token_bytes(16), None)


# --- A look, gathered while the answer is made, and written before it leaves


@dataclass
class Look:
    """The contents of an answer, as far as the read log has to know them.

    Attributes:
        zaken: rows of the zaken that it shows, also those at the other end of a relation.
        documenten: identificaties of the documents that it hands out; the zaken that they belong to count too.
        sought: the people that were asked for, as `object.sleutel` writes them; they count when nothing was found.
        aantal: how many objects the answer has.
    """

    zaken: set[int] = field(default_factory=set)
    documenten: set[str] = field(default_factory=set)
    sought: set[str] = field(default_factory=set)
    aantal: int = 0


_CRITERIA: Final = ("gelijk", "vanaf", "totEnMet")


def sought_people(question: etree._Element) -> set[str]:
    """The people that the criteria of a question name by number, as `object.sleutel` writes them.

    A betrokkene may be asked by an identificatie of any kind (StUF-ZKN 3.10): one that can be a BSN counts as one.
    """
    found = set()
    for naam in _CRITERIA:
        for holder in question.iterfind(zkn(naam)):
            for node in holder.iter(tag=etree.Element):
                waarde = (node.text or "").strip()
                match local(node):
                    case "anp.identificatie" if waarde:
                        found.add(f"anp:{waarde}")
                    case "inp.bsn" if waarde:
                        found.add(f"bsn:{waarde}")
                    case "identificatie" if node.getparent() is not holder:
                        found |= {f"bsn:{form}" for form in persoon_forms(waarde) if nine_digits(form)}
    return found


_WRITE: Final = Sql("""
    -- a look and its people
    SELECT regie_inzage_schrijf(CAST(:wie AS jsonb), CAST(:trace AS bytea), CAST(:aanroeper AS bytea), :wat, :doel,
                                CAST(:zaken AS bigint[]), CAST(:documenten AS text[]), CAST(:gezocht AS text[]),
                                CAST(:aantal AS int))
""")


def keep_look(  # noqa: PLR0917 - who, what, why and which, as the row has them
    connection: Connection, caller: Caller, wat: str, doel: str, look: Look, traceparent: str = "", *, first: str = ""
) -> int:
    """Write a look in the transaction of its answer, in one round trip, and give the number of its row.

    `wat` is an operation, page or command; `doel` the URI of the verwerkingsactiviteit. `first` is a command without
    parameters that goes before it.
    """
    trace = read_trace(traceparent)
    zender = caller.zender
    wie = {
        "organisatie": zender.organisatie,
        "applicatie": caller.applicatie.naam if caller.applicatie else zender.applicatie,
        "administratie": zender.administratie,
        "bewijs": caller.proof,
        "persoon": caller.persoon,
        "rol": caller.rol,
    }
    parameters = {
        "wie": orjson.dumps(wie).decode(),
        "trace": trace.trace_id,
        "aanroeper": trace.parent,
        "wat": wat,
        "doel": doel,
        "zaken": list(look.zaken),
        "documenten": sorted(look.documenten),
        "gezocht": sorted(look.sought),
        "aantal": look.aantal,
    }
    number: int = connection.exec_driver_sql(f"{first}; {_WRITE}" if first else str(_WRITE), parameters).scalar_one()
    return number


def purpose(inrichting: Inrichting, caller: Caller) -> str:
    """The verwerkingsactiviteit for which a caller looks: its own one, or that of the municipality."""
    own = caller.applicatie.verwerkingsactiviteit if caller.applicatie else None
    return own or inrichting.regels.verwerkingsactiviteit


# --- Searching the log: by person, by zaak, by reader

_AT_ONCE: Final = 500
_CONDITIONS: Final = {
    "personen": "(i.id, i.tijdstip) IN (SELECT inzage_id, tijdstip FROM inzage_betrokkene"
    " WHERE betrokkene = ANY(regie_betrokkene(:personen)))",
    "zaak": 'i.zaken @> ARRAY[:zaak] COLLATE "C"',
    "wie": "(i.applicatie = :wie OR i.persoon = :wie)",
    "van": "i.tijdstip >= :van",
    "tot": "i.tijdstip < :tot",
}


@dataclass(frozen=True)
class Search:
    """The looks to find in the log; a condition that is absent finds everything.

    Attributes:
        personen: one of these people, as `object.sleutel` writes them (bsn:...).
        zaak: the identificatie of a zaak that was shown.
        wie: the applicatie or the person that looked.
        van: not before this moment.
        tot: before this moment.
    """

    personen: tuple[str, ...] = ()
    zaak: str = ""
    wie: str = ""
    van: datetime | None = None
    tot: datetime | None = None

    @property
    def parameters(self) -> dict[str, Any]:
        """The values of its conditions, by their names."""
        values = {"personen": list(self.personen), "zaak": self.zaak, "wie": self.wie, "van": self.van, "tot": self.tot}
        return {naam: waarde for naam, waarde in values.items() if waarde}

    @property
    def where(self) -> str:
        """Its conditions as SQL on `inzage i`."""
        return " AND ".join([_CONDITIONS[naam] for naam in self.parameters]) or "true"


def person_of_bsn(bsn: str) -> tuple[str, ...]:
    """The person with this BSN, in each form that `object.sleutel` may have."""
    return tuple(f"bsn:{form}" for form in persoon_forms(bsn.strip()))


class LoggedLook(NamedTuple):
    """A look in the log; `personen` are pseudonyms."""

    tijdstip: datetime
    applicatie: str
    persoon: str
    rol: str
    bewijs: str
    wat: str
    doel: str
    zaken: list[str]
    documenten: list[str]
    personen: list[str]
    aantal: int

    @property
    def wie(self) -> str:
        """The person that looked, else the applicatie."""
        return self.persoon or self.applicatie


_FIND: Final = """
    -- looks
    SELECT i.tijdstip, i.applicatie, i.persoon, i.rol, i.bewijs, i.wat, i.doel, i.zaken, i.documenten,
           ARRAY(SELECT encode(p.betrokkene, 'hex') FROM inzage_betrokkene p
                 WHERE p.inzage_id = i.id AND p.tijdstip = i.tijdstip ORDER BY 1) AS personen, i.aantal
    FROM inzage i WHERE {where}
"""
_OLDEST_FIRST: Final = f"{_FIND} ORDER BY i.tijdstip, i.id"
_NEWEST_FIRST: Final = f"{_FIND} ORDER BY i.tijdstip DESC, i.id DESC LIMIT :hoogstens"
_ROWS: Final = """
    -- looks as rows of Logboek Dataverwerkingen, a row for each person
    SELECT i.trace_id, p.span_id, i.span_id AS look, i.parent_span_id AS foreign, i.applicatie, i.wat, i.doel, i.status,
           i.tijdstip, i.einde, p.betrokkene, p.soort
    FROM inzage i JOIN inzage_betrokkene p ON p.inzage_id = i.id AND p.tijdstip = i.tijdstip
    WHERE {where} ORDER BY i.tijdstip, i.id, p.betrokkene
"""


_COUNT: Final = "-- the number of looks\nSELECT count(*) FROM inzage i WHERE {where}"


def count_looks(connection: Connection, search: Search) -> int:
    """The number of looks that a search finds."""
    number: int = Sql(_COUNT.format(where=search.where)).run(connection, search.parameters).scalar_one()
    return number


def find_looks(connection: Connection, search: Search) -> Iterator[LoggedLook]:
    """The looks that a search finds, the oldest first; they are read in batches while the transaction lasts."""
    for row in _stream(connection, _OLDEST_FIRST, search):
        yield LoggedLook(*row)


def newest_looks(connection: Connection, search: Search, count: int) -> list[LoggedLook]:
    """The last looks that a search finds, so many at most, the newest first."""
    statement = Sql(_NEWEST_FIRST.format(where=search.where))
    rows = statement.run(connection, search.parameters | {"hoogstens": count})
    return [LoggedLook(*tuple(row)) for row in rows]


def looks_at_person(connection: Connection, personen: tuple[str, ...]) -> Iterator[LoggedLook]:
    """All looks that were about a person (`object.sleutel`), for who asks what is kept of him (AVG 15).

    They tell when, what and why, and the applicatie; neither the employee who looked (C-579/21) nor other people.
    """
    for look in find_looks(connection, Search(personen)):
        yield look._replace(persoon="", rol="", personen=[])


def logboek_rows(connection: Connection, search: Search) -> Iterator[dict[str, Any]]:
    """The people of the looks that a search finds, as Logboek Dataverwerkingen names its fields; no reader is in them.

    `parent_span_id` is the span of the look, which our own log tells more of.
    """
    for row in _stream(connection, _ROWS, search):
        attributes = {
            "dpl.core.processing_activity_id": row.doel,
            "dpl.core.data_subject_id": row.betrokkene.hex(),
            "dpl.core.data_subject_id_type": row.soort,
        }
        if row.foreign is not None:
            attributes["dpl.core.foreign_operation.span_id"] = row.foreign.hex()
            attributes["dpl.core.foreign_operation.processor"] = row.applicatie
        yield {
            "trace_id": row.trace_id.hex(),
            "span_id": row.span_id.hex(),
            "parent_span_id": row.look.hex(),
            "status": row.status,
            "name": row.wat,
            "start_time": _milliseconds(row.tijdstip),
            "end_time": _milliseconds(row.einde),
            "resource": {"name": "regiesysteem"},
            "attributes": attributes,
        }


def _stream(connection: Connection, sql: str, search: Search) -> Iterator[Any]:
    statement = Sql(sql.format(where=search.where))
    streaming = connection.execution_options(stream_results=True, max_row_buffer=_AT_ONCE)
    return iter(statement.run(streaming, search.parameters))


def _milliseconds(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


# --- The months of the log: made ahead, and dropped when their term is over

_MAKE_MONTHS: Final = Sql("SELECT regie_inzage_maanden()")
_MONTHS: Final = Sql("""
    -- the partitions of the read log, each with the name of its month
    SELECT c.relname AS deel, right(c.relname, 6) AS maand
    FROM pg_inherits h JOIN pg_class c ON c.oid = h.inhrelid
    WHERE h.inhparent IN ('inzage'::regclass, 'inzage_betrokkene'::regclass) ORDER BY c.relname
""")


class NotTheOwner(Reportable):
    """Alleen de eigenaar van de tabellen kan oude maanden van het leeslogboek weghalen (docs/gebruiken/beheer.md)."""

    def __init__(self) -> None:
        super().__init__(str(type(self).__doc__))


def make_months(engine: Engine) -> None:
    """Make the partitions of this month and the next two; a look makes that of its month itself when it has to."""
    with engine.begin() as connection:
        _MAKE_MONTHS.run(connection)


def drop_months(engine: Engine, keep_days: int) -> list[str]:
    """Drop the months of which every look is older than so many days, and name them (yyyymm).

    Raises NotTheOwner for a role that may not.
    """
    bound = datetime.now(UTC) - timedelta(days=keep_days)
    with engine.begin() as connection:
        connection.exec_driver_sql("SET LOCAL lock_timeout = '2s'")  # questions wait behind this one
        old = [row for row in _MONTHS.run(connection) if _end_of(row.maand) <= bound]
        try:
            for row in old:
                connection.exec_driver_sql(f"DROP TABLE {row.deel}")
        except ProgrammingError as error:
            if isinstance(error.orig, InsufficientPrivilege):
                raise NotTheOwner from error
            raise
    return sorted({row.maand for row in old})


def _end_of(month: str) -> datetime:
    """The first moment after a month (yyyymm)."""
    year, number = int(month[:4]), int(month[4:])
    return datetime(year + number // 12, number % 12 + 1, 1, tzinfo=UTC)
