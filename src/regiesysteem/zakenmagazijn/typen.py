"""Zaaktype and statustype of a message: found in the inrichting, or taken over from the message when it says so."""

from collections.abc import Sequence
from dataclasses import replace

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
from regiesysteem.logboek import logger
from regiesysteem.stuf.faults import StufFout
from regiesysteem.stuf.read import Gerelateerde, Voorkomen
from regiesysteem.stuf.values import Gegevens, getal, is_leeg, tekst

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
