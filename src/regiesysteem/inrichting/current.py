"""The inrichting that messages are handled by, as it stands in the database."""

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal, get_args

from sqlalchemy import Connection, Engine, text

from regiesysteem.errors import Reportable
from regiesysteem.inrichting.fields import Rolrechten, Soort, folded
from regiesysteem.inrichting.leniency import Leniency, leniency_for
from regiesysteem.inrichting.load import Schemas, read_text
from regiesysteem.inrichting.model import (
    Abonnement,
    Afspraken,
    Applicatie,
    Bewaarregel,
    Documenten,
    Documenttype,
    Formaat,
    Gemeente,
    Inrichtingsbestand,
    Notificaties,
    Oidc,
    Regel,
    Regels,
    Rol,
    Schemaregel,
    Statustegenspraak,
    Systeem,
    Unknown,
    Wasregel,
)
from regiesysteem.inrichting.model import Zaaktype as ZaaktypeInFile
from regiesysteem.logging_ import logger

# --- The inrichting as the message path sees it: frozen, in memory, without SQL per message

# One statement, so that all of it is of one moment.
_READ = text("""
    SELECT s.versie, i.toml, i.bron, i.schemas,
           (SELECT coalesce(jsonb_agg(z ORDER BY z.code), '[]') FROM zaaktype z) AS zaaktypen,
           (SELECT coalesce(jsonb_agg(t ORDER BY t.volgnummer, t.id), '[]') FROM statustype t) AS statustypen,
           (SELECT coalesce(jsonb_agg(r ORDER BY r.id), '[]') FROM resultaattype r) AS resultaattypen,
           (SELECT coalesce(jsonb_agg(a ORDER BY a.id), '[]') FROM abonnement a) AS abonnementen,
           (SELECT coalesce(jsonb_agg(w), '[]') FROM applicatie_wachtwoord w) AS wachtwoorden,
           EXISTS (SELECT FROM afnemersindicatie) AS afnemers
    FROM inrichting_stand s
    LEFT JOIN LATERAL (SELECT toml, bron, schemas FROM inrichting ORDER BY versie DESC LIMIT 1) i ON true
""")


class NoInrichting(Reportable, LookupError):
    """Er is nog geen inrichting geladen; laad er een met: regie inrichting laad BESTAND."""

    def __init__(self) -> None:
        super().__init__(type(self).__doc__)


@dataclass(frozen=True)
class Statustype:
    """A statustype; ``inhoud`` has its other elements, StUF-ZKN name to value as StUF writes it."""

    id: int
    volgnummer: int
    code: str | None
    omschrijving: str
    eindstatus: bool
    vervallen: bool = False
    inhoud: Mapping[str, Any] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class Resultaattype:
    """A resultaat that a zaak can end with."""

    id: int
    omschrijving: str
    vervallen: bool = False
    inhoud: Mapping[str, Any] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class Zaaktype:
    """A zaaktype with the rules that hold for its zaken.

    ``statustypen`` (by volgnummer) and ``resultaattypen`` are those in force; a zaaktype that is ``vervallen`` has
    zaken but takes no new ones. ``inhoud`` as in Statustype; an element that repeats has a list.
    """

    id: int
    code: str
    omschrijving: str
    soort: Soort
    was: Wasregel
    status_tegenspraak: Statustegenspraak
    onbekende_status: Unknown
    statustypen: tuple[Statustype, ...] = ()
    resultaattypen: tuple[Resultaattype, ...] = ()
    vervallen_statustypen: tuple[Statustype, ...] = ()
    documenttypen: tuple[Documenttype, ...] = ()
    andere_documenten: Unknown = "overnemen"
    overdracht_dagen: int | None = None
    bewaarregels: Mapping[str, Bewaarregel] = field(default_factory=dict, hash=False)
    herkomst: str = "inrichting"
    vervallen: bool = False
    inhoud: Mapping[str, Any] = field(default_factory=dict, hash=False)

    def bewaarregel(self, resultaat: str | None) -> Bewaarregel | None:
        """How long a zaak that ended with this resultaat is kept: its own rule, else that of the zaaktype."""
        return self.bewaarregels.get(folded(resultaat or "")) or self.bewaarregels.get("")

    @property
    def doorlooptijd_dagen(self) -> int | None:
        """Days from startdatum to einddatumGepland, when the zaaktype says so."""
        dagen = self.inhoud.get("doorlooptijd")
        return int(dagen) if isinstance(dagen, str | int) and str(dagen).isdecimal() else None

    @property
    def first_status(self) -> Statustype | None:
        """The statustype with the lowest volgnummer."""
        return self.statustypen[0] if self.statustypen else None

    def statustype_with_id(self, id: int) -> Statustype | None:  # noqa: A002
        """The statustype with this database id, also when it is vervallen."""
        every = (*self.statustypen, *self.vervallen_statustypen)
        return next((statustype for statustype in every if statustype.id == id), None)


@dataclass(frozen=True)
class Inrichting:
    """Everything that holds at one ``versie``; zaaktypen include the overgenomen and the vervallen ones.

    ``abonnementen`` are those of the text, in its order, and then those of `regie abonnement`, the oldest first;
    ``afnemers`` means that a zaak has an afnemersindicatie. ``wachtwoorden`` has the hash of a password by the key of
    its applicatie (`sleutel_of`), also of applicaties that are not listed any more. ``rollen`` has the roles of people
    by name: those of the file, and the shipped ones that it does not change.
    """

    versie: int
    bron: str
    gemeente: Gemeente
    systeem: Systeem
    regels: Regels
    applicaties: tuple[Applicatie, ...]
    zaaktypen: tuple[Zaaktype, ...]
    documenten: Documenten
    notificaties: Notificaties
    abonnementen: tuple[Regel, ...]
    afnemers: bool
    formaten: tuple[Formaat, ...] = ()
    schemas: Schemas = field(default_factory=dict, hash=False, repr=False)
    rollen: Mapping[str, Rol] = field(default_factory=dict, hash=False)
    oidc: tuple[Oidc, ...] = ()
    afspraken: Afspraken = field(default_factory=Afspraken)
    wachtwoorden: Mapping[tuple[str, str, str], str] = field(default_factory=dict, hash=False, repr=False)
    _by_code: Mapping[str, Zaaktype] = field(init=False, repr=False, compare=False)
    _by_omschrijving: Mapping[str, Zaaktype | None] = field(init=False, repr=False, compare=False)
    _by_id: Mapping[int, Zaaktype] = field(init=False, repr=False, compare=False)
    _by_zender: Mapping[tuple[str, str, str], Applicatie] = field(init=False, repr=False, compare=False)
    _by_naam: Mapping[str, Applicatie] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_code", {zaaktype.code: zaaktype for zaaktype in self.zaaktypen})
        object.__setattr__(self, "_by_id", {zaaktype.id: zaaktype for zaaktype in self.zaaktypen})
        object.__setattr__(self, "_by_omschrijving", _unambiguous(self.zaaktypen))
        zenders = {self.sleutel_of(applicatie): applicatie for applicatie in self.applicaties}
        object.__setattr__(self, "_by_zender", zenders)
        # The first applicatie with a name counts; one with an adres goes before those without.
        names: dict[str, Applicatie] = {}
        for one in sorted(self.applicaties, key=lambda one: not one.adres):
            names.setdefault(one.naam, one)
        object.__setattr__(self, "_by_naam", names)

    @property
    def reports_gebeurtenissen(self) -> bool:
        """Tell whether anybody may want to know about events of zaken."""
        return bool(self.abonnementen) or self.afnemers or self.notificaties.variant == "extern"

    @cached_property
    def dates_by_other_zaken(self) -> bool:
        """Tell whether the date on which a zaak is destroyed may depend on when another zaak closed."""
        return any(
            rule.afleidingswijze in {"hoofdzaak", "gerelateerde_zaak"}
            for zaaktype in self.zaaktypen
            for rule in zaaktype.bewaarregels.values()
        )

    @property
    def organisatie(self) -> str:
        """Our own StUF:organisatie."""
        return self.systeem.organisatie or self.gemeente.code

    def zaaktype(self, code: str | None, omschrijving: str | None) -> Zaaktype | None:
        """Find a zaaktype, exactly: by code; without a code by omschrijving, when only one has it.

        A vervallen zaaktype is found too (its zaken go on): a caller that opens a zaak looks at ``vervallen``.
        """
        if code:
            return self._by_code.get(code)
        return self._by_omschrijving.get(omschrijving) if omschrijving else None

    def zaaktype_with_id(self, id: int) -> Zaaktype | None:  # noqa: A002
        """The zaaktype with this database id."""
        return self._by_id.get(id)

    def applicatie(
        self, organisatie: str | None, naam: str | None, administratie: str | None = None
    ) -> Applicatie | None:
        """Find a sender or receiver; one that is listed without administratie stands for all administraties.

        A message without organisatie counts as one from within the municipality.
        """
        adres = (organisatie or self.gemeente.code, naam or "")
        return self._by_zender.get((*adres, administratie or "")) or self._by_zender.get((*adres, ""))

    def sleutel_of(self, applicatie: Applicatie) -> tuple[str, str, str]:
        """Organisatie, naam and administratie of an applicatie: what no two of them share."""
        return applicatie.organisatie or self.gemeente.code, applicatie.naam, applicatie.administratie

    def password_of(self, applicatie: Applicatie) -> str:
        """The hash of the password with which an applicatie proves itself, "" when it has none."""
        return self.wachtwoorden.get(self.sleutel_of(applicatie), "")

    def has_credential(self, applicatie: Applicatie) -> bool:
        """Tell whether there is a way in which an applicatie can prove itself."""
        return bool(applicatie.certificaat or self.password_of(applicatie))

    @property
    def without_credential(self) -> tuple[Applicatie, ...]:
        """The applicaties that have no way to prove themselves; none under autorisatie open, where nobody has to."""
        if self.regels.autorisatie == "open":
            return ()
        return tuple(one for one in self.applicaties if not self.has_credential(one))

    def ontvanger(self, naam: str) -> Applicatie | None:
        """Find an applicatie to send to, by its name alone; one with an adres goes before one without."""
        return self._by_naam.get(naam)

    def overdracht_dagen(self, zaaktypecode: str | None) -> int:
        """Days that a back office has to answer when a zaak of this type is offered to it."""
        zaaktype = self._by_code.get(zaaktypecode or "")
        return (zaaktype.overdracht_dagen if zaaktype else None) or self.notificaties.overdracht_dagen

    def is_for_us(self, organisatie: str | None, applicatie: str | None) -> bool:
        """Tell whether a message with this ontvanger is for us; parts that it leaves out do not exclude us."""
        us = (self.systeem.applicatie, *self.systeem.ook_bekend_als)
        return (not organisatie or organisatie == self.organisatie) and (not applicatie or applicatie in us)

    def schema_for(self, applicatie: Applicatie | None) -> Schemaregel:
        """The strictness with which the messages of a sender are checked against the schema."""
        return (applicatie.schema if applicatie else None) or self.regels.schema

    def leniency_for(self, applicatie: Applicatie | None) -> Leniency:
        """The leniency for the message of a sender; None is a sender that is not listed."""
        return leniency_for(self.regels, applicatie)


def read_inrichting(connection: Connection) -> Inrichting:
    """Read the inrichting in one statement. Raises NoInrichting when none was ever loaded."""
    row = connection.execute(_READ).one_or_none()
    if row is None or row.toml is None:
        raise NoInrichting
    file = read_text(row.toml, row.bron).inrichting
    return Inrichting(
        versie=row.versie,
        bron=row.bron,
        gemeente=file.gemeente,
        systeem=file.systeem,
        regels=file.regels,
        documenten=file.documenten,
        notificaties=file.notificaties,
        afspraken=file.afspraken,
        abonnementen=_abonnementen(file, row.abonnementen),
        afnemers=row.afnemers,
        formaten=file.formaat,
        rollen={naam: Rol(naam=naam) for naam in get_args(Rolrechten)} | {rol.naam: rol for rol in file.rol},
        oidc=file.oidc,
        schemas=row.schemas,
        wachtwoorden={(one["organisatie"], one["naam"], one["administratie"]): one["hash"] for one in row.wachtwoorden},
        applicaties=file.applicatie,
        zaaktypen=_zaaktypen(file, row.zaaktypen, row.statustypen, row.resultaattypen),
    )


def statustype_of(row: Mapping[str, Any]) -> Statustype:
    """Make a Statustype of its row."""
    names = ("id", "volgnummer", "code", "omschrijving", "eindstatus", "vervallen", "inhoud")
    return Statustype(**{naam: row[naam] for naam in names})


def _abonnementen(file: Inrichtingsbestand, rows: Iterable[Mapping[str, Any]]) -> tuple[Regel, ...]:
    from_file = (Regel(abonnement, place) for place, abonnement in enumerate(file.abonnement, 1))
    return (*from_file, *(Regel(Abonnement(**row["regel"]), row["id"], opdracht=True) for row in rows))


def _zaaktypen(
    file: Inrichtingsbestand,
    rows: Iterable[Mapping[str, Any]],
    statustypen: Iterable[Mapping[str, Any]],
    resultaattypen: Iterable[Mapping[str, Any]],
) -> tuple[Zaaktype, ...]:
    per_zaaktype: dict[int, tuple[list[Statustype], list[Resultaattype]]] = {row["id"]: ([], []) for row in rows}
    for part in statustypen:
        per_zaaktype[part["zaaktype_id"]][0].append(statustype_of(part))
    for part in resultaattypen:
        own = {naam: part[naam] for naam in ("id", "omschrijving", "vervallen", "inhoud")}
        per_zaaktype[part["zaaktype_id"]][1].append(Resultaattype(**own))
    in_file = {zaaktype.code: zaaktype for zaaktype in file.zaaktype}
    return tuple(_zaaktype(row, in_file.get(row["code"]), file.regels, *per_zaaktype[row["id"]]) for row in rows)


def _zaaktype(
    row: Mapping[str, Any],
    in_file: ZaaktypeInFile | None,
    regels: Regels,
    statustypen: list[Statustype],
    resultaattypen: list[Resultaattype],
) -> Zaaktype:
    names: tuple[Literal["id", "code", "omschrijving", "soort", "herkomst", "vervallen", "inhoud"], ...]
    names = ("id", "code", "omschrijving", "soort", "herkomst", "vervallen", "inhoud")
    return Zaaktype(
        **{naam: row[naam] for naam in names},
        was=(in_file and in_file.was) or regels.was,
        status_tegenspraak=(in_file and in_file.status_tegenspraak) or regels.status_tegenspraak,
        onbekende_status=(in_file and in_file.onbekende_status) or regels.onbekende_status,
        statustypen=tuple(statustype for statustype in statustypen if not statustype.vervallen),
        vervallen_statustypen=tuple(statustype for statustype in statustypen if statustype.vervallen),
        resultaattypen=tuple(resultaattype for resultaattype in resultaattypen if not resultaattype.vervallen),
        documenttypen=in_file.documenttype if in_file else (),
        andere_documenten=in_file.andere_documenten if in_file else "overnemen",
        overdracht_dagen=in_file.overdracht_dagen if in_file else None,
        bewaarregels=_bewaarregels(in_file) if in_file else {},
    )


def _bewaarregels(in_file: ZaaktypeInFile) -> dict[str, Bewaarregel]:
    """The rules of the resultaten by omschrijving, and that of the zaaktype under an empty one."""
    parts: list[tuple[str, Bewaarregel]] = [("", in_file), *((folded(r.omschrijving), r) for r in in_file.resultaat)]
    return {naam: part for naam, part in parts if part.archiefnominatie is not None}


def _unambiguous(zaaktypen: Iterable[Zaaktype]) -> dict[str, Zaaktype | None]:
    """Zaaktypen by omschrijving; those in force go before the vervallen ones. A shared omschrijving finds none."""
    found: dict[str, Zaaktype | None] = {}
    for vervallen in (True, False):
        found_here: dict[str, Zaaktype | None] = {}
        for zaaktype in zaaktypen:
            if zaaktype.vervallen == vervallen:
                found_here[zaaktype.omschrijving] = None if zaaktype.omschrijving in found_here else zaaktype
        found |= found_here
    return found


# --- The inrichting of a process, read again when its versie changes


class InrichtingSource:
    """The inrichting of a process; it reads the inrichting again when its versie has changed. For many threads.

    With `may_open` False an open inrichting is read as one that admits only its own applicaties: `serve` does not start
    with an open one where other machines reach it, and loading one later must not open the server. Nor does it start
    with an applicatie that cannot prove itself: one that is loaded later is refused, and the log says so.
    """

    def __init__(self, engine: Engine, *, may_open: bool = True) -> None:
        self._engine = engine
        self._may_open = may_open
        self._lock = threading.Lock()
        self._last: Inrichting | None = None

    def current(self, versie: int, connection: Connection | None = None) -> Inrichting:
        """Give the inrichting of ``versie`` (of inrichting_stand), or the newer one that is there by now.

        With a connection it reads on that one, so that a full pool cannot hold it up; that connection must not have
        changed the inrichting in its open transaction. Raises NoInrichting when none was ever loaded.
        """
        last = self._last
        if last is not None and last.versie == versie:
            return last
        with self._lock:
            if self._last is None or self._last.versie != versie:
                self._last = self._read(connection)
            return self._last

    def _read(self, connection: Connection | None) -> Inrichting:
        if connection is not None:
            return self._close(read_inrichting(connection))
        with self._engine.connect() as own:
            return self._close(read_inrichting(own))

    def _close(self, inrichting: Inrichting) -> Inrichting:
        if self._may_open:
            return inrichting
        if inrichting.regels.autorisatie != "open":
            if without := inrichting.without_credential:
                names = sorted({one.naam for one in without})
                logger().error("applicaties_zonder_bewijs", versie=inrichting.versie, applicaties=names)
            return inrichting
        logger().error("inrichting_open_terwijl_anderen_erbij_kunnen", versie=inrichting.versie, bron=inrichting.bron)
        closed = replace(inrichting.regels, autorisatie="applicaties", onbekende_zender="weigeren")
        return replace(inrichting, regels=closed)
