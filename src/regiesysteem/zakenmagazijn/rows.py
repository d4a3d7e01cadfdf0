"""Values of an entity over the columns and the rest of a row; zaaktypen and statustypen as messages name them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from sqlalchemy import Connection

from regiesysteem.inrichting.current import (
    GeenVolgnummer,
    Gevonden,
    Inrichting,
    Statustype,
    Tegenspraak,
    Uitkomst,
    Zaaktype,
    beschrijf,
    neem_statustype_over,
    neem_zaaktype_over,
    vind_statustype,
)
from regiesysteem.inrichting.fields import gevouwen
from regiesysteem.inrichting.leniency import Leniency
from regiesysteem.logging_ import logger
from regiesysteem.stuf import values
from regiesysteem.stuf.entity import Element, Elementen, Entiteit
from regiesysteem.stuf.faults import StufFout
from regiesysteem.stuf.read import Gerelateerde, Voorkomen
from regiesysteem.stuf.values import Gegevens, Waarde, getal, is_leeg, tekst

# --- Converts between `Gegevens` and a row, by the entity tables: the one place that knows which element has a column

GERELATEERDE = "gerelateerde"
REST = "inhoud"
TIJDVAK = "tijdvakRelatie"
DOCUMENT_REST = "gegevens"

Rij = Mapping[Any, Any]
"""A row by name of column."""


def naar_rij(elementen: Iterable[Element], gegevens: Gegevens, rest: str = REST) -> dict[str, Any]:
    """Split values over columns and the jsonb column `rest`.

    A plain text goes to its column. A value that a column cannot hold (attributes, noValue, groups) goes to the jsonb;
    a text in it is copied to the column, for selections.
    """
    bekend = Elementen.van(elementen)
    overig: dict[str, Waarde] = {}
    rij: dict[str, Any] = dict.fromkeys(bekend.kolommen)
    for naam, waarde in gegevens.items():
        element = bekend.op_naam.get(naam)
        if element is None:
            continue
        if element.kolom:
            rij[element.kolom] = values.tekst(waarde)
        if not (element.kolom and isinstance(waarde, str)):
            overig[naam] = waarde
    rij[rest] = overig
    return rij


def van_rij(elementen: Iterable[Element], rij: Rij, rest: str = REST) -> Gegevens:
    """Put the values of a row together again; the inverse of `naar_rij`. A column that was not read is left out."""
    bekend = Elementen.van(elementen)
    gegevens: Gegevens = {naam: waarde for naam, waarde in rij[rest].items() if naam in bekend.op_naam}
    for kolom in bekend.kolommen:
        waarde = rij.get(kolom)
        if waarde is not None:
            gegevens.setdefault(bekend.op_kolom[kolom], waarde)
    return gegevens


def kolommen(elementen: Iterable[Element], rest: str = REST) -> tuple[str, ...]:
    """The columns that these elements have, in table order, the jsonb `rest` last."""
    return (*Elementen.van(elementen).kolommen, rest)


def sleutel(entiteit: Entiteit, gegevens: Gegevens) -> str | None:
    """The key by which two objects of an entiteittype are the same, as "kind:value"; None when there is none."""
    for naam, soort in entiteit.sleutels:
        waarde = values.tekst(gegevens.get(naam))
        if waarde:
            return f"{soort}:{waarde}"
    return None


def einde(gegevens: Gegevens) -> str | None:
    """The end of a relation by its tijdvakRelatie, in digits; None when that has no end (StUF 03.01, 5.2.6)."""
    tijdvak = gegevens.get(TIJDVAK)
    return values.tekst(tijdvak.get("eindRelatie")) if isinstance(tijdvak, dict) else None


NOW: Final = """to_char(statement_timestamp() AT TIME ZONE 'Europe/Amsterdam', 'YYYYMMDDHH24MISSMS') COLLATE "C\""""
"""SQL of the start of a statement as a time of StUF: the result of the function `regie_nu`."""


def holds(column: str) -> str:
    """SQL that tells whether a relation with this `beeindigd` holds now, as `regie_geldt` does.

    Questions have it written out: PostgreSQL opens the functions again each time that it plans a statement.
    """
    return f"({column} IS NULL OR {column} > {NOW})"


def geldt(beeindigd: str | None, nu: str) -> bool:
    """Tell whether a relation holds now; in SQL that is `holds` or `regie_geldt`."""
    return beeindigd is None or beeindigd > nu


def beeindiging(rij: Rij, oud: Gegevens, nu: str) -> dict[str, Any]:
    """How a relation ends that is told with E or R: on the day that its old half says, else now.

    Shapes: what `relations.Kind.end_rows` takes; an end that is said also goes into `inhoud`, because until then it is
    answered.
    """
    op, tijdvak = einde(oud), oud.get(TIJDVAK)
    bekend = rij[REST].get(TIJDVAK)
    samen = {**(bekend if isinstance(bekend, dict) else {}), **tijdvak} if op and isinstance(tijdvak, dict) else None
    return {"id": rij["id"], "op": op or nu, "inhoud": {TIJDVAK: samen} if samen else {}}


def voeg_samen(elementen: Sequence[Element], bekend: Gegevens, nieuw: Gegevens) -> Gegevens:
    """Put new values over known ones; a new branch of a choice takes the place of the other branches."""
    takken = dict(element.keuze.split("/") for element in elementen if element.keuze and element.naam in nieuw)
    uit = dict(bekend)
    for element in elementen if takken else ():
        groep, _, tak = element.keuze.partition("/")
        if groep in takken and takken[groep] != tak:
            uit.pop(element.naam, None)
    return uit | nieuw


def verschil(gezegd: Gegevens, bekend: Gegevens) -> Gegevens:
    """The values of an object in a message that its row does not have, or that differ from it."""
    return {naam: waarde for naam, waarde in gezegd.items() if bekend.get(naam) != waarde}


# --- Zaaktype and statustype of a message: found in the inrichting, or taken over from the message when it says so

_MAX_GENOEMD = 30
_IDENTIFICEREND = frozenset({"code", "omschrijving", "volgnummer", "zkt.code", "zkt.omschrijving"})


def zaaktype_gegevens(zaaktype: Zaaktype) -> Gegevens:
    """The elements of ZKT as the inrichting has them."""
    return {"omschrijving": zaaktype.omschrijving, "code": zaaktype.code, **zaaktype.inhoud}


def statustype_gegevens(zaaktype: Zaaktype, statustype: Statustype) -> Gegevens:
    """The elements of STT as the inrichting has them."""
    gegevens: Gegevens = {
        "zkt.code": zaaktype.code,
        "zkt.omschrijving": zaaktype.omschrijving,
        "volgnummer": str(statustype.volgnummer),
        "omschrijving": statustype.omschrijving,
        **statustype.inhoud,
    }
    if statustype.code:
        gegevens["code"] = statustype.code
    return gegevens


def aanvulling(gezegd: Gegevens, bekend: Gegevens) -> Gegevens:
    """The elements of a type in a message that the inrichting does not have; the others only identify the type.

    Of the identifying elements only the spelling of a volgnummer is kept (0002), as long as it is the same number.
    """
    uit: Gegevens = {
        naam: waarde
        for naam, waarde in gezegd.items()
        if naam not in bekend and naam not in _IDENTIFICEREND and not is_leeg(waarde)
    }
    nummer = tekst(gezegd.get("volgnummer"))
    if nummer and nummer != bekend.get("volgnummer") and getal(nummer) == getal(tekst(bekend.get("volgnummer"))):
        uit["volgnummer"] = nummer
    return uit


def bepaal_zaaktype(verbinding: Connection, inrichting: Inrichting, gerelateerde: Gerelateerde | None) -> Zaaktype:
    """The zaaktype that isVan names, for a new zaak.

    Raises StUF055 when it names none, StUF064 for one that the inrichting does not have (and does not take over).
    """
    gegevens = gerelateerde.gegevens if gerelateerde else {}
    code, omschrijving = tekst(gegevens.get("code")), tekst(gegevens.get("omschrijving"))
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
        rest = {naam: waarde for naam, waarde in gegevens.items() if naam not in _IDENTIFICEREND}
        return neem_zaaktype_over(verbinding, code, omschrijving, rest)
    codes = sorted(zt.code for zt in inrichting.zaaktypen if not zt.vervallen)
    bekend = ", ".join([*codes[:_MAX_GENOEMD], *(["…"] if len(codes) > _MAX_GENOEMD else [])])
    reden = "is vervallen" if zaaktype is not None else "is niet bekend"
    genoemd = " en ".join(
        f"{naam} {waarde!r}" for naam, waarde in (("code", code), ("omschrijving", omschrijving)) if waarde
    )
    raise StufFout("StUF064", f"zaaktype met {genoemd} {reden}; bekend zijn: {bekend}")


def bepaal_statustype(verbinding: Connection, zaaktype: Zaaktype, gerelateerde: Gerelateerde | None) -> Statustype:
    """The statustype of this zaaktype that heeft/gerelateerde names (ZDS 4.1.3.1).

    Raises StUF055 when it names none, another zaaktype, or contradicts itself and the inrichting refuses that;
    StUF064 for one that the zaaktype does not have (and is not taken over).
    """
    uitkomst = _zoek_statustype(zaaktype, gerelateerde)
    if isinstance(uitkomst, Gevonden):
        if uitkomst.ondanks is not None:
            logger().warning(
                "statustype_tegenspraak", zaaktype=zaaktype.code, statustype=uitkomst.statustype.volgnummer
            )
        return uitkomst.statustype
    if isinstance(uitkomst, Tegenspraak):
        raise StufFout("StUF055", f"het statustype spreekt zichzelf tegen bij zaaktype {zaaktype.code}; {uitkomst}")
    gezonden = uitkomst.gezonden
    if zaaktype.onbekende_status == "overnemen" and gerelateerde is not None:
        rest = {naam: waarde for naam, waarde in gerelateerde.gegevens.items() if naam not in _IDENTIFICEREND}
        try:
            return neem_statustype_over(
                verbinding, zaaktype.id, gezonden.volgnummer, gezonden.code, gezonden.omschrijving, rest
            )
        except GeenVolgnummer as fout:
            raise StufFout("StUF058", str(fout)) from None
    bekend = "; ".join(beschrijf(s.volgnummer, s.code, s.omschrijving) for s in zaaktype.statustypen)
    raise StufFout(
        "StUF064", f"statustype onbekend bij zaaktype {zaaktype.code}; ontvangen: {gezonden}; bekend: {bekend}"
    )


def zonder_onbekende_code(zaaktype: Zaaktype, statussen: Sequence[Voorkomen], leniency: Leniency) -> list[Voorkomen]:
    """The statuses of a sender with codes of its own: a code that the zaaktype does not know is left out.

    Only beside a known volgnummer, and only where that is allowed. The other elements still decide.
    """
    bekend = (*zaaktype.statustypen, *zaaktype.vervallen_statustypen)
    codes = {gevouwen(een.code) for een in bekend if een.code}
    nummers = {een.volgnummer for een in bekend}

    def bedoeld(voorkomen: Voorkomen) -> Voorkomen:
        wie = voorkomen.gerelateerde
        code = tekst(wie.gegevens.get("code")) if wie else None
        if wie is None or not code or gevouwen(code) in codes:
            return voorkomen
        if getal(tekst(wie.gegevens.get("volgnummer"))) not in nummers:
            return voorkomen
        if not leniency.allows("status_code", "object/heeft/gerelateerde/code"):
            return voorkomen
        gegevens = {naam: waarde for naam, waarde in wie.gegevens.items() if naam != "code"}
        return replace(voorkomen, gerelateerde=replace(wie, gegevens=gegevens))

    return [bedoeld(een) for een in statussen]


def vind_bestaand_statustype(zaaktype: Zaaktype, gerelateerde: Gerelateerde | None) -> Statustype | None:
    """The statustype of a status that a zaak may have, so also a vervallen one; None for none.

    Raises StUF055 as `bepaal_statustype` does for a message that names none, or another zaaktype.
    """
    uitkomst = _zoek_statustype(zaaktype, gerelateerde)
    if not isinstance(uitkomst, Gevonden) and zaaktype.vervallen_statustypen:
        uitkomst = _zoek_statustype(replace(zaaktype, statustypen=zaaktype.vervallen_statustypen), gerelateerde)
    return uitkomst.statustype if isinstance(uitkomst, Gevonden) else None


def _zoek_statustype(zaaktype: Zaaktype, gerelateerde: Gerelateerde | None) -> Uitkomst:
    gegevens = gerelateerde.gegevens if gerelateerde else {}
    _controleer_zaaktype(zaaktype, gegevens)
    volgnummer = getal(tekst(gegevens.get("volgnummer")))
    code, omschrijving = tekst(gegevens.get("code")), tekst(gegevens.get("omschrijving"))
    if volgnummer is None and not code and not omschrijving:
        raise StufFout("StUF055", "heeft/gerelateerde noemt geen volgnummer, code of omschrijving van een statustype")
    return vind_statustype(zaaktype, volgnummer, code, omschrijving)


def _controleer_zaaktype(zaaktype: Zaaktype, gegevens: Gegevens) -> None:
    code = tekst(gegevens.get("zkt.code"))
    if code and code != zaaktype.code:
        raise StufFout(
            "StUF055",
            f"het statustype is van zaaktype {code!r} (zkt.code), maar de zaak is van zaaktype {zaaktype.code!r}",
        )
