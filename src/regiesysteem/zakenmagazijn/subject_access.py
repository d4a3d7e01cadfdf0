"""All that is kept of one person (AVG 15), part by part, with what may be about others apart from the rest.

A value counts as his own when this module says so by its name, and only in a zaak that is about him. Every other value,
and so what a later release keeps, goes into `over_anderen`: a person decides. Names of employees are left out, because
article 15 does not ask them (C-579/21). `docs/gebruiken/privacy.md` describes the parts.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Connection

from regiesysteem.access.inzage import LoggedLook, looks_at_person, person_of_bsn
from regiesysteem.db import Sql
from regiesysteem.inrichting.current import Inrichting
from regiesysteem.zakenmagazijn import subject_rows
from regiesysteem.zakenmagazijn.rows import GERELATEERDE, from_row
from regiesysteem.zkn.parties import NPS

GROUNDS: Final = ("AVG artikel 15 lid 4", "Wmo 2015 artikel 5.3.2", "Jeugdwet artikel 7.3.10")
"""The articles by which a part about others may be kept back."""

SECTIONS: Final = ("persoon", "zaken", "berichten", "elders", "ontvangers", "ingezien")
"""The kinds of parts, in the order in which `gather` gives them."""

_TEXT: Final = "In deze tekst kan ook iets over een ander staan."
_PERSON: Final = "Dit gaat over een ander."
_ADDRESS: Final = "Dit adres of dit onderwerp kan van een ander zijn."
_CONTENT: Final = "Hier kunnen meer personen in staan."
_ZAAK: Final = "Deze zaak gaat over een ander. De persoon wordt er alleen in genoemd, of had er een andere rol."

_OWN_ROLES: Final = frozenset({"heeftBetrekkingOp", "heeftAlsInitiator", "heeftAlsBelanghebbende"})
"""The roles that make a zaak one about the person himself."""
_EMPLOYEE: Final = "medewerker"
_ORGANISATIONS: Final = {"OEH": "afdeling", "NNP": "organisatie", "VES": "vestiging"}
_ABOUT_PARTNER: Final = frozenset({"geslachtsnaamPartner", "voorvoegselGeslachtsnaamPartner", "extraElementen"})
_OWN_OF_ZAAK: Final = frozenset(
    {"startdatum", "registratiedatum", "publicatiedatum", "einddatum_gepland", "uiterlijke_einddatum", "einddatum",
     "betalings_indicatie", "laatste_betaaldatum", "zaakniveau", "deelzaken_indicatie", "geregistreerd_op"}
)  # fmt: skip
_RETENTION: Final = frozenset({"archiefnominatie", "datum_vernietiging_dossier"})
_OWN_OF_DOCUMENT: Final = frozenset(
    {"identificatie", "dct_omschrijving", "creatiedatum", "formaat", "taal", "versie", "status",
     "vertrouwelijk_aanduiding", "geregistreerd_op"}
)  # fmt: skip
_LINK_OF_DOCUMENT: Final = {"registratiedatum": "bij_zaak_sinds", "beeindigd": "bij_zaak_tot"}
_OWN_OF_VERSION: Final = frozenset({"volgnummer", "versie", "content_type", "grootte", "sha256", "geregistreerd_op"})
_FACTS: Final = frozenset(
    {"formaat", "mediatype", "grootte", "sha256", "ontvangen_op", "vervangen_op", "tijdstip", "gebeurtenis",
     "gewijzigd", "applicatie", "organisatie", "ontvanger", "soort", "stand", "pogingen", "aangemaakt_op",
     "afgehandeld_op", "referentienummer", "richting", "aangeboden_op", "beantwoord_op", "uiterlijk",
     "gelezen_op", "sinds"}
)  # fmt: skip
_ABOUT_ZAAK: Final = ("wijzigingen", "notificaties", "gebeurtenissen", "overdrachten", "postvak", "afnemers")
_TECHNICAL: Final = frozenset({"id", "zaak_id", "zaaktype_id", "tijdstip_registratie", "identificatie"})

_PERSONS: Final = Sql("""
    SELECT id, identificatie, naam, inhoud FROM object
    WHERE entiteittype = 'NPS' AND (sleutel = 'bsn:' || :bsn OR identificatie = :bsn) ORDER BY id
""")


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A content that belongs to a part: where it comes in the folder of the answer, and its SHA-256 in hex."""

    path: str
    sha256: str


@dataclass(frozen=True, slots=True)
class KeptPart:
    """A part of what is kept of a person; `section` is one of `SECTIONS`, `data` goes into the JSON as it is.

    `data["over_anderen"]` is a list of what may be about others: wat, waarom, grond, gegevens, and besluit (empty).
    """

    section: str
    data: dict[str, Any]
    files: tuple[KeptFile, ...] = ()


@dataclass(slots=True)
class _Draft:
    """A part in the making."""

    own: dict[str, Any]
    others: list[dict[str, Any]] = field(default_factory=list)
    files: list[KeptFile] = field(default_factory=list)

    def doubt(self, what: str, why: str, data: object) -> None:
        """Set a value apart for a person to decide on, unless there is none."""
        if data not in (None, "", [], {}):
            self.others.append({"wat": what, "waarom": why, "grond": list(GROUNDS), "gegevens": data, "besluit": ""})

    def part(self, section: str) -> KeptPart:
        return KeptPart(section, self.own | {"over_anderen": self.others}, tuple(self.files))


@dataclass(frozen=True, slots=True)
class Subject:
    """A person as the statements look for him.

    `pattern` is a regular expression, to Python and to PostgreSQL: his BSN, also without leading zeros, or behind the
    11 with which RGBZ refers to a person, and not within a longer number.
    """

    bsn: str
    persons: tuple[int, ...]
    zaken: tuple[int, ...] = ()
    identificaties: tuple[str, ...] = ()

    @property
    def pattern(self) -> str:
        """The regular expression that finds his BSN in a text."""
        return rf"(?<![0-9])(?:11{self.bsn}|0*{self.bsn.lstrip('0')})(?![0-9])"

    @property
    def parameters(self) -> dict[str, Any]:
        """The parameters that the statements share."""
        return {
            "personen": list(self.persons),
            "patroon": self.pattern,
            "cijfers": self.bsn.lstrip("0").encode(),
            "zaken": list(self.zaken),
            "zaaknummers": list(self.identificaties),
        }

    def named_in(self, text: str) -> bool:
        """Tell whether a text has his BSN."""
        return re.search(self.pattern, text) is not None


def find_subject(connection: Connection, bsn: str) -> Subject:
    """Find the rows of the person with this BSN, and the zaken that name him; all of them absent for a stranger."""
    subject_rows.take_time(connection)
    found = Subject(bsn, tuple(row["id"] for row in _PERSONS.run(connection, {"bsn": bsn}).mappings()))
    zaken = subject_rows.zaken_of(connection, found.parameters)
    return Subject(bsn, found.persons, tuple(zaken), tuple(zaken.values()))


def gather(connection: Connection, inrichting: Inrichting, subject: Subject) -> Iterator[KeptPart]:
    """Give all that is kept of a person, in the order of `SECTIONS`.

    `connection` holds the snapshot (REPEATABLE READ) that found the person. One zaak or message is in memory at a time.
    The caller must put that look on record first (`regiesysteem.access.inzage`).
    """
    for row in _PERSONS.run(connection, {"bsn": subject.bsn}).mappings().all():
        yield _person(row)
    for zaak_id in subject.zaken:
        yield _zaak(subject, inrichting, subject_rows.zaak(connection, zaak_id))
    for changed_his_zaak, bericht in subject_rows.berichten(connection, subject.parameters):
        if changed_his_zaak or any(subject.named_in(bericht.get(naam, "")) for naam in ("inhoud", "antwoord")):
            yield _bericht(bericht)
    for table, data in subject_rows.elsewhere(connection, subject.parameters):
        yield _elsewhere(subject, table, data)
    for recipient in subject_rows.recipients(connection, subject.parameters):
        yield KeptPart("ontvangers", {**recipient, "over_anderen": []})
    for look in looks_at_person(connection, person_of_bsn(subject.bsn)):
        yield KeptPart("ingezien", _look(subject, look))


def _person(row: Mapping[Any, Any]) -> KeptPart:
    data = _simple(from_row(NPS.elementen, row))
    draft = _Draft({naam: waarde for naam, waarde in data.items() if naam not in _ABOUT_PARTNER})
    for naam in sorted(_ABOUT_PARTNER & data.keys()):
        draft.doubt(naam, _PERSON if naam != "extraElementen" else _CONTENT, data[naam])
    return draft.part("persoon")


# --- A zaak


def _zaak(subject: Subject, inrichting: Inrichting, row: dict[str, Any]) -> KeptPart:
    """A zaak with all that hangs on it; all of it is set apart when the zaak is about another."""
    zaak = row["zaak"]
    draft = _Draft({"identificatie": zaak["identificatie"], "rollen": []})
    roles = _roles(draft, subject, row["relaties"] or ())
    about_him = any(role in _OWN_ROLES for role in roles)
    rest = _own_of_zaak(draft, inrichting, zaak)
    rest["bewaren"] |= {naam: w for naam, w in (row["archief"] or {}).items() if w is not None}
    rest["betrokkenen"] = _organisations(draft, subject, row["relaties"] or ())
    rest["statussen"] = [_status(draft, one) for one in row["statussen"] or ()]
    rest["documenten"] = [_document(draft, one) for one in row["documenten"] or ()]
    rest["domeingegevens"] = [_payload(draft, one) for one in row["domeingegevens"] or ()]
    for kind in _ABOUT_ZAAK:
        rest[kind] = [_facts(draft, kind, one) for one in row[kind] or ()]
    for other in row["koppelingen"] or ():
        draft.doubt("andere zaak", _PERSON, _kept(other))
    rest = {naam: waarde for naam, waarde in rest.items() if waarde not in (None, "", [], {})}
    if about_him:
        draft.own |= rest
    else:
        draft.doubt("de zaak", _ZAAK, rest)
    return draft.part("zaken")


def _own_of_zaak(draft: _Draft, inrichting: Inrichting, zaak: dict[str, Any]) -> dict[str, Any]:
    zaaktype = inrichting.zaaktype_with_id(zaak["zaaktype_id"])
    out: dict[str, Any] = (
        {"zaaktype": {"code": zaaktype.code, "omschrijving": zaaktype.omschrijving}} if zaaktype else {}
    )
    out |= {naam: zaak[naam] for naam in sorted(_OWN_OF_ZAAK) if zaak[naam]}
    out["bewaren"] = {naam: zaak[naam] for naam in sorted(_RETENTION) if zaak[naam]}
    rest = {naam: waarde for naam, waarde in zaak.items() if naam not in _OWN_OF_ZAAK | _RETENTION | _TECHNICAL}
    for naam, waarde in (_simple(rest.pop("inhoud")) | rest).items():
        draft.doubt(f"zaak: {naam}", _TEXT, waarde)
    return out


def _roles(draft: _Draft, subject: Subject, relations: Sequence[dict[str, Any]]) -> list[str]:
    """The names of his roles; the roles go into the draft."""
    names = []
    for one in relations:
        if one["rij"]["object_id"] not in subject.persons:
            continue
        row = one["rij"]
        role = {"rol": row["relatie"], "omschrijving": row["omschrijving"], "code": row["code"]}
        role |= {"tot": row["beeindigd"], "gegevens_in_deze_zaak": _simple(row["inhoud"].pop(GERELATEERDE, {}))}
        for naam in ("afwijkendCorrespondentieAdres", "afwijkendBuitenlandsCorrespondentieAdres"):
            role[naam] = _simple(row["inhoud"].pop(naam, None))
        draft.own["rollen"].append({naam: waarde for naam, waarde in role.items() if waarde})
        draft.doubt("rol: toelichting", _TEXT, row["toelichting"])
        for naam, waarde in _simple(row["inhoud"]).items():
            draft.doubt(f"rol: {naam}", _CONTENT, waarde)
        names.append(row["relatie"])
    return names


def _organisations(draft: _Draft, subject: Subject, relations: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The other parties of a zaak: employees by their role only, organisations by name, the others set apart."""
    out = []
    for one in relations:
        row, who = one["rij"], one["object"] or {"entiteittype": ""}
        if row["object_id"] in subject.persons:
            continue
        kind = who["entiteittype"]
        if kind == "MDW":
            out.append({"rol": row["relatie"], "wie": _EMPLOYEE})
        elif kind in _ORGANISATIONS:
            out.append({"rol": row["relatie"], "wie": _ORGANISATIONS[kind], "naam": who["naam"]})
            draft.doubt(f"{row['relatie']}: toelichting", _TEXT, row["toelichting"])
        else:
            data = {"rol": row["relatie"], "omschrijving": row["omschrijving"], "toelichting": row["toelichting"]}
            data |= {"soort": kind, "identificatie": who.get("identificatie"), "naam": who.get("naam")}
            data |= {"gegevens": _simple(who.get("inhoud")), "relatie": _simple(row["inhoud"])}
            data |= {"vastgelegd_in": _simple(one["vastgelegd"])}
            why = _PERSON if kind == "NPS" else _ADDRESS
            draft.doubt(row["relatie"], why, {naam: waarde for naam, waarde in data.items() if waarde})
    return out


def _status(draft: _Draft, one: dict[str, Any]) -> dict[str, Any]:
    row, kind, who = one["rij"], one["type"] or {}, one["door"] or {}
    draft.doubt(f"status {kind.get('omschrijving', '')}: toelichting", _TEXT, row["toelichting"])
    for naam, waarde in row["inhoud"].items():
        if naam not in {"isGezetDoor", "tijdvakRelatie", "tijdvakGeldigheid"}:
            draft.doubt(f"status {kind.get('omschrijving', '')}: {naam}", _CONTENT, _simple(waarde))
    setter = who.get("naam") if who.get("entiteittype") == "OEH" else _EMPLOYEE if who else None
    out = {"status": kind.get("omschrijving"), "sinds": row["datum_status_gezet"], "gezet_door": setter}
    return {naam: waarde for naam, waarde in (out | {"laatste": row["laatste"]}).items() if waarde is not None}


def _document(draft: _Draft, one: dict[str, Any]) -> dict[str, Any]:
    row = one["rij"]
    number = row["identificatie"]
    out = {naam: row[naam] for naam in sorted(_OWN_OF_DOCUMENT) if row[naam]}
    rest = {naam: waarde for naam, waarde in row.items() if naam not in _OWN_OF_DOCUMENT | _TECHNICAL}
    for naam, waarde in (_simple(rest.pop("gegevens")) | rest).items():
        draft.doubt(f"document {number}: {naam}", _TEXT, waarde)
    for naam, waarde in _simple(one["relatie"]["inhoud"]).items():
        draft.doubt(f"document {number} bij deze zaak: {naam}", _TEXT, waarde)
    link = one["relatie"]
    out |= {naam: link[column] for column, naam in _LINK_OF_DOCUMENT.items() if link[column]}
    out["versies"] = [_version(draft, number, version) for version in one["versies"] or ()]
    return out


def _version(draft: _Draft, number: str, row: dict[str, Any]) -> dict[str, Any]:
    out = {naam: row[naam] for naam in sorted(_OWN_OF_VERSION) if row.get(naam)}
    label = f"document {number}, versie {row['volgnummer']}"
    for naam, waarde in row.items():
        if naam not in _OWN_OF_VERSION | _TECHNICAL | {"document_id", "bericht_id"}:
            draft.doubt(f"{label}: {naam}", _TEXT, _simple(waarde))
    if row["sha256"]:
        out["bestand"] = _file(draft, f"{number}-{row['volgnummer']}", row["bestandsnaam"], row["sha256"])
        draft.doubt(f"{label}: het bestand zelf", _CONTENT, {"bestand": out["bestand"]})
    return out


def _payload(draft: _Draft, row: dict[str, Any]) -> dict[str, Any]:
    stored = row.pop("opslag_sha256")
    out = _facts(draft, f"domeingegevens {row['formaat']}", row)
    if stored:
        out["bestand"] = _file(draft, f"domein-{row['formaat']}", "", stored)
        draft.doubt(f"domeingegevens {row['formaat']}: het bestand zelf", _CONTENT, {"bestand": out["bestand"]})
    return out


def _file(draft: _Draft, stem: str, name: str, sha256: str) -> str:
    """The place of a content in the folder of the answer: a name that no sender can make leave it."""
    suffix = re.search(r"\.[A-Za-z0-9]{1,5}$", name)
    safe = re.sub(r"[^A-Za-z0-9]+", "-", stem).strip("-")[:60]
    path = f"documenten/{safe}-{sha256[:12]}{suffix[0].lower() if suffix else ''}"
    draft.files.append(KeptFile(path, sha256))
    return path


def _facts(draft: _Draft, kind: str, row: dict[str, Any]) -> dict[str, Any]:
    """The facts in a row about a zaak; its other values are set apart."""
    for naam, waarde in _kept(row).items():
        if naam not in _FACTS:
            draft.doubt(f"{kind}: {naam}", _CONTENT, _simple(waarde))
    return {naam: row[naam] for naam in row if naam in _FACTS and row[naam] not in _EMPTY}


def _kept(row: dict[str, Any]) -> dict[str, Any]:
    return {naam: w for naam, w in row.items() if naam != "id" and not naam.endswith("_id") and w not in _EMPTY}


# --- What stands outside zaken


def _look(subject: Subject, look: LoggedLook) -> dict[str, Any]:
    """A look at the person: when, why, what, and by which applicatie; of its zaken only his own."""
    zaken = sorted(set(look.zaken) & set(subject.identificaties))
    applicatie = look.applicatie or _EMPLOYEE
    out = {"tijdstip": look.tijdstip, "applicatie": applicatie, "wat": look.wat, "doel": look.doel, "zaken": zaken}
    return out | {"over_anderen": []}


def _bericht(row: dict[str, Any]) -> KeptPart:
    draft = _Draft({naam: waarde for naam, waarde in row.items() if naam not in {"inhoud", "antwoord"}})
    draft.doubt("inhoud van het bericht", _CONTENT, row["inhoud"])
    draft.doubt("ons antwoord", _CONTENT, row["antwoord"])
    return draft.part("berichten")


def _elsewhere(subject: Subject, table: str, row: dict[str, Any]) -> KeptPart:
    """A row of another table; of a long value only the lines with his BSN."""
    draft = _Draft({"tabel": table})
    data = {naam: _shortened(subject, waarde) for naam, waarde in row.items() if naam != "id"}
    draft.doubt(table, _CONTENT, {naam: waarde for naam, waarde in data.items() if waarde not in _EMPTY})
    return draft.part("elders")


def _shortened(subject: Subject, waarde: Any) -> Any:
    if isinstance(waarde, str) and waarde.count("\n") > _FEW_LINES:
        return "\n".join(line for line in waarde.splitlines() if subject.named_in(line))
    return waarde


_FEW_LINES: Final = 50


def _simple(waarde: Any) -> Any:
    """A stored value without what only messages need: attributes, and the marks of an absent value."""
    if isinstance(waarde, dict):
        if (text := waarde.get("#", waarde.get("_"))) is not None:
            return text
        return {naam: inner for naam, one in waarde.items() if naam[0] != "@" and (inner := _simple(one)) not in _EMPTY}
    if isinstance(waarde, list):
        return [inner for one in waarde if (inner := _simple(one)) not in _EMPTY]
    return waarde


_EMPTY: Final[tuple[Any, ...]] = (None, "", [], {})
