"""The inrichting as the message path sees it: frozen, in memory, without SQL per message."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from sqlalchemy import Connection, text

from regiesysteem.inrichting.abonnement import Abonnement, Regel
from regiesysteem.inrichting.bestand import lees_tekst
from regiesysteem.inrichting.formaat import Formaat
from regiesysteem.inrichting.leniency import Leniency, leniency_for
from regiesysteem.inrichting.model import (
    Applicatie,
    Documenten,
    Documenttype,
    Gemeente,
    Inrichtingsbestand,
    Notificaties,
    Onbekend,
    Regels,
    Schemaregel,
    Statustegenspraak,
    Systeem,
    Wasregel,
)
from regiesysteem.inrichting.model import Zaaktype as ZaaktypeInBestand
from regiesysteem.inrichting.schemas import Schemas
from regiesysteem.inrichting.velden import Soort
from regiesysteem.meldbaar import Meldbaar

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
        """Days from startdatum to einddatumGepland, where the zaaktype says."""
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
    """All that holds at one ``versie``; zaaktypen include the overgenomen and the vervallen ones.

    ``abonnementen`` are those of the text, in its order, and then those of `regie abonnement`, the oldest first;
    ``afnemers``: a zaak has an afnemersindicatie.
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
        # Of a name the first; one with an adres goes before those without.
        namen: dict[str, Applicatie] = {}
        for een in sorted(self.applicaties, key=lambda een: not een.adres):
            namen.setdefault(een.naam, een)
        object.__setattr__(self, "_op_naam", namen)

    @property
    def meldt_gebeurtenissen(self) -> bool:
        """Whether somebody may want to know what happens to zaken."""
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

        A message that leaves organisatie out counts as one from within the municipality.
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
        """Whether a message with this ontvanger is ours; what the ontvanger leaves out does not exclude us."""
        ons = (self.systeem.applicatie, *self.systeem.ook_bekend_als)
        return (not organisatie or organisatie == self.organisatie) and (not applicatie or applicatie in ons)

    def dienst_toegestaan(self, applicatie: Applicatie | None, dienst: str) -> bool:
        """Whether a sender may call an operation; None is a sender that is not listed."""
        if applicatie is None:
            return self.regels.onbekende_zenders_mogen
        if self.regels.autorisatie == "open":
            return True
        return dienst in applicatie.diensten or "*" in applicatie.diensten

    def schema_voor(self, applicatie: Applicatie | None) -> Schemaregel:
        """How strictly the messages of a sender are checked against the schema."""
        return (applicatie.schema if applicatie else None) or self.regels.schema

    def leniency_for(self, applicatie: Applicatie | None) -> Leniency:
        """How the message at hand of a sender is judged; None is a sender that is not listed."""
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
    """Zaaktypen by omschrijving; those in force go before the vervallen ones, and what two share finds none."""
    gevonden: dict[str, Zaaktype | None] = {}
    for vervallen in (True, False):
        laag: dict[str, Zaaktype | None] = {}
        for zaaktype in zaaktypen:
            if zaaktype.vervallen == vervallen:
                laag[zaaktype.omschrijving] = None if zaaktype.omschrijving in laag else zaaktype
        gevonden |= laag
    return gevonden
