"""From the elements of <gelijk>, or <vanaf> and <totEnMet>, to conditions on zaken and what hangs on them."""

from collections.abc import Callable
from typing import Final

from regiesysteem.stuf import waarden as opgeslagen
from regiesysteem.stuf.entiteit import Element, Entiteit, Relatie, Soort
from regiesysteem.stuf.waarden import Gegevens
from regiesysteem.zakenmagazijn.selectie.bouw import NOOIT, Bouw, Criterium, deels, geen_waarde, tekst
from regiesysteem.zakenmagazijn.selectie.sleutels import sleutels, vormen
from regiesysteem.zakenmagazijn.selectie.waarden import bevat, voorwaarde
from regiesysteem.zakenmagazijn.typen import statustype_gegevens, zaaktype_gegevens
from regiesysteem.zakenmagazijn.zaken import NAAR_OBJECTEN, ONBEKENDE_RELATIES
from regiesysteem.zkn.zaak import HEEFT, IS_VAN, STT, ZAK, ZKT

_HOOFDZAAK: Final = "heeftAlsHoofdzaak"
_ANDERE: Final = "heeftBetrekkingOpAndere"
_MOMENT: Final = Element("datumStatusGezet", kolom="moment", soort=Soort.TIJDSTIP)
"""DatumStatusGezet at full length, so that every precision compares."""


def zaakvoorwaarden(bouw: Bouw, alias: str, criterium: Criterium, entiteit: Entiteit = ZAK) -> list[str]:
    """The conditions that a criterion for zaken sets to row `alias` of table zaak."""
    uit: list[str] = []
    for naam, kind in criterium.kinderen():
        element, relatie = ZAK.element(naam), entiteit.relatie(naam)
        if element is not None and entiteit.element(naam) is not None:
            uit.append(voorwaarde(bouw, alias, element, kind))
        elif relatie is not None:
            uit.append(_relatie(bouw, alias, relatie, kind))
        else:
            bouw.negeer(naam)
    return [deel for deel in uit if deel]


def _relatie(bouw: Bouw, alias: str, relatie: Relatie, criterium: Criterium) -> str:
    if relatie is IS_VAN:
        return _zaaktype(bouw, alias, criterium)
    if relatie.naam in NAAR_OBJECTEN:
        return _objecten(bouw, alias, relatie, criterium)
    if relatie is HEEFT:
        return _status(bouw, alias, criterium)
    if relatie.naam in ("heeftAlsDeelzaak", _HOOFDZAAK, _ANDERE):
        return _andere_zaak(bouw, alias, relatie, criterium)
    bouw.negeer(relatie.naam)
    return ""


def _zaaktype(bouw: Bouw, alias: str, criterium: Criterium) -> str:
    gerelateerde = _gerelateerde(bouw, criterium)
    if gerelateerde is None or not gerelateerde.kinderen():
        return ""
    _negeer_onbekende(bouw, ZKT, gerelateerde)
    ids = [zt.id for zt in bouw.inrichting.zaaktypen if _voldoet(ZKT, zaaktype_gegevens(zt), gerelateerde)]
    return f"{alias}.zaaktype_id = ANY({bouw.parameter(ids)})" if ids else NOOIT


def _gerelateerde(bouw: Bouw, criterium: Criterium) -> Criterium | None:
    """The criterion for the gerelateerde; other elements of such a relation are not selected on."""
    kinderen = dict(criterium.kinderen())
    for naam in kinderen:
        if naam != "gerelateerde":
            bouw.negeer(naam)
    return kinderen.get("gerelateerde")


def _negeer_onbekende(bouw: Bouw, entiteit: Entiteit, criterium: Criterium) -> None:
    for naam, _ in criterium.kinderen():
        if entiteit.element(naam) is None:
            bouw.negeer(naam)


def _zonder(alias: str, relatie: Relatie, criterium: Criterium, bestaat: str) -> str:
    """The condition of a relation without content: not there, or said not to be known; else none (6.3.1)."""
    if criterium.bereik or criterium.leeg not in ("geenWaarde", "vastgesteldOnbekend"):
        return ""
    if criterium.leeg == "vastgesteldOnbekend":
        gezegd = f"{alias}.inhoud -> '{ONBEKENDE_RELATIES}' -> '{relatie.naam}'"
        return f"{gezegd} @> CAST('[\"vastgesteldOnbekend\"]' AS jsonb)"
    return f"NOT EXISTS ({bestaat})"


def _voldoet(entiteit: Entiteit, gegevens: Gegevens, criterium: Criterium) -> bool:
    """Whether a zaaktype or statustype, which we have in memory, meets a criterion."""
    return all(
        _voldoet_element(element, gegevens, kind)
        for naam, kind in criterium.kinderen()
        if (element := entiteit.element(naam)) is not None
    )


def _voldoet_element(element: Element, gegevens: Gegevens, criterium: Criterium) -> bool:
    waarde = gegevens.get(element.naam)
    if not criterium.bereik and criterium.leeg:
        return criterium.leeg != "geenWaarde" or opgeslagen.is_leeg(waarde)
    waarden = waarde if isinstance(waarde, list) else [waarde]
    teksten = [kaal for enkel in waarden if (kaal := opgeslagen.tekst(enkel)) is not None]
    return any(_past(element, kaal, criterium) for kaal in teksten)


def _past(element: Element, kaal: str, criterium: Criterium) -> bool:
    laag = tekst(criterium.laag)
    vorm: Callable[[str], int | str] = int if element.soort is Soort.GETAL and kaal.isdecimal() else str
    if criterium.hoog is None:
        if deels(criterium.laag):
            return laag.lower() in kaal.lower()
        return _vergelijkbaar(vorm, laag) == vorm(kaal)
    hoog = tekst(criterium.hoog)
    boven = bool(geen_waarde(criterium.laag)) or str(vorm(kaal)).zfill(9) >= laag.zfill(9)
    return boven and (bool(geen_waarde(criterium.hoog)) or str(vorm(kaal)).zfill(9) <= hoog.zfill(9))


def _vergelijkbaar(vorm: Callable[[str], int | str], waarde: str) -> int | str:
    return vorm(waarde) if vorm is str or waarde.isdecimal() else waarde


def _objecten(bouw: Bouw, alias: str, relatie: Relatie, criterium: Criterium) -> str:
    r, o = bouw.alias("r"), bouw.alias("o")
    delen = [f"{r}.relatie = {bouw.parameter(relatie.naam)}", f"{r}.beeindigd IS NULL"]
    if criterium.leeg:
        bestaat = f"SELECT FROM zaak_relatie {r} WHERE {r}.zaak_id = {alias}.id AND {' AND '.join(delen)}"
        return _zonder(alias, relatie, criterium, bestaat)
    for naam, kind in criterium.kinderen():
        element = relatie.element(naam)
        if naam == "gerelateerde":
            delen.extend(_object(bouw, o, relatie, kind))
        elif element is not None:
            delen.append(voorwaarde(bouw, r, element, kind))
        else:
            bouw.negeer(naam)
    waar = " AND ".join(deel for deel in delen if deel)
    # A semi-join, so that the object drives the query and not the table of zaken.
    return (
        f"{alias}.id IN (SELECT {r}.zaak_id FROM zaak_relatie {r} LEFT JOIN object {o} ON {o}.id = {r}.object_id"
        f" WHERE {waar})"
    )


def _object(bouw: Bouw, o: str, relatie: Relatie, criterium: Criterium) -> list[str]:
    """Conditions on the object: general ones of BTR and OBJ, or those of a subtype that is named."""
    rechtstreeks = relatie.keuze("")
    if rechtstreeks is not None:
        return [
            f"{o}.entiteittype = '{rechtstreeks.entiteit.code}'",
            *_van_entiteit(bouw, o, rechtstreeks.entiteit, criterium),
        ]
    uit: list[str] = []
    for naam, kind in criterium.kinderen():
        keuze = relatie.keuze(naam)
        if keuze is not None:
            uit.append(f"{o}.entiteittype = '{keuze.entiteit.code}'")
            uit.extend(_van_entiteit(bouw, o, keuze.entiteit, kind))
        elif naam in ("identificatie", "naam") and (kind.bereik or kind.leeg):
            uit.append(voorwaarde(bouw, o, Element(naam, kolom=naam), kind))
        elif naam == "identificatie":
            uit.append(f"{o}.sleutel = ANY({bouw.parameter(sleutels(tekst(kind.laag), relatie.gerelateerde))})")
        elif naam == "naam":
            uit.append(
                bevat(bouw, f"{o}.naam", tekst(kind.laag))
                if deels(kind.laag)
                else f"{o}.naam = {bouw.parameter(tekst(kind.laag))}"
            )
        else:
            bouw.negeer(naam)
    return uit


def _van_entiteit(bouw: Bouw, o: str, entiteit: Entiteit, criterium: Criterium) -> list[str]:
    uit: list[str] = []
    soorten = dict(entiteit.sleutels)
    for naam, kind in criterium.kinderen():
        element = entiteit.element(naam)
        if element is None:
            bouw.negeer(naam)
        elif naam in soorten and not (kind.bereik or kind.leeg or deels(kind.laag)):
            gezocht = [f"{soorten[naam]}:{vorm}" for vorm in vormen(soorten[naam], tekst(kind.laag))]
            uit.append(f"{o}.sleutel = ANY({bouw.parameter(gezocht)})")
        else:
            uit.append(voorwaarde(bouw, o, element, kind))
    return [deel for deel in uit if deel]


def _status(bouw: Bouw, alias: str, criterium: Criterium) -> str:
    s = bouw.alias("s")
    if criterium.leeg:
        return _zonder(alias, HEEFT, criterium, f"SELECT FROM zaak_status {s} WHERE {s}.zaak_id = {alias}.id")
    delen: list[str] = []
    for naam, kind in criterium.kinderen():
        element = HEEFT.element(naam)
        if naam == "gerelateerde":
            delen.append(_statustype(bouw, s, kind))
        elif naam == "indicatieLaatsteStatus":
            if not kind.leeg:
                delen.append(f"{s}.laatste" if tekst(kind.laag) == "J" else f"NOT {s}.laatste")
        elif naam == "datumStatusGezet" and not kind.bereik and not kind.leeg:
            delen.append(f"{s}.datum_status_gezet LIKE {bouw.parameter(_cijfers(tekst(kind.laag)) + '%')}")
        elif naam == "datumStatusGezet" and kind.bereik:
            delen.append(voorwaarde(bouw, s, _MOMENT, kind))
        elif naam == "isGezetDoor":
            delen.append(_gezet_door(bouw, s, kind))
        elif element is not None:
            delen.append(voorwaarde(bouw, s, element, kind))
        else:
            bouw.negeer(naam)
    waar = " AND ".join([f"{s}.zaak_id = {alias}.id", *(deel for deel in delen if deel)])
    return f"EXISTS (SELECT FROM zaak_status {s} WHERE {waar})"


def _cijfers(waarde: str) -> str:
    return "".join(teken for teken in waarde if teken.isdecimal())


def _statustype(bouw: Bouw, s: str, criterium: Criterium) -> str:
    if not criterium.kinderen():
        return ""
    _negeer_onbekende(bouw, STT, criterium)
    ids = [
        st.id
        for zt in bouw.inrichting.zaaktypen
        for st in (*zt.statustypen, *zt.vervallen_statustypen)
        if _voldoet(STT, statustype_gegevens(zt, st), criterium)
    ]
    return f"{s}.statustype_id = ANY({bouw.parameter(ids)})" if ids else NOOIT


def _gezet_door(bouw: Bouw, s: str, criterium: Criterium) -> str:
    relatie = HEEFT.relatie("isGezetDoor")
    gerelateerde = _gerelateerde(bouw, criterium)
    if relatie is None or gerelateerde is None:
        return f"{s}.gezet_door_id IS NULL" if criterium.leeg == "geenWaarde" and not criterium.bereik else ""
    o = bouw.alias("o")
    delen = _object(bouw, o, relatie, gerelateerde)
    return f"{s}.gezet_door_id IN (SELECT {o}.id FROM object {o} WHERE {' AND '.join(delen)})" if delen else ""


def _andere_zaak(bouw: Bouw, alias: str, relatie: Relatie, criterium: Criterium) -> str:
    """A relation with another zaak is kept once: a hoofdzaak is `van`, and betrekking has no direction."""
    k, a = bouw.alias("k"), bouw.alias("a")
    naam = "heeftAlsDeelzaak" if relatie.naam == _HOOFDZAAK else relatie.naam
    soort = f"{k}.relatie = {bouw.parameter(naam)} AND {k}.beeindigd IS NULL"
    kanten = {_HOOFDZAAK: [("naar", "van")], _ANDERE: [("van", "naar"), ("naar", "van")]}
    richtingen = kanten.get(relatie.naam, [("van", "naar")])
    if criterium.leeg:
        zelf = " OR ".join(f"{k}.{ene}_id = {alias}.id" for ene, _ in richtingen)
        return _zonder(alias, relatie, criterium, f"SELECT FROM zaak_zaak {k} WHERE {soort} AND ({zelf})")
    gerelateerde = _gerelateerde(bouw, criterium)
    delen = zaakvoorwaarden(bouw, a, gerelateerde, relatie.gerelateerde[0].entiteit) if gerelateerde is not None else []
    waar = " AND ".join([soort, *delen])
    selecties = " UNION ALL ".join(
        f"SELECT {k}.{ene}_id FROM zaak_zaak {k} JOIN zaak {a} ON {a}.id = {k}.{andere}_id WHERE {waar}"
        for ene, andere in richtingen
    )
    return f"{alias}.id IN ({selecties})"
