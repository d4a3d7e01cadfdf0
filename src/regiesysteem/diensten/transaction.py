"""One message, one transaction: admission, the duplicate rule, the operation, and the only commit of the way in."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Final, NamedTuple

import psycopg2
from lxml import etree
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from regiesysteem.db import READ_ONLY
from regiesysteem.diensten.admission import laat_toe
from regiesysteem.diensten.contents import herstel_inhouden
from regiesysteem.diensten.context import MessageContext
from regiesysteem.diensten.table import FUNCTIONS
from regiesysteem.inrichting.current import Inrichting, InrichtingBron
from regiesysteem.inrichting.leniency import Leniency
from regiesysteem.logging_ import logger
from regiesysteem.storage import InhoudFout, Opslag, OpslagOnbereikbaar
from regiesysteem.stuf.answers import bv03
from regiesysteem.stuf.faults import StufFout
from regiesysteem.stuf.message import Bericht, Systeem
from regiesysteem.stuf.xml import canoniek, ontleed_eigen, serialiseer
from regiesysteem.zakenmagazijn.deviations import keep_deviations
from regiesysteem.zakenmagazijn.events import meld
from regiesysteem.zakenmagazijn.messages import (
    NieuwBericht,
    bewaar_antwoord,
    lees_inrichting_versie,
    sla_bericht_op,
    vind_eerder_bericht,
)
from regiesysteem.zkn.operations import OPERATIONS, Operation

_POGINGEN: Final = 4
_OPNIEUW: Final = {"40001", "40P01"}  # serialization failure, deadlock: the same work may succeed now
_TE_LANG: Final = {"55P03", "57014"}  # lock timeout, statement timeout
_TE_GROOT: Final = {"54000"}  # a value that no index takes


class DatabaseFout(Exception):
    """The database refused a statement for a reason that nobody expected.

    The text gives the place and the kind, and not the words of PostgreSQL, which quote the row.
    """


class _Verdwenen(Exception):
    """The earlier message of a conflict is gone again: the work starts over."""


class _Admitted(NamedTuple):
    """An admitted message: the inrichting that admitted it, and its leniency."""

    inrichting: Inrichting
    leniency: Leniency


class Uitvoering:
    """Executes messages for one process; its only state is the inrichting that it saw last."""

    def __init__(self, motor: Engine, bron: InrichtingBron, opslag: Opslag) -> None:
        self._motor = motor
        self._bron = bron
        self._opslag = opslag
        self._laatste: Inrichting | None = None

    def voer_uit(self, bericht: Bericht, nu: datetime) -> etree._Element:
        """Admit and execute a message and give its answer; after this the effect is there, with the answer stored.

        Raises StufFout, and then nothing was left behind: the same message may be offered again (StUF 03.01, 4.4.3).
        """
        toegelaten = self._laat_toe(bericht)
        operation = OPERATIONS[bericht.dienst]
        werk = self._muteer if operation.mutates else self._beantwoord
        return self._herhaal(werk, operation, bericht, nu, toegelaten)

    @property
    def eigen(self) -> Systeem:
        """Our name as a sender, as far as known: before the first message only the applicatie."""
        return _eigen(self._laatste) if self._laatste else Systeem(applicatie="Regiesysteem")

    def _laat_toe(self, bericht: Bericht) -> _Admitted:
        """Admit a message with the inrichting seen last; refuse it only with the one that holds now."""
        operation = OPERATIONS.get(bericht.dienst)
        foutcode = operation.fault_code if operation else "Fo02"
        if self._laatste is not None:
            try:
                return _Admitted(self._laatste, laat_toe(bericht, self._laatste))
            except StufFout:
                if self._actueel(foutcode) is self._laatste:
                    raise
        self._laatste = self._actueel(foutcode)
        return _Admitted(self._laatste, laat_toe(bericht, self._laatste))

    def _actueel(self, foutcode: str) -> Inrichting:
        with _vertaald(foutcode), self._motor.connect() as verbinding:
            return self._bron.actueel(lees_inrichting_versie(verbinding), verbinding)

    def _again(self, versie: int, verbinding: Connection, toegelaten: _Admitted, bericht: Bericht) -> _Admitted:
        """Give the inrichting that holds in this transaction; when it has changed, the message is admitted again."""
        if versie == toegelaten.inrichting.versie:
            # The reports of the first attempt are dropped with it.
            return _Admitted(toegelaten.inrichting, toegelaten.leniency.copy())
        self._laatste = self._bron.actueel(versie, verbinding)
        return _Admitted(self._laatste, laat_toe(bericht, self._laatste))

    def _muteer(self, operation: Operation, bericht: Bericht, nu: datetime, toegelaten: _Admitted) -> etree._Element:
        antwoord = (
            bv03(bericht.stuurgegevens, _eigen(toegelaten.inrichting), nu) if operation.fault_code == "Fo03" else None
        )
        nieuw = _nieuw_bericht(bericht, nu, antwoord)
        with self._motor.connect() as verbinding:
            with verbinding.begin():
                versie, bericht_id = sla_bericht_op(verbinding, nieuw)
                if bericht_id is None:
                    antwoord = _eerder_antwoord(verbinding, nieuw)
                    herstel_inhouden(antwoord, bericht, verbinding, self._opslag)
                    return antwoord
                toegelaten = self._again(versie, verbinding, toegelaten, bericht)
                inrichting, leniency = toegelaten
                context = MessageContext(verbinding, inrichting, self._opslag, nu, bericht_id, leniency)
                eigen = FUNCTIONS[operation.name](bericht, context)
                if eigen is not None:
                    bewaar_antwoord(verbinding, bericht_id, serialiseer(eigen))
                    antwoord = eigen
                if operation.notifies and inrichting.meldt_gebeurtenissen:
                    meld(verbinding, bericht_id, *nieuw.zender[:2])
            _report(verbinding, bericht, nu, toegelaten)
        if antwoord is None:
            raise TypeError(f"{operation.name} gives no answer and has no standard acknowledgement")
        return antwoord

    def _beantwoord(
        self, operation: Operation, bericht: Bericht, nu: datetime, toegelaten: _Admitted
    ) -> etree._Element:
        """Answer a question from one snapshot of the database, which starts with its first statement."""
        opties = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        with self._motor.connect().execution_options(**opties) as verbinding:
            versie = lees_inrichting_versie(verbinding)
            toegelaten = self._again(versie, verbinding, toegelaten, bericht)
            inrichting, leniency = toegelaten
            context = MessageContext(verbinding, inrichting, self._opslag, nu, leniency=leniency)
            antwoord = FUNCTIONS[operation.name](bericht, context)
            verbinding.rollback()
            _report(verbinding, bericht, nu, toegelaten)
        if antwoord is None:
            raise TypeError(f"{operation.name} gives no answer")
        return antwoord

    def _herhaal(
        self,
        werk: Callable[[Operation, Bericht, datetime, _Admitted], etree._Element],
        operation: Operation,
        bericht: Bericht,
        nu: datetime,
        toegelaten: _Admitted,
    ) -> etree._Element:
        """Do the work, again where that is safe: after a conflict, and once after a lost connection.

        When the connection breaks, nobody knows whether the commit arrived. The duplicate rule makes a second attempt
        safe, so a mutation without a key of its own gets none.
        """
        verbroken = 0 if operation.mutates and not _heeft_sleutel(bericht) else 1
        with _vertaald(operation.fault_code):
            for poging in range(1, _POGINGEN):
                try:
                    return werk(operation, bericht, nu, toegelaten)
                except _Verdwenen:
                    reden = "eerder_bericht_verdwenen"
                except DBAPIError as fout:
                    if fout.connection_invalidated and verbroken:
                        verbroken -= 1
                        reden = "verbinding_verbroken"
                    elif _sqlstate(fout) in _OPNIEUW:
                        reden = "conflict"
                    else:
                        raise
                logger().info("bericht_opnieuw", dienst=operation.name, poging=poging, reden=reden)
            return werk(operation, bericht, nu, toegelaten)


def _report(verbinding: Connection, bericht: Bericht, nu: datetime, toegelaten: _Admitted) -> None:
    """Keep the accepted deviations of a message in a transaction of its own, so that no message waits for another.

    It uses the connection of the message, so that the answer does not wait for one. The log has the deviations too,
    also when the database refused them.
    """
    inrichting, leniency = toegelaten
    deviations = leniency.deviations
    if not deviations:
        return
    logger().info("bericht_wijkt_af", dienst=bericht.dienst, regels=sorted(deviations))
    gegevens = bericht.stuurgegevens
    zender = (gegevens.zender or Systeem()).sleutel
    listed = inrichting.applicatie(*zender) is not None
    try:
        verbinding.execution_options(isolation_level="AUTOCOMMIT", postgresql_readonly=False)
        keep_deviations(verbinding, zender, gegevens.referentienummer, bericht.dienst, nu, deviations, listed=listed)
    except (SQLAlchemyError, psycopg2.Error) as fout:
        logger().error("afwijkingen_niet_bewaard", regels=sorted(deviations), plek=_plek(fout))


@contextmanager
def _vertaald(foutcode: str) -> Iterator[None]:
    """Turn an error of the database into a fault; its own words may quote rows, and go nowhere."""
    try:
        yield
    except OpslagOnbereikbaar as fout:
        logger().error("opslag_onbereikbaar", reden=str(fout))
        raise _later(foutcode, "De opslag van documenten is nu niet bereikbaar") from fout
    except InhoudFout as fout:
        logger().error("inhoud_niet_te_lezen", sha256=fout.verwijzing)
        raise StufFout("StUF058", f"{fout} Noem de beheerder deze verwijzing.") from fout
    except (SQLAlchemyError, _Verdwenen) as fout:
        logger().error("database_fout", plek=_plek(fout))
        if foutcode == "Fo02" and (_sqlstate(fout) in _TE_LANG or isinstance(fout, PoolTimeout)):
            raise StufFout("StUF960", "Het is nu te druk; bied de vraag later opnieuw aan.") from fout
        if _sqlstate(fout) in _TE_GROOT:
            raise StufFout(
                "StUF055",
                "Een waarde in het bericht is langer dan hier bewaard kan worden; het schema zegt hoe lang elk element "
                "mag zijn.",
            ) from fout
        if _tijdelijk(fout):
            raise _later(foutcode, "De database is nu niet bereikbaar of bezet") from fout
        raise DatabaseFout(_plek(fout)).with_traceback(fout.__traceback__) from None


def _later(foutcode: str, reden: str) -> StufFout:
    return StufFout("StUF046" if foutcode == "Fo03" else "StUF058", f"{reden}; bied het bericht later opnieuw aan.")


def _tijdelijk(fout: Exception) -> bool:
    """Tell whether offering the message again, unchanged, may help."""
    if isinstance(fout, PoolTimeout | _Verdwenen):
        return True
    staat = _sqlstate(fout)
    geen_antwoord = isinstance(fout, DBAPIError) and (fout.connection_invalidated or not staat)
    # 08 connection, 53 resources (disk full, too many connections), 57P shutdown.
    later = _OPNIEUW | _TE_LANG | {READ_ONLY}
    return geen_antwoord or staat in later or staat[:2] in {"08", "53"} or staat.startswith("57P")


def _sqlstate(fout: Exception) -> str:
    return str(getattr(getattr(fout, "orig", None), "pgcode", None) or "")


def _plek(fout: Exception) -> str:
    """Name the kind of an error, its SQLSTATE, and its table, column and constraint.

    An error without an SQLSTATE comes from the driver, which knows no rows: then its first line tells the cause.
    """
    if not _sqlstate(fout):
        return f"{type(fout).__name__} {str(getattr(fout, 'orig', fout)).partition(chr(10))[0]}"
    diagnose = getattr(getattr(fout, "orig", None), "diag", None)
    namen = (getattr(diagnose, f"{deel}_name", None) for deel in ("table", "column", "constraint"))
    return " ".join(str(deel) for deel in (type(fout).__name__, _sqlstate(fout), *namen) if deel)


def _eigen(inrichting: Inrichting) -> Systeem:
    return Systeem(inrichting.organisatie, inrichting.systeem.applicatie)


def _heeft_sleutel(bericht: Bericht) -> bool:
    gegevens = bericht.stuurgegevens
    return bool(gegevens.referentienummer and gegevens.zender and gegevens.zender.applicatie)


def _nieuw_bericht(bericht: Bericht, nu: datetime, antwoord: etree._Element | None) -> NieuwBericht:
    gegevens = bericht.stuurgegevens
    return NieuwBericht(
        zender=(gegevens.zender or Systeem()).sleutel,
        referentienummer=gegevens.referentienummer,
        dienst=bericht.dienst,
        ontvangen_op=nu,
        tijdstip_bericht=gegevens.tijdstip_bericht,
        digest=hashlib.sha256(canoniek(bericht.element)).digest(),
        inhoud=serialiseer(bericht.element),
        antwoord=serialiseer(antwoord) if antwoord is not None else b"",
    )


def _eerder_antwoord(verbinding: Connection, nieuw: NieuwBericht) -> etree._Element:
    """Apply the duplicate rule (StUF 03.01, 4.4): the same message gets the same answer, another one StUF016."""
    eerder = vind_eerder_bericht(verbinding, nieuw.zender, nieuw.referentienummer)
    if eerder is None:
        raise _Verdwenen
    if eerder.digest != nieuw.digest:
        raise StufFout(
            "StUF016",
            f"Referentienummer {nieuw.referentienummer} is door deze zender al gebruikt voor een ander bericht; "
            "geef elk bericht een eigen referentienummer.",
        )
    if not eerder.antwoord:
        raise StufFout(
            "StUF016",
            f"Het bericht met referentienummer {nieuw.referentienummer} is eerder verwerkt; het antwoord wordt niet "
            "meer bewaard. Stel de vraag opnieuw met een eigen referentienummer.",
        )
    return ontleed_eigen(eerder.antwoord)
