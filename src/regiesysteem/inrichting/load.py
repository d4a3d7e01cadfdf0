"""Brings an inrichting from its file into the database: the file, its XSDs, its rows, and its version."""

import hashlib
import re
import stat
import tomllib
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, TypeVar
from urllib.parse import unquote, urlsplit

from lxml import etree
from pydantic import TypeAdapter, ValidationError
from sqlalchemy import Connection, Engine, Select, func, select, update
from sqlalchemy.orm import Session

from regiesysteem import config
from regiesysteem.errors import os_reden
from regiesysteem.inrichting.check import InrichtingFout, Melding, controleer_samenhang, pad, vertaal, waarschuwingen
from regiesysteem.inrichting.fields import gemaskeerd, gevouwen
from regiesysteem.inrichting.model import Formaat, Inrichtingsbestand, Resultaat, Status, Zaaktype, inhoud, sleutels
from regiesysteem.inrichting.tables import (
    INRICHTING,
    InrichtingRij,
    InrichtingStandRij,
    ResultaattypeRij,
    StatustypeRij,
    ZaaktypeRij,
)
from regiesysteem.logging_ import MASKER
from regiesysteem.stuf.namespaces import XS
from regiesysteem.stuf.xml import OnleesbareXML, compileer_schema, ontleed_bestand

# --- The XSDs that the inrichting names for forms of domain data: read once, with all files that they refer to

HOOFD: Final = "0.xsd"
"""The name of the XSD that includes or imports the others."""

_MAX_BESTANDEN: Final = 200
_MAX_BYTES: Final = 5_000_000
_VERWIJST: Final = tuple(f"{{{XS}}}{naam}" for naam in ("include", "import", "redefine"))

Schemas = Mapping[str, Mapping[str, str]]
"""The name of a form, and the texts of its XSD by name, `HOOFD` first."""


class _SchemaFout(Exception):
    """A mistake in an XSD, in Dutch."""


def lees_schemas(formaten: Iterable[Formaat], map_: Path) -> tuple[Schemas, list[Melding]]:
    """Read the XSDs of forms, relative to a directory, and list the mistakes in them."""
    schemas: dict[str, Mapping[str, str]] = {}
    meldingen = []
    for nummer, formaat in enumerate(formaten):
        if not formaat.xsd:
            continue
        try:
            bestanden = _verzamel(map_ / formaat.xsd)
            compileer_schema(bestanden, HOOFD)
        except (_SchemaFout, OnleesbareXML) as fout:
            meldingen.append(Melding(pad(("formaat", nummer, "xsd")), f"{formaat.xsd}: {fout}"))
        else:
            schemas[formaat.naam] = bestanden
    return schemas, meldingen


def _verzamel(hoofd: Path) -> dict[str, str]:
    """Read an XSD and the files that it refers to; each gets a name of ours, and they refer by those names."""
    namen = {hoofd.resolve(): HOOFD}
    wachtrij = [hoofd.resolve()]
    bestanden: dict[str, str] = {}
    totaal = 0
    for bestand in wachtrij:
        wortel = _lees(bestand)
        for verwijzing in wortel.iterchildren(*_VERWIJST):
            plek = verwijzing.get("schemaLocation")
            if plek is None:
                continue
            ander = _naast(bestand, plek)
            if ander not in namen:
                namen[ander] = f"{len(namen)}.xsd"
                wachtrij.append(ander)
            verwijzing.set("schemaLocation", namen[ander])
        tekst = etree.tostring(wortel, encoding="unicode")
        totaal += len(tekst)
        if len(namen) > _MAX_BESTANDEN or totaal > _MAX_BYTES:
            raise _SchemaFout(f"meer dan {_MAX_BESTANDEN} bestanden of {_MAX_BYTES // 1_000_000} MB")
        bestanden[namen[bestand]] = tekst
    return bestanden


def _naast(bestand: Path, plek: str) -> Path:
    delen = urlsplit(plek)
    if delen.scheme or delen.netloc:
        raise _SchemaFout(f"{bestand.name} verwijst naar {plek!r}; zet dat bestand erbij en verwijs ernaar met een pad")
    return (bestand.parent / unquote(delen.path)).resolve()


def _lees(bestand: Path) -> etree._Element:
    try:
        wortel = ontleed_bestand(bestand)
    except OSError:
        raise _SchemaFout(f"{bestand.name} is er niet, of is niet te lezen") from None
    except etree.XMLSyntaxError:
        raise _SchemaFout(f"{bestand.name} is geen XML") from None
    if wortel.tag != f"{{{XS}}}schema":
        raise _SchemaFout(f"{bestand.name} is geen XML Schema")
    return wortel


# --- Read and check an inrichting: from path or text to the model, or to all errors at once

MAX_BYTES = 5_000_000
_ADAPTER = TypeAdapter(Inrichtingsbestand)

_TOML_REDENEN = {
    "Cannot overwrite a value": "deze sleutel staat er twee keer",
    "Cannot declare": "deze tabel staat er twee keer",
    "Unterminated string": "een tekst zonder sluitend aanhalingsteken",
    "Illegal character": "een teken dat hier niet mag",
    "Invalid date": "een datum die niet bestaat",
    "Invalid value": "geen goede waarde; teksten staan tussen aanhalingstekens",
    "Unclosed array": "een lijst zonder sluitende ]",
    "Expected '='": "na een sleutel hoort een =",
}


@dataclass(frozen=True)
class Gelezen:
    """A checked inrichting with its text; ``bron`` names the text in errors and in `toon`.

    ``schemas`` are the XSDs that it names; those of a text without a file are not read.
    """

    bron: str
    tekst: str
    inrichting: Inrichtingsbestand
    schemas: Schemas = field(default_factory=dict)

    @property
    def sha256(self) -> str:
        """Hexadecimal digest of the text."""
        return hashlib.sha256(self.tekst.encode()).hexdigest()


def lees_bestand(pad: Path) -> Gelezen:
    """Read and check a file. Raises InrichtingFout with every mistake."""
    bron = str(pad)
    try:
        tekst = _inhoud(pad).decode("utf-8-sig")
    except FileNotFoundError:
        raise InrichtingFout(bron, [Melding("", "bestand bestaat niet")]) from None
    except UnicodeDecodeError as fout:
        regel = fout.object.count(b"\n", 0, fout.start) + 1
        reden = f"is geen UTF-8 (regel {regel}); sla het bestand op als UTF-8"
        raise InrichtingFout(bron, [Melding("", reden)]) from None
    except ValueError as fout:
        raise InrichtingFout(bron, [Melding("", str(fout))]) from None
    except OSError as fout:
        raise InrichtingFout(bron, [Melding("", f"kan niet gelezen worden ({os_reden(fout)})")]) from None
    gelezen = lees_tekst(tekst, bron)
    schemas, meldingen = lees_schemas(gelezen.inrichting.formaat, pad.parent)
    if meldingen:
        raise InrichtingFout(bron, meldingen)
    return replace(gelezen, schemas=schemas)


def lees_tekst(tekst: str, bron: str) -> Gelezen:
    """Check a text. Raises InrichtingFout with every mistake."""
    try:
        rauw = tomllib.loads(tekst)
    except RecursionError:
        raise InrichtingFout(bron, [Melding("", "is te diep genest")]) from None
    except ValueError as fout:
        raise InrichtingFout(bron, [Melding("", _toml_fout(str(fout)))]) from None
    meldingen = controleer_samenhang(rauw)
    try:
        inrichting = _ADAPTER.validate_python(rauw)
    except ValidationError as fout:
        meldingen = [*map(vertaal, fout.errors(include_url=False)), *meldingen]
    if meldingen:
        raise InrichtingFout(bron, meldingen)
    return Gelezen(bron, tekst, inrichting)


def zonder_personen(tekst: str) -> str:
    """The text of an inrichting that may be shown: with a mask for each BSN that an abonnement names."""
    for abonnement in _ADAPTER.validate_python(tomllib.loads(tekst)).abonnement:
        for nummer in (*abonnement.persoon, *abonnement.niet_persoon):
            if gemaskeerd(nummer) != nummer:
                tekst = re.sub(rf"(?<![0-9]){nummer}(?![0-9])", MASKER, tekst)
    return tekst


def _inhoud(pad: Path) -> bytes:
    """Bytes of a regular file; reading a pipe or device could wait for ever, and a huge file could fill the memory."""
    if not stat.S_ISREG(pad.stat().st_mode):
        raise ValueError("is geen bestand")
    with pad.open("rb") as invoer:
        gelezen = invoer.read(MAX_BYTES + 1)
    if len(gelezen) > MAX_BYTES:
        raise ValueError(f"is te groot: hoogstens {MAX_BYTES // 1_000_000} MB")
    return gelezen


def _toml_fout(engels: str) -> str:
    reden = next((nederlands for begin, nederlands in _TOML_REDENEN.items() if engels.startswith(begin)), "")
    plek = re.search(r"at line (\d+), column (\d+)", engels)
    waar = f"regel {plek[1]}, positie {plek[2]}" if plek else "aan het eind van het bestand"
    if not plek and "end of document" not in engels:
        waar = "een waarde is onmogelijk"
    return f"is geen goede TOML ({waar}{': ' + reden if reden else ''})"


# --- The one lock and the one number that guard changes of the inrichting

_SLOT = 0x696E72696368  # any number, the same in every process


def vergrendel(connection: Connection) -> None:
    """Wait for other changes of the inrichting and keep them out until the transaction ends (READ COMMITTED)."""
    connection.execute(select(func.pg_advisory_xact_lock(_SLOT)))


def verhoog(connection: Connection) -> int:
    """Give the inrichting its next versie, so that every process takes over the change once it is committed."""
    nieuw = update(InrichtingStandRij).values(versie=InrichtingStandRij.versie + 1).returning(InrichtingStandRij.versie)
    return connection.execute(nieuw).scalar_one()


# --- Make the rows of zaaktypen, statustypen and resultaattypen equal to the file, keeping the ids that zaken refer to

Rij = ZaaktypeRij | StatustypeRij | ResultaattypeRij
Deel = TypeVar("Deel", Status, Resultaat)
DeelRij = TypeVar("DeelRij", StatustypeRij, ResultaattypeRij)


@dataclass
class Wijzigingen:
    """Codes of the zaaktypen that were added, changed (themselves or a part) or marked vervallen."""

    nieuw: list[str] = field(default_factory=list)
    gewijzigd: list[str] = field(default_factory=list)
    vervallen: list[str] = field(default_factory=list)

    @property
    def iets(self) -> bool:
        """Tell whether any row changed."""
        return bool(self.nieuw or self.gewijzigd or self.vervallen)


def bewaar_zaaktypen(session: Session, zaaktypen: Sequence[Zaaktype]) -> Wijzigingen:
    """Write the differences, in a transaction that holds the lock of the inrichting; the caller commits.

    A row that is not in the file becomes vervallen. A row that came from messages (overgenomen) stays, unless the file
    has it too (then the file takes it over, with the same id), or uses its number or words for something else (then it
    is vervallen).
    """
    rijen = {rij.code: rij for rij in session.scalars(select(ZaaktypeRij))}
    statussen: dict[int, list[StatustypeRij]] = defaultdict(list)
    for status in session.scalars(select(StatustypeRij).order_by(StatustypeRij.id)):
        statussen[status.zaaktype_id].append(status)
    resultaten: dict[int, list[ResultaattypeRij]] = defaultdict(list)
    for resultaat in session.scalars(select(ResultaattypeRij).order_by(ResultaattypeRij.id)):
        resultaten[resultaat.zaaktype_id].append(resultaat)

    wijzigingen = Wijzigingen()
    for zaaktype in zaaktypen:
        if zaaktype.code not in rijen:
            rijen[zaaktype.code] = ZaaktypeRij(**_kolommen(zaaktype))
            session.add(rijen[zaaktype.code])
            wijzigingen.nieuw.append(zaaktype.code)
    session.flush()
    for zaaktype in zaaktypen:
        rij = rijen[zaaktype.code]
        anders = _zet(rij, _kolommen(zaaktype))
        anders |= _bewaar_statussen(session, rij.id, zaaktype.status, statussen[rij.id])
        anders |= _bewaar_resultaten(session, rij.id, zaaktype.resultaat, resultaten[rij.id])
        if anders and zaaktype.code not in wijzigingen.nieuw:
            wijzigingen.gewijzigd.append(zaaktype.code)
    genoemd = {zaaktype.code for zaaktype in zaaktypen}
    for code, rij in sorted(rijen.items()):
        if code not in genoemd and rij.herkomst == INRICHTING and _zet(rij, {"vervallen": True}):
            wijzigingen.vervallen.append(code)
    session.flush()
    return wijzigingen


def _kolommen(deel: Zaaktype | Status | Resultaat) -> dict[str, Any]:
    eigen = {
        Zaaktype: ("code", "omschrijving", "soort"),
        Status: ("volgnummer", "code", "omschrijving", "eindstatus"),
        Resultaat: ("omschrijving",),
    }[type(deel)]
    waarden = {naam: getattr(deel, naam) for naam in eigen}
    return {**waarden, "inhoud": inhoud(deel), "herkomst": INRICHTING, "vervallen": False}


def _zet(rij: Rij, waarden: Mapping[str, Any]) -> bool:
    """Set the values that differ; tell whether there were any."""
    anders = {naam: waarde for naam, waarde in waarden.items() if getattr(rij, naam) != waarde}
    for naam, waarde in anders.items():
        setattr(rij, naam, waarde)
    return bool(anders)


def _bewaar_statussen(
    session: Session, zaaktype_id: int, statussen: Sequence[Status], rijen: Sequence[StatustypeRij]
) -> bool:
    """Statustypen keep their row by their words, so that a renumbering does not rename old statuses."""
    koppels = _koppel(
        statussen,
        rijen,
        [
            lambda deel: (_vouw(deel.omschrijving), _vouw(deel.code)),
            lambda deel: _vouw(deel.omschrijving),
            lambda deel: _vouw(deel.code),
        ],
    )
    bezet = {woord for status in statussen for woord in _woorden(status)}
    gekoppeld = {rij.id for _, rij in koppels if rij is not None}
    weg = [
        rij
        for rij in rijen
        if rij.id not in gekoppeld
        and not rij.vervallen
        and (rij.herkomst == INRICHTING or bezet.intersection(_woorden(rij)))
    ]
    verzet = [rij for status, rij in koppels if rij is not None and rij.volgnummer != status.volgnummer]
    # Numbers are unique among the statustypen in force: first all that move leave their number, then they take the new
    # one.
    for oud in (*weg, *verzet):
        oud.vervallen = True
    anders = bool(weg or verzet)
    if anders:
        session.flush()
    for status, rij in koppels:
        if rij is None:
            session.add(StatustypeRij(zaaktype_id=zaaktype_id, **_kolommen(status)))
            anders = True
        else:
            anders |= _zet(rij, _kolommen(status))
    return anders


def _bewaar_resultaten(
    session: Session, zaaktype_id: int, resultaten: Sequence[Resultaat], rijen: Sequence[ResultaattypeRij]
) -> bool:
    koppels = _koppel(resultaten, rijen, [lambda deel: _vouw(deel.omschrijving)])
    gekoppeld = {rij.id for _, rij in koppels if rij is not None}
    anders = False
    for rij in rijen:
        if rij.id not in gekoppeld and rij.herkomst == INRICHTING:
            anders |= _zet(rij, {"vervallen": True})
    for resultaat, gevonden in koppels:
        if gevonden is None:
            session.add(ResultaattypeRij(zaaktype_id=zaaktype_id, **_kolommen(resultaat)))
            anders = True
        else:
            anders |= _zet(gevonden, _kolommen(resultaat))
    return anders


def _koppel(
    delen: Sequence[Deel], rijen: Sequence[DeelRij], sleutels: Sequence[Callable[[Any], Hashable]]
) -> list[tuple[Deel, DeelRij | None]]:
    """Pair each part of the file with its old row, by the first key that fits; rows in force go first."""
    vrij = sorted(rijen, key=lambda rij: rij.vervallen)
    koppels: list[DeelRij | None] = [None] * len(delen)
    for sleutel in sleutels:
        for plek, deel in enumerate(delen):
            gezocht = sleutel(deel)
            if koppels[plek] is not None or gezocht is None:
                continue
            koppels[plek] = next((rij for rij in vrij if sleutel(rij) == gezocht), None)
            vrij = [rij for rij in vrij if rij is not koppels[plek]]
    return list(zip(delen, koppels, strict=True))


def _vouw(tekst: str | None) -> str | None:
    return None if tekst is None else gevouwen(tekst)


def _woorden(deel: Status | StatustypeRij) -> set[tuple[str, Hashable]]:
    """The values by which a message finds a statustype: its number and its words."""
    woorden: set[tuple[str, Hashable]] = {("volgnummer", deel.volgnummer), ("omschrijving", _vouw(deel.omschrijving))}
    if deel.code is not None:
        woorden.add(("code", _vouw(deel.code)))
    return woorden


# --- Bring a checked inrichting into the database: the new, the changed, and the vervallen rows

VOORBEELD = "voorbeeld"


@dataclass(frozen=True)
class Verschil:
    """The changes of a load: codes of zaaktypen, and the other tables of the file; ``versie`` is that of the stand.

    ``waarschuwingen``, of `laad_bestand` alone: values that are allowed but probably not meant, one Dutch line each.
    """

    versie: int
    geladen: bool
    nieuw: tuple[str, ...] = ()
    gewijzigd: tuple[str, ...] = ()
    vervallen: tuple[str, ...] = ()
    onderdelen: tuple[str, ...] = ()
    waarschuwingen: tuple[str, ...] = ()


def laad_bestand(engine: Engine, pad: Path) -> Verschil:
    """Read, check and load a file. Raises InrichtingFout with every mistake; then nothing changes."""
    gelezen = lees_bestand(pad)
    if pad.resolve() == config.voorbeeld_inrichting().resolve():
        gelezen = replace(gelezen, bron=VOORBEELD)
    return replace(laad_inrichting(engine, gelezen), waarschuwingen=tuple(waarschuwingen(gelezen.inrichting)))


def laad_bij_start(engine: Engine, pad: Path, *, gekozen: bool) -> Verschil | None:
    """Load a file when a server starts.

    ``gekozen`` means that the municipality named the file (REGIE_INRICHTING). The shipped example, which is loaded in
    its absence, never replaces an inrichting that somebody loaded by hand: then the result is None, and that inrichting
    stays.
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
    """The inrichting in force so far; None too when its text is no longer valid for this version of the program."""
    try:
        return lees_tekst(laatste.toml, laatste.bron).inrichting if laatste is not None else None
    except InrichtingFout:
        return None


def _gewijzigd(rijen: Wijzigingen, eerder: Inrichtingsbestand | None, nu: Inrichtingsbestand) -> tuple[str, ...]:
    """Zaaktypen with another row, or with another table in the file for the rules that have no column."""
    toen = {zaaktype.code: zaaktype for zaaktype in eerder.zaaktype} if eerder else {}
    anders = {z.code for z in nu.zaaktype if toen.get(z.code, z) != z} | set(rijen.gewijzigd)
    return tuple(z.code for z in nu.zaaktype if z.code in anders and z.code not in rijen.nieuw)


def _onderdelen(eerder: Inrichtingsbestand | None, nu: Inrichtingsbestand) -> tuple[str, ...]:
    namen = (naam for naam in sleutels(Inrichtingsbestand) if naam != "zaaktype")
    return tuple(naam for naam in namen if eerder is None or getattr(eerder, naam) != getattr(nu, naam))
