"""The inrichting that messages are handled by, as it stands in the database."""

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal

from sqlalchemy import Connection, Engine, Executable, insert, select, text, update

from regiesysteem.errors import Meldbaar
from regiesysteem.inrichting.fields import Soort, gevouwen
from regiesysteem.inrichting.leniency import Leniency, leniency_for
from regiesysteem.inrichting.load import Schemas, lees_tekst, vergrendel, verhoog
from regiesysteem.inrichting.model import (
    Abonnement,
    Applicatie,
    Documenten,
    Documenttype,
    Formaat,
    Gemeente,
    Inrichtingsbestand,
    Notificaties,
    Onbekend,
    Regel,
    Regels,
    Schemaregel,
    Statustegenspraak,
    Systeem,
    Wasregel,
)
from regiesysteem.inrichting.model import Zaaktype as ZaaktypeInBestand
from regiesysteem.inrichting.tables import OVERGENOMEN, StatustypeRij, ZaaktypeRij
from regiesysteem.logging_ import logger

# --- The inrichting as the message path sees it: frozen, in memory, without SQL per message

# One statement, so that all of it is of one moment.
_LEES = text("""
    SELECT s.versie, i.toml, i.bron, i.schemas,
           (SELECT coalesce(jsonb_agg(z ORDER BY z.code), '[]') FROM zaaktype z) AS zaaktypen,
           (SELECT coalesce(jsonb_agg(t ORDER BY t.volgnummer, t.id), '[]') FROM statustype t) AS statustypen,
           (SELECT coalesce(jsonb_agg(r ORDER BY r.id), '[]') FROM resultaattype r) AS resultaattypen,
           (SELECT coalesce(jsonb_agg(a ORDER BY a.id), '[]') FROM abonnement a) AS abonnementen,
           EXISTS (SELECT FROM afnemersindicatie) AS afnemers
    FROM inrichting_stand s
    LEFT JOIN LATERAL (SELECT toml, bron, schemas FROM inrichting ORDER BY versie DESC LIMIT 1) i ON true
""")


class GeenInrichting(Meldbaar, LookupError):
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
    onbekende_status: Onbekend
    statustypen: tuple[Statustype, ...] = ()
    resultaattypen: tuple[Resultaattype, ...] = ()
    vervallen_statustypen: tuple[Statustype, ...] = ()
    documenttypen: tuple[Documenttype, ...] = ()
    andere_documenten: Onbekend = "overnemen"
    overdracht_dagen: int | None = None
    herkomst: str = "inrichting"
    vervallen: bool = False
    inhoud: Mapping[str, Any] = field(default_factory=dict, hash=False)

    @property
    def doorlooptijd_dagen(self) -> int | None:
        """Days from startdatum to einddatumGepland, when the zaaktype says so."""
        dagen = self.inhoud.get("doorlooptijd")
        return int(dagen) if isinstance(dagen, str | int) and str(dagen).isdecimal() else None

    @property
    def eerste_status(self) -> Statustype | None:
        """The statustype with the lowest volgnummer."""
        return self.statustypen[0] if self.statustypen else None

    def statustype_met_id(self, id: int) -> Statustype | None:  # noqa: A002
        """The statustype with this database id, also when it is vervallen."""
        alle = (*self.statustypen, *self.vervallen_statustypen)
        return next((statustype for statustype in alle if statustype.id == id), None)


@dataclass(frozen=True)
class Inrichting:
    """Everything that holds at one ``versie``; zaaktypen include the overgenomen and the vervallen ones.

    ``abonnementen`` are those of the text, in its order, and then those of `regie abonnement`, the oldest first;
    ``afnemers`` means that a zaak has an afnemersindicatie.
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
    _op_code: Mapping[str, Zaaktype] = field(init=False, repr=False, compare=False)
    _op_omschrijving: Mapping[str, Zaaktype | None] = field(init=False, repr=False, compare=False)
    _op_id: Mapping[int, Zaaktype] = field(init=False, repr=False, compare=False)
    _op_zender: Mapping[tuple[str, str, str], Applicatie] = field(init=False, repr=False, compare=False)
    _op_naam: Mapping[str, Applicatie] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_op_code", {zaaktype.code: zaaktype for zaaktype in self.zaaktypen})
        object.__setattr__(self, "_op_id", {zaaktype.id: zaaktype for zaaktype in self.zaaktypen})
        object.__setattr__(self, "_op_omschrijving", _eenduidig(self.zaaktypen))
        zenders = {(a.organisatie or self.gemeente.code, a.naam, a.administratie): a for a in self.applicaties}
        object.__setattr__(self, "_op_zender", zenders)
        # The first applicatie with a name counts; one with an adres goes before those without.
        namen: dict[str, Applicatie] = {}
        for een in sorted(self.applicaties, key=lambda een: not een.adres):
            namen.setdefault(een.naam, een)
        object.__setattr__(self, "_op_naam", namen)

    @property
    def meldt_gebeurtenissen(self) -> bool:
        """Tell whether anybody may want to know about events of zaken."""
        return bool(self.abonnementen) or self.afnemers or self.notificaties.variant == "extern"

    @property
    def organisatie(self) -> str:
        """Our own StUF:organisatie."""
        return self.systeem.organisatie or self.gemeente.code

    def zaaktype(self, code: str | None, omschrijving: str | None) -> Zaaktype | None:
        """Find a zaaktype, exactly: by code; without a code by omschrijving, when only one has it.

        A vervallen zaaktype is found too (its zaken go on): a caller that opens a zaak looks at ``vervallen``.
        """
        if code:
            return self._op_code.get(code)
        return self._op_omschrijving.get(omschrijving) if omschrijving else None

    def zaaktype_met_id(self, id: int) -> Zaaktype | None:  # noqa: A002
        """The zaaktype with this database id."""
        return self._op_id.get(id)

    def applicatie(
        self, organisatie: str | None, naam: str | None, administratie: str | None = None
    ) -> Applicatie | None:
        """Find a sender or receiver; one that is listed without administratie stands for all administraties.

        A message without organisatie counts as one from within the municipality.
        """
        adres = (organisatie or self.gemeente.code, naam or "")
        return self._op_zender.get((*adres, administratie or "")) or self._op_zender.get((*adres, ""))

    def ontvanger(self, naam: str) -> Applicatie | None:
        """Find an applicatie to send to, by its name alone; one with an adres goes before one without."""
        return self._op_naam.get(naam)

    def overdracht_dagen(self, zaaktypecode: str | None) -> int:
        """Days that a back office has to answer when a zaak of this type is offered to it."""
        zaaktype = self._op_code.get(zaaktypecode or "")
        return (zaaktype.overdracht_dagen if zaaktype else None) or self.notificaties.overdracht_dagen

    def is_voor_ons(self, organisatie: str | None, applicatie: str | None) -> bool:
        """Tell whether a message with this ontvanger is for us; parts that it leaves out do not exclude us."""
        ons = (self.systeem.applicatie, *self.systeem.ook_bekend_als)
        return (not organisatie or organisatie == self.organisatie) and (not applicatie or applicatie in ons)

    def dienst_toegestaan(self, applicatie: Applicatie | None, dienst: str) -> bool:
        """Tell whether a sender may call an operation; None is a sender that is not listed."""
        if applicatie is None:
            return self.regels.onbekende_zenders_mogen
        if self.regels.autorisatie == "open":
            return True
        return dienst in applicatie.diensten or "*" in applicatie.diensten

    def schema_voor(self, applicatie: Applicatie | None) -> Schemaregel:
        """The strictness with which the messages of a sender are checked against the schema."""
        return (applicatie.schema if applicatie else None) or self.regels.schema

    def leniency_for(self, applicatie: Applicatie | None) -> Leniency:
        """The leniency for the message of a sender; None is a sender that is not listed."""
        return leniency_for(self.regels, applicatie)


def lees_inrichting(connection: Connection) -> Inrichting:
    """Read the inrichting in one statement. Raises GeenInrichting when none was ever loaded."""
    rij = connection.execute(_LEES).one_or_none()
    if rij is None or rij.toml is None:
        raise GeenInrichting
    bestand = lees_tekst(rij.toml, rij.bron).inrichting
    return Inrichting(
        versie=rij.versie,
        bron=rij.bron,
        gemeente=bestand.gemeente,
        systeem=bestand.systeem,
        regels=bestand.regels,
        documenten=bestand.documenten,
        notificaties=bestand.notificaties,
        abonnementen=_abonnementen(bestand, rij.abonnementen),
        afnemers=rij.afnemers,
        formaten=bestand.formaat,
        schemas=rij.schemas,
        applicaties=bestand.applicatie,
        zaaktypen=_zaaktypen(bestand, rij.zaaktypen, rij.statustypen, rij.resultaattypen),
    )


def statustype_van(rij: Mapping[str, Any]) -> Statustype:
    """Make a Statustype of its row."""
    namen = ("id", "volgnummer", "code", "omschrijving", "eindstatus", "vervallen", "inhoud")
    return Statustype(**{naam: rij[naam] for naam in namen})


def _abonnementen(bestand: Inrichtingsbestand, rijen: Iterable[Mapping[str, Any]]) -> tuple[Regel, ...]:
    van_bestand = (Regel(abonnement, plaats) for plaats, abonnement in enumerate(bestand.abonnement, 1))
    return (*van_bestand, *(Regel(Abonnement(**rij["regel"]), rij["id"], opdracht=True) for rij in rijen))


def _zaaktypen(
    bestand: Inrichtingsbestand,
    rijen: Iterable[Mapping[str, Any]],
    statustypen: Iterable[Mapping[str, Any]],
    resultaattypen: Iterable[Mapping[str, Any]],
) -> tuple[Zaaktype, ...]:
    per_zaaktype: dict[int, tuple[list[Statustype], list[Resultaattype]]] = {rij["id"]: ([], []) for rij in rijen}
    for deel in statustypen:
        per_zaaktype[deel["zaaktype_id"]][0].append(statustype_van(deel))
    for deel in resultaattypen:
        velden = {naam: deel[naam] for naam in ("id", "omschrijving", "vervallen", "inhoud")}
        per_zaaktype[deel["zaaktype_id"]][1].append(Resultaattype(**velden))
    in_bestand = {zaaktype.code: zaaktype for zaaktype in bestand.zaaktype}
    return tuple(_zaaktype(rij, in_bestand.get(rij["code"]), bestand.regels, *per_zaaktype[rij["id"]]) for rij in rijen)


def _zaaktype(
    rij: Mapping[str, Any],
    in_bestand: ZaaktypeInBestand | None,
    regels: Regels,
    statustypen: list[Statustype],
    resultaattypen: list[Resultaattype],
) -> Zaaktype:
    namen: tuple[Literal["id", "code", "omschrijving", "soort", "herkomst", "vervallen", "inhoud"], ...]
    namen = ("id", "code", "omschrijving", "soort", "herkomst", "vervallen", "inhoud")
    return Zaaktype(
        **{naam: rij[naam] for naam in namen},
        was=(in_bestand and in_bestand.was) or regels.was,
        status_tegenspraak=(in_bestand and in_bestand.status_tegenspraak) or regels.status_tegenspraak,
        onbekende_status=(in_bestand and in_bestand.onbekende_status) or regels.onbekende_status,
        statustypen=tuple(statustype for statustype in statustypen if not statustype.vervallen),
        vervallen_statustypen=tuple(statustype for statustype in statustypen if statustype.vervallen),
        resultaattypen=tuple(resultaattype for resultaattype in resultaattypen if not resultaattype.vervallen),
        documenttypen=in_bestand.documenttype if in_bestand else (),
        andere_documenten=in_bestand.andere_documenten if in_bestand else "overnemen",
        overdracht_dagen=in_bestand.overdracht_dagen if in_bestand else None,
    )


def _eenduidig(zaaktypen: Iterable[Zaaktype]) -> dict[str, Zaaktype | None]:
    """Zaaktypen by omschrijving; those in force go before the vervallen ones. A shared omschrijving finds none."""
    gevonden: dict[str, Zaaktype | None] = {}
    for vervallen in (True, False):
        laag: dict[str, Zaaktype | None] = {}
        for zaaktype in zaaktypen:
            if zaaktype.vervallen == vervallen:
                laag[zaaktype.omschrijving] = None if zaaktype.omschrijving in laag else zaaktype
        gevonden |= laag
    return gevonden


# --- Find the statustype that a message means by volgnummer, code and omschrijving


@dataclass(frozen=True)
class Gezonden:
    """The values that name a statustype in a message; None is not sent, or sent without a value."""

    volgnummer: int | None
    code: str | None
    omschrijving: str | None

    def __str__(self) -> str:
        return beschrijf(self.volgnummer, self.code, self.omschrijving)


@dataclass(frozen=True)
class Gevonden:
    """The statustype; ``ondanks`` is the contradiction that the inrichting decided, to be logged."""

    statustype: Statustype
    ondanks: "Tegenspraak | None" = None


@dataclass(frozen=True)
class OnbekendeStatus:
    """The message means no statustype of the zaaktype (or has no value to find it by)."""

    gezonden: Gezonden


@dataclass(frozen=True)
class Tegenspraak:
    """The values sent belong to different statustypen, or to none together; ``bekend`` are their statustypen."""

    gezonden: Gezonden
    bekend: tuple[Statustype, ...]

    def __str__(self) -> str:
        bekend = " en ".join(beschrijf(st.volgnummer, st.code, st.omschrijving) for st in self.bekend)
        return f"ontvangen: {self.gezonden}; bekend: {bekend}"


Uitkomst = Gevonden | OnbekendeStatus | Tegenspraak


def beschrijf(volgnummer: int | None, code: str | None, omschrijving: str | None) -> str:
    """Name a statustype in a message to people, in Dutch; values that are None are left out."""
    delen = [f"{naam} {waarde}" for naam, waarde in (("volgnummer", volgnummer), ("code", code)) if waarde is not None]
    if omschrijving is not None:
        delen.append(f'omschrijving "{omschrijving}"')
    return ", ".join(delen) or "niets"


def vind_statustype(
    zaaktype: Zaaktype,
    volgnummer: int | None = None,
    code: str | None = None,
    omschrijving: str | None = None,
    regel: Statustegenspraak | None = None,
) -> Uitkomst:
    """Find a statustype that is in force.

    The statustype that agrees with all values sent is found; a code that the inrichting does not give it agrees with
    it, unless the code belongs to another. When there is none, and some value is known, ``regel`` (by default that of
    the zaaktype) decides. ``weigeren`` gives Tegenspraak. ``volgnummer`` and ``omschrijving`` let that value decide
    alone: OnbekendeStatus when it is not known, and Tegenspraak when it is not sent.
    """
    gezonden = Gezonden(volgnummer, _gevuld(code), _gevuld(omschrijving))
    treffers = {
        veld.name: _met(zaaktype.statustypen, veld.name, waarde)
        for veld in fields(gezonden)
        if (waarde := getattr(gezonden, veld.name)) is not None
    }
    bekend = tuple(st for st in zaaktype.statustypen if any(st in gevonden for gevonden in treffers.values()))
    if not bekend:
        return OnbekendeStatus(gezonden)
    eens = [st for st in bekend if all(_eens(st, veld, gevonden) for veld, gevonden in treffers.items())]
    if len(eens) == 1:
        return Gevonden(eens[0])
    tegenspraak = Tegenspraak(gezonden, bekend)
    beslissend = treffers.get(regel or zaaktype.status_tegenspraak)
    if beslissend is None or len(beslissend) > 1:
        return tegenspraak
    return Gevonden(beslissend[0], tegenspraak) if beslissend else OnbekendeStatus(gezonden)


def _gevuld(waarde: str | None) -> str | None:
    return waarde if waarde and waarde.strip() else None


def _met(statustypen: tuple[Statustype, ...], veld: str, waarde: int | str) -> tuple[Statustype, ...]:
    """The statustypen with this value: literally, and otherwise without looking at capitals and white space."""

    def met(vorm: Callable[[str], str]) -> tuple[Statustype, ...]:
        gezocht = vorm(str(waarde))
        return tuple(
            st for st in statustypen if (eigen := getattr(st, veld)) is not None and vorm(str(eigen)) == gezocht
        )

    return met(str) or met(gevouwen)


def _eens(statustype: Statustype, veld: str, gevonden: tuple[Statustype, ...]) -> bool:
    return statustype in gevonden or (not gevonden and getattr(statustype, veld) is None)


# --- Take over a zaaktype or statustype of a message that the inrichting does not have

Rij = dict[str, Any]
_HOOGSTE = 9999


class GeenVolgnummer(ValueError):
    """Het zaaktype heeft geen vrij volgnummer meer voor een status."""

    def __init__(self) -> None:
        super().__init__(type(self).__doc__)


def neem_zaaktype_over(
    connection: Connection, code: str, omschrijving: str | None, inhoud: Mapping[str, Any]
) -> Zaaktype:
    """Add a zaaktype of soort ``overig``, or give the one that has the code by now.

    A vervallen zaaktype is in force again, with its statustypen. ``inhoud`` has elements by StUF-ZKN name, values as
    StUF writes them. Raises ValueError without a code.
    """
    if not code.strip():
        raise ValueError("zaaktype zonder code")
    vergrendel(connection)
    rij = connection.execute(select(ZaaktypeRij.id, ZaaktypeRij.vervallen).filter_by(code=code)).one_or_none()
    if rij is None:
        waarden = {"code": code, "omschrijving": omschrijving or code, "inhoud": dict(inhoud)}
        nieuw = insert(ZaaktypeRij).values(soort="overig", herkomst=OVERGENOMEN, **waarden).returning(ZaaktypeRij.id)
        zaaktype_id = connection.execute(nieuw).scalar_one()
        verhoog(connection)
    else:
        zaaktype_id = rij.id
        if rij.vervallen:
            terug = update(ZaaktypeRij).filter_by(id=rij.id).values(vervallen=False, herkomst=OVERGENOMEN)
            connection.execute(terug)
            verhoog(connection)
    zaaktype = lees_inrichting(connection).zaaktype_met_id(zaaktype_id)
    if zaaktype is None:
        raise GeenInrichting
    return zaaktype


def neem_statustype_over(  # noqa: PLR0917 - in the order of a message
    connection: Connection,
    zaaktype_id: int,
    volgnummer: int | None,
    code: str | None,
    omschrijving: str | None,
    inhoud: Mapping[str, Any],
) -> Statustype:
    """Add a statustype to a zaaktype, or give the existing one.

    The existing one has the same omschrijving; without an omschrijving the same code, without a code the same
    volgnummer. A volgnummer that is absent, or that another statustype has, becomes the next free one. A vervallen
    statustype with the same words is in force again under its own id. ``inhoud`` as in neem_zaaktype_over. Raises
    GeenVolgnummer when all numbers are taken.
    """
    tabel = StatustypeRij.__table__
    vergrendel(connection)
    rijen = connection.execute(select(*tabel.c).where(tabel.c.zaaktype_id == zaaktype_id)).mappings()
    alle = [dict(rij) for rij in rijen]
    geldig = [rij for rij in alle if not rij["vervallen"]]
    if bestaand := _bedoeld(geldig, volgnummer, code, omschrijving):
        return statustype_van(bestaand)
    waarden = {"volgnummer": _vrij_volgnummer(geldig, volgnummer), "herkomst": OVERGENOMEN, "vervallen": False}
    opdracht: Executable
    if eerder := _bedoeld([rij for rij in alle if rij["vervallen"]], None, code, omschrijving):
        opdracht = update(StatustypeRij).filter_by(id=eerder["id"]).values(**waarden).returning(*tabel.c)
    else:
        woorden = {"code": code or None, "omschrijving": omschrijving or code or f"Status {waarden['volgnummer']}"}
        nieuw = insert(StatustypeRij).values(zaaktype_id=zaaktype_id, inhoud=dict(inhoud), **woorden, **waarden)
        opdracht = nieuw.returning(*tabel.c)
    overgenomen = dict(connection.execute(opdracht).mappings().one())
    verhoog(connection)
    return statustype_van(overgenomen)


def _bedoeld(rijen: list[Rij], volgnummer: int | None, code: str | None, omschrijving: str | None) -> Rij | None:
    for veld, waarde in (("omschrijving", omschrijving), ("code", code)):
        if waarde:
            gelijk = [rij for rij in rijen if rij[veld] is not None and gevouwen(rij[veld]) == gevouwen(waarde)]
            return gelijk[0] if gelijk else None
    return next((rij for rij in rijen if rij["volgnummer"] == volgnummer), None)


def _vrij_volgnummer(rijen: list[Rij], gewenst: int | None) -> int:
    bezet = {rij["volgnummer"] for rij in rijen}
    if gewenst is not None and 1 <= gewenst <= _HOOGSTE and gewenst not in bezet:
        return gewenst
    volgende = max(bezet, default=0) + 1
    if volgende <= _HOOGSTE:
        return volgende
    if vrij := next((nummer for nummer in range(_HOOGSTE, 0, -1) if nummer not in bezet), None):
        return vrij
    raise GeenVolgnummer


# --- The inrichting of a process, read again when its versie changes


class InrichtingBron:
    """The inrichting of a process; it reads the inrichting again when its versie has changed. For many threads.

    With `open_mag` False an open inrichting is read as one that admits only its own applicaties: `serve` does not start
    with an open one where other machines reach it, and loading one later must not open the server.
    """

    def __init__(self, engine: Engine, *, open_mag: bool = True) -> None:
        self._engine = engine
        self._open_mag = open_mag
        self._slot = threading.Lock()
        self._laatste: Inrichting | None = None

    def actueel(self, versie: int, connection: Connection | None = None) -> Inrichting:
        """Give the inrichting of ``versie`` (of inrichting_stand), or the newer one that is there by now.

        With a connection it reads on that one, so that a full pool cannot hold it up; that connection must not have
        changed the inrichting in its open transaction. Raises GeenInrichting when none was ever loaded.
        """
        laatste = self._laatste
        if laatste is not None and laatste.versie == versie:
            return laatste
        with self._slot:
            if self._laatste is None or self._laatste.versie != versie:
                self._laatste = self._lees(connection)
            return self._laatste

    def _lees(self, connection: Connection | None) -> Inrichting:
        if connection is not None:
            return self._sluit(lees_inrichting(connection))
        with self._engine.connect() as eigen:
            return self._sluit(lees_inrichting(eigen))

    def _sluit(self, inrichting: Inrichting) -> Inrichting:
        if self._open_mag or inrichting.regels.autorisatie != "open":
            return inrichting
        logger().error("inrichting_open_terwijl_anderen_erbij_kunnen", versie=inrichting.versie, bron=inrichting.bron)
        dicht = replace(inrichting.regels, autorisatie="applicaties", onbekende_zender="weigeren")
        return replace(inrichting, regels=dicht)
