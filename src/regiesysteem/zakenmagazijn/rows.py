"""Values of an entity over the columns and the rest of a row; zaaktypen and statustypen as messages name them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from sqlalchemy import Connection

from regiesysteem.inrichting.current import Inrichting, Statustype, Zaaktype
from regiesysteem.inrichting.fields import folded
from regiesysteem.inrichting.find_status import Contradiction, Found, Outcome, describe, find_statustype
from regiesysteem.inrichting.leniency import Leniency
from regiesysteem.inrichting.take_over import NoVolgnummer, take_over_statustype, take_over_zaaktype
from regiesysteem.logging_ import logger
from regiesysteem.stuf import values
from regiesysteem.stuf.entity import Element, Elementen, Entiteit
from regiesysteem.stuf.faults import StufFout
from regiesysteem.stuf.read import Gerelateerde, Voorkomen
from regiesysteem.stuf.values import Data, Waarde, is_empty, numeral, text

# --- Converts between `Data` and a row, by the entity tables: the one place that knows which element has a column

GERELATEERDE = "gerelateerde"
REST = "inhoud"
TIJDVAK = "tijdvakRelatie"
DOCUMENT_REST = "gegevens"

Row = Mapping[Any, Any]
"""A row by name of column."""


def to_row(elementen: Iterable[Element], data: Data, rest: str = REST) -> dict[str, Any]:
    """Split values over columns and the jsonb column `rest`.

    A plain text goes to its column. A value that a column cannot hold (attributes, noValue, groups) goes to the jsonb;
    a text in it is copied to the column, for selections.
    """
    known = Elementen.of(elementen)
    others: dict[str, Waarde] = {}
    row: dict[str, Any] = dict.fromkeys(known.columns)
    for naam, waarde in data.items():
        element = known.by_naam.get(naam)
        if element is None:
            continue
        if element.kolom:
            row[element.kolom] = values.text(waarde)
        if not (element.kolom and isinstance(waarde, str)):
            others[naam] = waarde
    row[rest] = others
    return row


def from_row(elementen: Iterable[Element], row: Row, rest: str = REST) -> Data:
    """Put the values of a row together again; the inverse of `to_row`. A column that was not read is left out."""
    known = Elementen.of(elementen)
    data: Data = {naam: waarde for naam, waarde in row[rest].items() if naam in known.by_naam}
    for column in known.columns:
        waarde = row.get(column)
        if waarde is not None:
            data.setdefault(known.on_column[column], waarde)
    return data


def columns(elementen: Iterable[Element], rest: str = REST) -> tuple[str, ...]:
    """The columns that these elements have, in table order, the jsonb `rest` last."""
    return (*Elementen.of(elementen).columns, rest)


def sleutel(entiteit: Entiteit, data: Data) -> str | None:
    """The key by which two objects of an entiteittype are the same, as "kind:value"; None when there is none."""
    for naam, soort in entiteit.sleutels:
        waarde = values.text(data.get(naam))
        if waarde:
            return f"{soort}:{waarde}"
    return None


def end(data: Data) -> str | None:
    """The end of a relation by its tijdvakRelatie, in digits; None when that has no end (StUF 03.01, 5.2.6)."""
    tijdvak = data.get(TIJDVAK)
    return values.text(tijdvak.get("eindRelatie")) if isinstance(tijdvak, dict) else None


NOW: Final = """to_char(statement_timestamp() AT TIME ZONE 'Europe/Amsterdam', 'YYYYMMDDHH24MISSMS') COLLATE "C\""""
"""SQL of the start of a statement as a time of StUF: the result of the function `regie_nu`."""


_COVERED: Final = "@verborgen"
COVERED: Final = {"@noValue": values.NO_WAARDE, _COVERED: "J"}
"""The value that a relation has for an element of its shared object that nobody learns from this zaak.

Questions take it for the absence of the element.
"""


def uncovered(known: Data, supplement: Data) -> tuple[Data, Data]:
    """The values of a shared object and those that its relation has beyond them, both without what is covered."""
    names = {naam for naam, waarde in supplement.items() if isinstance(waarde, dict) and _COVERED in waarde}
    if not names:
        return known, supplement
    return (
        {naam: waarde for naam, waarde in known.items() if naam not in names},
        {naam: waarde for naam, waarde in supplement.items() if naam not in names},
    )


def holds(column: str) -> str:
    """SQL that tells whether a relation with this `beeindigd` holds now, as `regie_geldt` does.

    Questions have it written out: PostgreSQL opens the functions again each time that it plans a statement.
    """
    return f"({column} IS NULL OR {column} > {NOW})"


def applies(beeindigd: str | None, now: str) -> bool:
    """Tell whether a relation holds now; in SQL that is `holds` or `regie_geldt`."""
    return beeindigd is None or beeindigd > now


def termination(row: Row, old: Data, now: str) -> dict[str, Any]:
    """How a relation ends that is told with E or R: on the day that its old half says, else now.

    Shapes: what `relations.RelationKind.end_rows` takes; an end that is said also goes into `inhoud`, because until
    then it is answered.
    """
    on, tijdvak = end(old), old.get(TIJDVAK)
    known = row[REST].get(TIJDVAK)
    together = {**(known if isinstance(known, dict) else {}), **tijdvak} if on and isinstance(tijdvak, dict) else None
    return {"id": row["id"], "op": on or now, "inhoud": {TIJDVAK: together} if together else {}}


def merge(elementen: Sequence[Element], known: Data, new: Data) -> Data:
    """Put new values over known ones; a new branch of a choice takes the place of the other branches."""
    branches = dict(element.choice.split("/") for element in elementen if element.choice and element.naam in new)
    out = dict(known)
    for element in elementen if branches else ():
        group, _, branch = element.choice.partition("/")
        if group in branches and branches[group] != branch:
            out.pop(element.naam, None)
    return out | new


def difference(said: Data, known: Data) -> Data:
    """The values of an object in a message that its row does not have, or that differ from it."""
    return {naam: waarde for naam, waarde in said.items() if known.get(naam) != waarde}


# --- Zaaktype and statustype of a message: found in the inrichting, or taken over from the message when it says so

_MAX_NAMED = 30
_IDENTIFYING = frozenset({"code", "omschrijving", "volgnummer", "zkt.code", "zkt.omschrijving"})


def zaaktype_data(zaaktype: Zaaktype) -> Data:
    """The elements of ZKT as the inrichting has them."""
    return {"omschrijving": zaaktype.omschrijving, "code": zaaktype.code, **zaaktype.inhoud}


def statustype_data(zaaktype: Zaaktype, statustype: Statustype) -> Data:
    """The elements of STT as the inrichting has them."""
    data: Data = {
        "zkt.code": zaaktype.code,
        "zkt.omschrijving": zaaktype.omschrijving,
        "volgnummer": str(statustype.volgnummer),
        "omschrijving": statustype.omschrijving,
        **statustype.inhoud,
    }
    if statustype.code:
        data["code"] = statustype.code
    return data


def supplement(said: Data, known: Data) -> Data:
    """The elements of a type in a message that the inrichting does not have; the others only identify the type.

    The spelling of a volgnummer (0002) is kept too, as long as it is the same number; no other identifying element is.
    """
    out: Data = {
        naam: waarde
        for naam, waarde in said.items()
        if naam not in known and naam not in _IDENTIFYING and not is_empty(waarde)
    }
    number = text(said.get("volgnummer"))
    if number and number != known.get("volgnummer") and numeral(number) == numeral(text(known.get("volgnummer"))):
        out["volgnummer"] = number
    return out


def determine_zaaktype(connection: Connection, inrichting: Inrichting, gerelateerde: Gerelateerde | None) -> Zaaktype:
    """The zaaktype that isVan names, for a new zaak.

    Raises StUF055 when it names none, StUF064 for one that the inrichting does not have (and does not take over).
    """
    data = gerelateerde.gegevens if gerelateerde else {}
    code, omschrijving = text(data.get("code")), text(data.get("omschrijving"))
    if not code and not omschrijving:
        raise StufFout("StUF055", "object/isVan/gerelateerde/code ontbreekt: een zaak heeft een zaaktype (ZDS 4.1.4)")
    zaaktype = inrichting.zaaktype(code, omschrijving)
    if zaaktype is not None and not zaaktype.vervallen:
        return zaaktype
    if inrichting.regels.onbekend_zaaktype == "overnemen" and zaaktype is None:
        if not code:
            raise StufFout(
                "StUF055", f"object/isVan/gerelateerde/code ontbreekt van een nieuw zaaktype {omschrijving!r}"
            )
        rest = {naam: waarde for naam, waarde in data.items() if naam not in _IDENTIFYING}
        return take_over_zaaktype(connection, code, omschrijving, rest)
    codes = sorted(zt.code for zt in inrichting.zaaktypen if not zt.vervallen)
    known = ", ".join([*codes[:_MAX_NAMED], *(["…"] if len(codes) > _MAX_NAMED else [])])
    reason = "is vervallen" if zaaktype is not None else "is niet bekend"
    named = " en ".join(
        f"{naam} {waarde!r}" for naam, waarde in (("code", code), ("omschrijving", omschrijving)) if waarde
    )
    raise StufFout("StUF064", f"zaaktype met {named} {reason}; bekend zijn: {known}")


def determine_statustype(connection: Connection, zaaktype: Zaaktype, gerelateerde: Gerelateerde | None) -> Statustype:
    """The statustype of this zaaktype that heeft/gerelateerde names (ZDS 4.1.3.1).

    Raises StUF055 when it names none, another zaaktype, or contradicts itself and the inrichting refuses that;
    StUF064 for one that the zaaktype does not have (and is not taken over).
    """
    outcome = _search_statustype(zaaktype, gerelateerde)
    if isinstance(outcome, Found):
        if outcome.despite is not None:
            logger().warning("statustype_tegenspraak", zaaktype=zaaktype.code, statustype=outcome.statustype.volgnummer)
        return outcome.statustype
    if isinstance(outcome, Contradiction):
        raise StufFout("StUF055", f"het statustype spreekt zichzelf tegen bij zaaktype {zaaktype.code}; {outcome}")
    sent = outcome.sent
    if zaaktype.onbekende_status == "overnemen" and gerelateerde is not None:
        rest = {naam: waarde for naam, waarde in gerelateerde.gegevens.items() if naam not in _IDENTIFYING}
        try:
            return take_over_statustype(connection, zaaktype.id, sent.volgnummer, sent.code, sent.omschrijving, rest)
        except NoVolgnummer as error:
            raise StufFout("StUF058", str(error)) from None
    known = "; ".join(describe(s.volgnummer, s.code, s.omschrijving) for s in zaaktype.statustypen)
    raise StufFout("StUF064", f"statustype onbekend bij zaaktype {zaaktype.code}; ontvangen: {sent}; bekend: {known}")


def without_unknown_code(zaaktype: Zaaktype, statussen: Sequence[Voorkomen], leniency: Leniency) -> list[Voorkomen]:
    """The statuses of a sender with codes of its own: a code that the zaaktype does not know is left out.

    Only beside a known volgnummer, and only where that is allowed. The other elements still decide.
    """
    known = (*zaaktype.statustypen, *zaaktype.vervallen_statustypen)
    codes = {folded(one.code) for one in known if one.code}
    numbers = {one.volgnummer for one in known}

    def meant(voorkomen: Voorkomen) -> Voorkomen:
        who = voorkomen.gerelateerde
        code = text(who.gegevens.get("code")) if who else None
        if who is None or not code or folded(code) in codes:
            return voorkomen
        if numeral(text(who.gegevens.get("volgnummer"))) not in numbers:
            return voorkomen
        if not leniency.allows("status_code", "object/heeft/gerelateerde/code"):
            return voorkomen
        data = {naam: waarde for naam, waarde in who.gegevens.items() if naam != "code"}
        return replace(voorkomen, gerelateerde=replace(who, gegevens=data))

    return [meant(one) for one in statussen]


def find_existing_statustype(zaaktype: Zaaktype, gerelateerde: Gerelateerde | None) -> Statustype | None:
    """The statustype of a status that a zaak may have, so also a vervallen one; None for none.

    Raises StUF055 as `determine_statustype` does for a message that names none, or another zaaktype.
    """
    outcome = _search_statustype(zaaktype, gerelateerde)
    if not isinstance(outcome, Found) and zaaktype.vervallen_statustypen:
        outcome = _search_statustype(replace(zaaktype, statustypen=zaaktype.vervallen_statustypen), gerelateerde)
    return outcome.statustype if isinstance(outcome, Found) else None


def _search_statustype(zaaktype: Zaaktype, gerelateerde: Gerelateerde | None) -> Outcome:
    data = gerelateerde.gegevens if gerelateerde else {}
    _check_zaaktype(zaaktype, data)
    volgnummer = numeral(text(data.get("volgnummer")))
    code, omschrijving = text(data.get("code")), text(data.get("omschrijving"))
    if volgnummer is None and not code and not omschrijving:
        raise StufFout("StUF055", "heeft/gerelateerde noemt geen volgnummer, code of omschrijving van een statustype")
    return find_statustype(zaaktype, volgnummer, code, omschrijving)


def _check_zaaktype(zaaktype: Zaaktype, data: Data) -> None:
    code = text(data.get("zkt.code"))
    if code and code != zaaktype.code:
        raise StufFout(
            "StUF055",
            f"het statustype is van zaaktype {code!r} (zkt.code), maar de zaak is van zaaktype {zaaktype.code!r}",
        )
