"""Bring a checked inrichting into the database: what is new, what changed, what is no longer in force."""

from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import Connection, Engine, Select, select
from sqlalchemy.orm import Session

from regiesysteem import paden
from regiesysteem.inrichting.bestand import Gelezen, lees_bestand, lees_tekst
from regiesysteem.inrichting.controles import waarschuwingen
from regiesysteem.inrichting.meldingen import InrichtingFout
from regiesysteem.inrichting.model import Inrichtingsbestand, sleutels
from regiesysteem.inrichting.stand import vergrendel, verhoog
from regiesysteem.inrichting.tabellen import InrichtingRij, InrichtingStandRij
from regiesysteem.inrichting.zaaktypen_laden import Wijzigingen, bewaar_zaaktypen

VOORBEELD = "voorbeeld"


@dataclass(frozen=True)
class Verschil:
    """What a load changed: codes of zaaktypen, and the other tables of the file; ``versie`` is that of the stand.

    ``waarschuwingen``, of `laad_bestand` alone: what is allowed but probably not meant, one Dutch line each.
    """

    versie: int
    geladen: bool
    nieuw: tuple[str, ...] = ()
    gewijzigd: tuple[str, ...] = ()
    vervallen: tuple[str, ...] = ()
    onderdelen: tuple[str, ...] = ()
    waarschuwingen: tuple[str, ...] = ()


def laad_bestand(engine: Engine, pad: Path) -> Verschil:
    """Read, check and load a file. Raises InrichtingFout with everything that is wrong; then nothing changes."""
    gelezen = lees_bestand(pad)
    if pad.resolve() == paden.voorbeeld_inrichting().resolve():
        gelezen = replace(gelezen, bron=VOORBEELD)
    return replace(laad_inrichting(engine, gelezen), waarschuwingen=tuple(waarschuwingen(gelezen.inrichting)))


def laad_bij_start(engine: Engine, pad: Path, *, gekozen: bool) -> Verschil | None:
    """Load a file when a server starts.

    ``gekozen`` says that the municipality named the file (REGIE_INRICHTING). The shipped example that comes in its
    absence never replaces what somebody loaded by hand: then None, and what is there stays.
    """
    if not gekozen:
        with engine.connect() as connection:
            laatste = connection.execute(_laatste().with_only_columns(InrichtingRij.bron)).scalar_one_or_none()
        if laatste is not None and laatste != VOORBEELD:
            return None
    return laad_bestand(engine, pad)


def laad_inrichting(engine: Engine, gelezen: Gelezen) -> Verschil:
    """Load a checked inrichting in one transaction; the same text again changes nothing."""
    with engine.begin() as connection:
        vergrendel(connection)
        return _laad(connection, gelezen)


def _laatste() -> Select[InrichtingRij]:
    return select(InrichtingRij).order_by(InrichtingRij.versie.desc()).limit(1)


def _laad(connection: Connection, gelezen: Gelezen) -> Verschil:
    with Session(connection, autoflush=False) as session:
        laatste = session.scalars(_laatste()).one_or_none()
        eerder = _eerdere(laatste)
        rijen = bewaar_zaaktypen(session, gelezen.inrichting.zaaktype)
        zelfde = laatste is not None and (laatste.sha256, laatste.schemas) == (gelezen.sha256, gelezen.schemas)
        if laatste is not None and zelfde:
            laatste.bron = gelezen.bron
        else:
            schemas = {naam: dict(bestanden) for naam, bestanden in gelezen.schemas.items()}
            session.add(InrichtingRij(toml=gelezen.tekst, sha256=gelezen.sha256, bron=gelezen.bron, schemas=schemas))
        session.flush()
        geladen = not zelfde or rijen.iets
        versie = verhoog(connection) if geladen else session.scalars(select(InrichtingStandRij.versie)).one()
    return Verschil(
        versie=versie,
        geladen=geladen,
        nieuw=tuple(rijen.nieuw),
        gewijzigd=_gewijzigd(rijen, eerder, gelezen.inrichting),
        vervallen=tuple(rijen.vervallen),
        onderdelen=_onderdelen(eerder, gelezen.inrichting),
    )


def _eerdere(laatste: InrichtingRij | None) -> Inrichtingsbestand | None:
    """The inrichting in force so far; None too when its text is no longer right for this version of the program."""
    try:
        return lees_tekst(laatste.toml, laatste.bron).inrichting if laatste is not None else None
    except InrichtingFout:
        return None


def _gewijzigd(rijen: Wijzigingen, eerder: Inrichtingsbestand | None, nu: Inrichtingsbestand) -> tuple[str, ...]:
    """Zaaktypen with another row or, for rules that have no column, another table in the file."""
    toen = {zaaktype.code: zaaktype for zaaktype in eerder.zaaktype} if eerder else {}
    anders = {z.code for z in nu.zaaktype if toen.get(z.code, z) != z} | set(rijen.gewijzigd)
    return tuple(z.code for z in nu.zaaktype if z.code in anders and z.code not in rijen.nieuw)


def _onderdelen(eerder: Inrichtingsbestand | None, nu: Inrichtingsbestand) -> tuple[str, ...]:
    namen = (naam for naam in sleutels(Inrichtingsbestand) if naam != "zaaktype")
    return tuple(naam for naam in namen if eerder is None or getattr(eerder, naam) != getattr(nu, naam))
