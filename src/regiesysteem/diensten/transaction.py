"""One message, one transaction: admission, the duplicate rule, the operation, and the only commit of the way in."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Final, NamedTuple

import psycopg2
import structlog
from lxml import etree
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from regiesysteem.access.bounds import SenderBounds, TooFast
from regiesysteem.access.caller import EVERYTHING, NOTHING_SHOWN, Caller, Grant, Shown
from regiesysteem.access.credentials import Prover
from regiesysteem.access.inzage import Look, keep_look, purpose, sought_people
from regiesysteem.access.omit import leave_out
from regiesysteem.db import READ_ONLY, Sql
from regiesysteem.diensten.admission import admit
from regiesysteem.diensten.contents import handed_out, restore_inhouden
from regiesysteem.diensten.context import MessageContext
from regiesysteem.diensten.table import FUNCTIONS
from regiesysteem.inrichting.current import Inrichting, InrichtingSource
from regiesysteem.inrichting.leniency import Leniency
from regiesysteem.logging_ import logger
from regiesysteem.notifications.reports import place_afnemersindicaties
from regiesysteem.storage import InhoudError, Opslag, StorageUnreachable
from regiesysteem.stuf.answers import bv03
from regiesysteem.stuf.faults import StufFout
from regiesysteem.stuf.message import Bericht, Systeem, name_in_log
from regiesysteem.stuf.xml import canonical, parse_own, serialise
from regiesysteem.zakenmagazijn.checkout import lock
from regiesysteem.zakenmagazijn.deviations import keep_deviations
from regiesysteem.zakenmagazijn.events import report
from regiesysteem.zakenmagazijn.messages import (
    END_READING,
    NewBericht,
    begin_reading,
    find_earlier_bericht,
    read_inrichting_versie,
    save_answer,
    save_bericht,
)
from regiesysteem.zkn.names import zkn
from regiesysteem.zkn.operations import OPERATIONS, Operation
from regiesysteem.zkn.zds12 import as_answered, as_read

_ATTEMPTS: Final = 4
# Serialization failure, deadlock, and a row that went while a message was about to refer to it (a person who was
# corrected, or destroyed with a zaak): the same work may succeed now.
_AGAIN: Final = {"40001", "40P01", "23503"}
_TOO_LONG: Final = {"55P03", "57014"}  # lock timeout, statement timeout
_TELLS_VALUES: Final = "StUF063"  # the guard of was: its details have the stored value
_NAMED: Final = zkn("identificatie")
_ZAKEN: Final = Sql("""
    -- the zaken that a message names, and those of the besluiten that it names
    SELECT id FROM zaak WHERE identificatie = ANY(CAST(:named AS text[]))
    UNION SELECT r.zaak_id FROM object o JOIN zaak_relatie r ON r.object_id = o.id AND r.relatie = 'leidtTot'
    WHERE o.entiteittype = 'BSL' AND o.sleutel IN (SELECT 'besluit:' || n FROM unnest(CAST(:named AS text[])) n)
""")
_DOCUMENTEN: Final = Sql("SELECT identificatie FROM document WHERE identificatie = ANY(CAST(:named AS text[]))")
_TOO_LARGE: Final = {"54000"}  # a value that no index takes


class DatabaseError(Exception):
    """The database refused a statement for a reason that nobody expected.

    The text gives the place and the kind, and not the words of PostgreSQL, which quote the row.
    """

    loggable = True


class _Vanished(Exception):
    """The earlier message of a conflict is gone again: the work starts over."""


class _Admitted(NamedTuple):
    """An admitted message: what came with it (credentials, or the person of a page), inrichting, caller, leniency."""

    shown: Shown | Caller
    inrichting: Inrichting
    caller: Caller
    leniency: Leniency


class Execution:
    """Executes messages for one process; its state: the inrichting that it saw last, `prover` and `bounds`."""

    def __init__(
        self,
        engine: Engine,
        source: InrichtingSource,
        opslag: Opslag,
        prover: Prover | None = None,
        bounds: SenderBounds | None = None,
    ) -> None:
        self._engine = engine
        self._bounds = bounds or SenderBounds()
        self._prover = prover or Prover()
        self._source = source
        self._opslag = opslag
        self._last: Inrichting | None = None

    def run(self, bericht: Bericht, now: datetime, shown: Shown | Caller = NOTHING_SHOWN) -> etree._Element:
        """Admit and execute a message and give its answer; after this the effect is there, with the answer stored.

        `shown` are the credentials that came with it, or the person who made it on a page.

        Raises StufFout, and then nothing was left behind: the same message may be offered again (StUF 03.01, 4.4.3).
        """
        admitted = self._admit(bericht, shown)
        bericht = _sent_by(bericht, admitted.caller)
        operation = OPERATIONS[bericht.dienst]
        work = self._mutate if operation.mutates else self._answer
        try:
            return self._repeat(work, operation, bericht, now, admitted)
        except StufFout as fout:
            if fout.code == _TELLS_VALUES:
                self._record_guess(operation, bericht, admitted)
            raise

    @property
    def own_systeem(self) -> Systeem:
        """Our name as a sender, as far as known: before the first message only the applicatie."""
        return _own(self._last) if self._last else Systeem(applicatie="Regiesysteem")

    def before(self, shown: Shown) -> None:
        """Refuse a request of an address that sent too much, before its body is parsed. Raises TooFast.

        A sender that proves who it is before the body is read goes on: others may have the same address.
        """
        if self._last is None:
            return
        try:
            self._bounds.before(self._last, shown)
        except TooFast:
            if not self._prover.vouches(shown, self._last):
                raise

    def after(self, shown: Shown, size: int) -> None:
        """Count a request that proved nothing, of so many bytes."""
        self._bounds.after(shown, size)

    def _admit(self, bericht: Bericht, shown: Shown | Caller = NOTHING_SHOWN) -> _Admitted:
        """Admit a message with the inrichting seen last; refuse it only with the one that holds now."""
        operation = OPERATIONS.get(bericht.dienst)
        foutcode = operation.fault_code if operation else "Fo02"
        if self._last is not None:
            try:
                return self._admit_by(self._last, bericht, shown)
            except StufFout:
                if self._current(foutcode) is self._last:
                    raise
        self._last = self._current(foutcode)
        return self._admit_by(self._last, bericht, shown)

    def _admit_by(self, inrichting: Inrichting, bericht: Bericht, shown: Shown | Caller) -> _Admitted:
        if isinstance(shown, Caller):
            return _Admitted(shown, inrichting, *admit(bericht, inrichting, person=shown))
        return _Admitted(shown, inrichting, *admit(bericht, inrichting, shown, self._prover, self._bounds))

    def _current(self, foutcode: str) -> Inrichting:
        with _translated(foutcode), self._engine.connect() as connection:
            return self._source.current(read_inrichting_versie(connection), connection)

    def _again(self, versie: int, connection: Connection, admitted: _Admitted, bericht: Bericht) -> _Admitted:
        """Give the inrichting that holds in this transaction; when it has changed, the message is admitted again."""
        if versie == admitted.inrichting.versie:
            # The reports of the first attempt are dropped with it.
            return admitted._replace(leniency=admitted.leniency.copy())
        self._last = self._source.current(versie, connection)
        return self._admit_by(self._last, bericht, admitted.shown)

    def _mutate(self, operation: Operation, bericht: Bericht, now: datetime, admitted: _Admitted) -> etree._Element:
        answer = bv03(bericht.stuurgegevens, _own(admitted.inrichting), now) if operation.fault_code == "Fo03" else None
        new = _new_bericht(bericht, now, answer, admitted.caller.persoon)
        with self._engine.connect() as connection:
            with connection.begin():
                versie, bericht_id = save_bericht(connection, new)
                if bericht_id is None:
                    answer = _earlier_answer(connection, new)
                    restore_inhouden(answer, bericht, connection, self._opslag)
                    admitted = self._again(versie, connection, admitted, bericht)
                    look = handed_out(answer)
                    _narrow(connection, answer, look, admitted.caller.grant)
                    _record(connection, operation, as_read(bericht, operation), admitted, look)
                    return answer
                admitted = self._again(versie, connection, admitted, bericht)
                inrichting = admitted.inrichting
                context = MessageContext(
                    connection, inrichting, self._opslag, now, bericht_id, admitted.leniency, admitted.caller
                )
                read = as_read(bericht, operation)
                own = as_answered(FUNCTIONS[operation.name](read, context), bericht, operation)
                _place(connection, context)
                if own is not None:
                    save_answer(connection, bericht_id, serialise(own))
                    answer = own
                if operation.notifies and inrichting.reports_gebeurtenissen:
                    report(connection, bericht_id, *new.zender[:2])
                _record(connection, operation, read, admitted, context.look)
            _report(connection, bericht, now, admitted)
        if answer is None:
            raise TypeError(f"{operation.name} gives no answer and has no standard acknowledgement")
        return answer

    def _answer(self, operation: Operation, bericht: Bericht, now: datetime, admitted: _Admitted) -> etree._Element:
        """Answer a question from one snapshot of the database, which starts with its first statement.

        The read log is written from that snapshot too, after the part of the transaction in which nothing may be
        written.
        """
        with self._engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
            versie = begin_reading(connection)
            admitted = self._again(versie, connection, admitted, bericht)
            context = MessageContext(
                connection, admitted.inrichting, self._opslag, now, leniency=admitted.leniency, caller=admitted.caller
            )
            read = as_read(bericht, operation)
            answer = as_answered(FUNCTIONS[operation.name](read, context), bericht, operation)
            _record(connection, operation, read, admitted, context.look)
            _place(connection, context)
            connection.commit()
            _report(connection, bericht, now, admitted)
        if answer is None:
            raise TypeError(f"{operation.name} gives no answer")
        return answer

    def _record_guess(self, operation: Operation, bericht: Bericht, admitted: _Admitted) -> None:
        """Keep the look of a fault that tells what is registered, before it leaves; its message left nothing behind."""
        read = as_read(bericht, operation)
        named = {"named": [(node.text or "").strip() for node in read.element.iter(_NAMED)]}
        with _translated(operation.fault_code), self._engine.begin() as connection:
            zaken = set(_ZAKEN.run(connection, named).scalars())
            documenten = set(_DOCUMENTEN.run(connection, named).scalars())
            _record(connection, operation, read, admitted, Look(zaken, documenten, aantal=1))

    def _repeat(
        self,
        work: Callable[[Operation, Bericht, datetime, _Admitted], etree._Element],
        operation: Operation,
        bericht: Bericht,
        now: datetime,
        admitted: _Admitted,
    ) -> etree._Element:
        """Do the work, again where that is safe: after a conflict, and once after a lost connection.

        When the connection breaks, nobody knows whether the commit arrived. The duplicate rule makes a second attempt
        safe, so a mutation without a key of its own gets none.
        """
        broken = 0 if operation.mutates and not _has_sleutel(bericht) else 1
        with _translated(operation.fault_code):
            for attempt in range(1, _ATTEMPTS):
                try:
                    return work(operation, bericht, now, admitted)
                except _Vanished:
                    reason = "eerder_bericht_verdwenen"
                except DBAPIError as error:
                    if error.connection_invalidated and broken:
                        broken -= 1
                        reason = "verbinding_verbroken"
                    elif _sqlstate(error) in _AGAIN:
                        reason = "conflict"
                    else:
                        raise
                logger().info("bericht_opnieuw", dienst=operation.name, poging=attempt, reden=reason)
            return work(operation, bericht, now, admitted)


def _record(connection: Connection, operation: Operation, bericht: Bericht, admitted: _Admitted, look: Look) -> None:
    """Write the look of an answer in its transaction; a mutation that hands out nothing has none.

    `bericht` is the message as it was read: who its criteria name was looked for. Raises StUF046 or StUF058 when it
    cannot be written, because then the answer may not leave.
    """
    if operation.mutates and not operation.asks and not look.aantal:
        return
    look.sought |= sought_people(bericht.element)
    doel = purpose(admitted.inrichting, admitted.caller)
    try:
        first = "" if operation.mutates else END_READING
        keep_look(connection, admitted.caller, operation.name, doel, look, bericht.traceparent, first=first)
    except DBAPIError as error:
        if error.connection_invalidated or _sqlstate(error) in _AGAIN:
            raise
        logger().error("inzage_niet_geschreven", dienst=operation.name, plek=_kind_and_place(error))
        raise _later(operation.fault_code, "Het leeslogboek kan nu niet worden bijgehouden") from error


def _place(connection: Connection, context: MessageContext) -> None:
    """Place the afnemersindicaties that the sender asked for, after the part in which nothing may be written."""
    if context.follow and context.caller.applicatie is not None:
        place_afnemersindicaties(connection, context.follow, context.caller.applicatie.naam)


def _report(connection: Connection, bericht: Bericht, now: datetime, admitted: _Admitted) -> None:
    """Keep the accepted deviations of a message in a transaction of its own, so that no message waits for another.

    It uses the connection of the message, so that the answer does not wait for one. The log has the deviations too,
    also when the database refused them.
    """
    deviations = admitted.leniency.deviations
    if not deviations:
        return
    logger().info("bericht_wijkt_af", dienst=bericht.dienst, regels=sorted(deviations))
    data = bericht.stuurgegevens
    zender = (data.zender or Systeem()).sleutel
    listed = admitted.caller.applicatie is not None
    try:
        connection.execution_options(isolation_level="AUTOCOMMIT", postgresql_readonly=False)
        keep_deviations(connection, zender, data.referentienummer, bericht.dienst, now, deviations, listed=listed)
    except (SQLAlchemyError, psycopg2.Error) as error:
        logger().error("afwijkingen_niet_bewaard", regels=sorted(deviations), plek=_kind_and_place(error))


@contextmanager
def _translated(foutcode: str) -> Iterator[None]:
    """Turn an error of the database into a fault; its own words may quote rows, and go nowhere."""
    try:
        yield
    except StorageUnreachable as error:
        logger().error("opslag_onbereikbaar", reden=str(error))
        raise _later(foutcode, "De opslag van documenten is nu niet bereikbaar") from error
    except InhoudError as error:
        logger().error("inhoud_niet_te_lezen", sha256=error.reference)
        raise StufFout("StUF058", f"{error} Noem de beheerder deze verwijzing.") from error
    except (SQLAlchemyError, _Vanished) as error:
        logger().error("database_fout", plek=_kind_and_place(error))
        if foutcode == "Fo02" and (_sqlstate(error) in _TOO_LONG or isinstance(error, PoolTimeout)):
            raise StufFout("StUF960", "Het is nu te druk; bied de vraag later opnieuw aan.") from error
        if _sqlstate(error) in _TOO_LARGE:
            raise StufFout(
                "StUF055",
                "Een waarde in het bericht is langer dan hier bewaard kan worden; het schema zegt hoe lang elk element "
                "mag zijn.",
            ) from error
        if _temporary(error):
            raise _later(foutcode, "De database is nu niet bereikbaar of bezet") from error
        raise DatabaseError(_kind_and_place(error)).with_traceback(error.__traceback__) from None


def _later(foutcode: str, reason: str) -> StufFout:
    return StufFout("StUF046" if foutcode == "Fo03" else "StUF058", f"{reason}; bied het bericht later opnieuw aan.")


def _temporary(error: Exception) -> bool:
    """Tell whether offering the message again, unchanged, may help."""
    if isinstance(error, PoolTimeout | _Vanished):
        return True
    state = _sqlstate(error)
    no_answer = isinstance(error, DBAPIError) and (error.connection_invalidated or not state)
    # 08 connection, 53 resources (disk full, too many connections), 57P shutdown.
    later = _AGAIN | _TOO_LONG | {READ_ONLY}
    return no_answer or state in later or state[:2] in {"08", "53"} or state.startswith("57P")


def _sqlstate(error: Exception) -> str:
    return str(getattr(getattr(error, "orig", None), "pgcode", None) or "")


def _kind_and_place(error: Exception) -> str:
    """Name the kind of an error, its SQLSTATE, and its table, column and constraint.

    An error without an SQLSTATE comes from the driver, which knows no rows: then its first line tells the cause.
    """
    if not _sqlstate(error):
        return f"{type(error).__name__} {str(getattr(error, 'orig', error)).partition(chr(10))[0]}"
    diagnose = getattr(getattr(error, "orig", None), "diag", None)
    names = (getattr(diagnose, f"{part}_name", None) for part in ("table", "column", "constraint"))
    return " ".join(str(part) for part in (type(error).__name__, _sqlstate(error), *names) if part)


def _own(inrichting: Inrichting) -> Systeem:
    return Systeem(inrichting.organisatie, inrichting.systeem.applicatie)


def _sent_by(bericht: Bericht, caller: Caller) -> Bericht:
    """Give a message without zender the name of the caller that was proven, for its key, its answer and the log."""
    data = bericht.stuurgegevens
    if caller.zender == (data.zender or Systeem()):
        return bericht
    structlog.contextvars.bind_contextvars(zender=name_in_log(caller.zender))
    return replace(bericht, stuurgegevens=replace(data, zender=caller.zender))


def _has_sleutel(bericht: Bericht) -> bool:
    data = bericht.stuurgegevens
    return bool(data.referentienummer and data.zender and data.zender.applicatie)


def _new_bericht(bericht: Bericht, now: datetime, answer: etree._Element | None, persoon: str) -> NewBericht:
    data = bericht.stuurgegevens
    return NewBericht(
        zender=(data.zender or Systeem()).sleutel,
        referentienummer=data.referentienummer,
        dienst=bericht.dienst,
        ontvangen_op=now,
        tijdstip_bericht=data.tijdstip_bericht,
        digest=hashlib.sha256(canonical(bericht.element)).digest(),
        inhoud=serialise(bericht.element),
        antwoord=serialise(answer) if answer is not None else b"",
        persoon=persoon,
    )


def _narrow(connection: Connection, answer: etree._Element, look: Look, grant: Grant) -> None:
    """See that an answer of before gives no more than its sender may have now; its rights may have become less.

    Raises StUF064 for a document that it may not see any more.
    """
    for identificatie in sorted(look.documenten) if grant.kinds != EVERYTHING else ():
        lock(connection, identificatie, grant)
    leave_out(answer, grant.zonder)


def _earlier_answer(connection: Connection, new: NewBericht) -> etree._Element:
    """Apply the duplicate rule (StUF 03.01, 4.4): the same message gets the same answer, another one StUF016."""
    earlier = find_earlier_bericht(connection, new.zender, new.referentienummer)
    if earlier is None:
        raise _Vanished
    if earlier.digest != new.digest:
        raise StufFout(
            "StUF016",
            f"Referentienummer {new.referentienummer} is door deze zender al gebruikt voor een ander bericht; "
            "geef elk bericht een eigen referentienummer.",
        )
    if not earlier.antwoord:
        raise StufFout(
            "StUF016",
            f"Het bericht met referentienummer {new.referentienummer} is eerder verwerkt; het antwoord wordt niet "
            "meer bewaard. Stel de vraag opnieuw met een eigen referentienummer.",
        )
    return parse_own(earlier.antwoord)
