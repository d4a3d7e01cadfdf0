"""The messages of Regie- en Zaakservices about a zaak (RZS 1.0, 6.8 - 6.10), and their readers.

    Notificatie          notificeerOverZaak, initieerNotificeerOverZaak
    Overdracht           overdragenZaak_Di01
    Overdrachtantwoord   overdragenZaak_Du01
    ZAAKTYPE, STATUS     the element of each field, in the order of the schema; the writer uses them too

Readers raise StUF055 for an element that is missing or unknown, and name it.
"""

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from lxml import etree

from regiesysteem.stuf.faults import StufFout
from regiesysteem.stuf.namespaces import NIL, stuf
from regiesysteem.stuf.values import getal
from regiesysteem.zkn.names import rzs, zkn

GEBEURTENISSEN: Final = (
    "Creeer zaak",
    "Actualiseer zaakstatus",
    "Update zaak",
    "Voeg zaakdocument toe",
    "Update zaakdocument",
)
"""The events that a notificatie can be about (RZS 6.9.2)."""

EXTRA_GEBEURTENIS: Final = "gebeurtenis"
"""The extraElement with the event (RZS, bijlage D)."""

EXTRA_ZENDER: Final = "zendendeApplicatie"
"""The extraElement with the applicatie that caused the event; RZS 6.10.2 does not name it (docs/afwijkingen.md 42).
"""

GEACCEPTEERD: Final = "Overdracht geaccepteerd"
GEWEIGERD: Final = "Overdracht geweigerd"

ZAAKTYPE: Final = (("omschrijving", "omschrijving"), ("code", "code"))
STATUS: Final = (
    ("zkt.code", "zaaktype_code"),
    ("zkt.omschrijving", "zaaktype_omschrijving"),
    ("volgnummer", "volgnummer"),
    ("code", "code"),
    ("omschrijving", "omschrijving"),
    ("ingangsdatumObject", "ingangsdatum"),
)


@dataclass(frozen=True, slots=True)
class Zaaktypevermelding:
    """The values by which a message names a zaaktype; "" for one that it leaves out."""

    code: str = ""
    omschrijving: str = ""


@dataclass(frozen=True, slots=True)
class Statusvermelding:
    """The values by which a message names a status: volgnummer, code or omschrijving; "" or None when absent.

    `datum_gezet` is 8 to 17 digits, `ingangsdatum` (of the statustype) 8.
    """

    datum_gezet: str
    volgnummer: int | None = None
    code: str = ""
    omschrijving: str = ""
    zaaktype_code: str = ""
    zaaktype_omschrijving: str = ""
    ingangsdatum: str = ""


@dataclass(frozen=True, slots=True)
class Notificatie:
    """Something happened to a zaak: `gebeurtenis` is one of GEBEURTENISSEN.

    `zendende_applicatie` caused it and need not be told; only an initieerNotificeerOverZaak has it.
    """

    zaakidentificatie: str
    gebeurtenis: str
    zaaktype: Zaaktypevermelding
    status: Statusvermelding | None = None
    zendende_applicatie: str = ""
    meldingen: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Overdracht:
    """A zaak is offered to a back office."""

    zaakidentificatie: str
    zaaktype: Zaaktypevermelding
    meldingen: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Overdrachtantwoord:
    """The decision of a back office about a zaak that it was offered."""

    zaakidentificatie: str
    geaccepteerd: bool
    meldingen: tuple[str, ...] = ()


def lees_notificatie(bericht: etree._Element) -> Notificatie:
    """Read a notificeerOverZaak_Di01 (RZS 6.9.2)."""
    zaak = _object(bericht)
    extra = _extra_elementen(zaak)
    return Notificatie(
        zaakidentificatie=_identificatie(zaak),
        gebeurtenis=_gebeurtenis(extra),
        zaaktype=_zaaktype(zaak),
        status=_status(zaak),
        zendende_applicatie=_een_van(extra, _NAMEN_ZENDER),
        meldingen=_meldingen(bericht),
    )


def lees_initiatie(bericht: etree._Element) -> Notificatie:
    """Read an initieerNotificeerOverZaak_Di01: a notificatie that names the applicatie that caused it (RZS 6.10.2)."""
    notificatie = lees_notificatie(bericht)
    if not notificatie.zendende_applicatie:
        raise StufFout(
            "StUF055",
            "De zendende applicatie ontbreekt (RZS 6.10.2): geef in object/extraElementen een extraElement met naam "
            f"'{EXTRA_ZENDER}' en de applicatie die de gebeurtenis veroorzaakte.",
        )
    return notificatie


def lees_overdracht(bericht: etree._Element) -> Overdracht:
    """Read an overdragenZaak_Di01 (RZS 6.8.2)."""
    zaak = _object(bericht)
    return Overdracht(_identificatie(zaak), _zaaktype(zaak), _meldingen(bericht))


def lees_overdrachtantwoord(bericht: etree._Element) -> Overdrachtantwoord:
    """Read an overdragenZaak_Du01 (RZS 6.8.4)."""
    zaak = _object(bericht)
    gezegd = _tekst(zaak, "antwoord")
    antwoorden = {_kaal(GEACCEPTEERD): True, _kaal(GEWEIGERD): False}
    if _kaal(gezegd) not in antwoorden:
        raise StufFout(
            "StUF055",
            f"object/antwoord is {_citaat(gezegd)}; het is '{GEACCEPTEERD}' of '{GEWEIGERD}' (RZS 6.8.4).",
        )
    return Overdrachtantwoord(_identificatie(zaak), antwoorden[_kaal(gezegd)], _meldingen(bericht))


def _object(bericht: etree._Element) -> etree._Element:
    zaak = bericht.find(rzs("object"))
    if zaak is None:
        raise StufFout("StUF055", "object ontbreekt: het bericht noemt geen zaak.")
    return zaak


def _identificatie(zaak: etree._Element) -> str:
    identificatie = _tekst(zaak, "identificatie")
    if not identificatie:
        raise StufFout("StUF055", "object/identificatie ontbreekt: het bericht noemt geen zaak.")
    return identificatie


def _zaaktype(zaak: etree._Element) -> Zaaktypevermelding:
    """Read the zaaktype; RZS has one where the schema allows more."""
    genoemd = {
        Zaaktypevermelding(**{veld: _tekst(een, naam) for naam, veld in ZAAKTYPE})
        for een in zaak.iterfind(f"{zkn('isVan')}/{zkn('gerelateerde')}")
    } - {Zaaktypevermelding()}
    if len(genoemd) > 1:
        raise StufFout("StUF055", f"object/isVan noemt {len(genoemd)} zaaktypen; een zaak heeft er een.")
    if not genoemd:
        raise StufFout("StUF055", "object/isVan/gerelateerde noemt geen zaaktype: code en omschrijving ontbreken.")
    return genoemd.pop()


def _status(zaak: etree._Element) -> Statusvermelding | None:
    heeft = zaak.find(zkn("heeft"))
    if heeft is None or heeft.get(NIL) in ("true", "1"):
        return None
    gerelateerde = heeft.find(zkn("gerelateerde"))
    delen = {veld: "" if gerelateerde is None else _tekst(gerelateerde, naam) for naam, veld in STATUS}
    volgnummer = delen.pop("volgnummer")
    if not (volgnummer or delen["code"] or delen["omschrijving"]):
        raise StufFout(
            "StUF055", "object/heeft/gerelateerde noemt geen status: volgnummer, code en omschrijving ontbreken."
        )
    nummer = getal(volgnummer)
    if volgnummer and nummer is None:
        raise StufFout("StUF055", f"object/heeft/gerelateerde/volgnummer is {_citaat(volgnummer)}, geen volgnummer.")
    datum = _tekst(heeft, "datumStatusGezet")
    if not _TIJDSTIP.fullmatch(datum):
        raise StufFout(
            "StUF055",
            f"object/heeft/datumStatusGezet is {_citaat(datum)}; verplicht bij een status zijn 8 tot 17 cijfers "
            "(RZS 6.9.2).",
        )
    return Statusvermelding(datum, nummer, **delen)


_TIJDSTIP: Final = re.compile(r"[0-9]{8,17}")
_MAX_CITAAT: Final = 60


def _extra_elementen(zaak: etree._Element) -> list[tuple[str, str]]:
    """The names, in the form that is compared, and texts of the extraElementen that have one."""
    extra = zaak.iterfind(f"{stuf('extraElementen')}/{stuf('extraElement')}")
    return [(_kaal(een.get("naam", "")), tekst) for een in extra if (tekst := (een.text or "").strip())]


def _gebeurtenis(extra: list[tuple[str, str]]) -> str:
    gezegd = _een_van(extra, (_kaal(EXTRA_GEBEURTENIS),))
    if not gezegd:
        raise StufFout(
            "StUF055",
            "De gebeurtenis ontbreekt (RZS 6.9.2): geef in object/extraElementen een extraElement met naam "
            f"'{EXTRA_GEBEURTENIS}' en als waarde {_LIJST}.",
        )
    gebeurtenis = _GEBEURTENIS.get(_kaal(gezegd))
    if gebeurtenis is None:
        raise StufFout("StUF055", f"De gebeurtenis is {_citaat(gezegd)}; bekend zijn {_LIJST} (RZS 6.9.2).")
    return gebeurtenis


def _een_van(extra: list[tuple[str, str]], namen: tuple[str, ...]) -> str:
    """The text of the first of these extraElementen that the message has; "" when it has none."""
    for naam in namen:
        gevonden = list(dict.fromkeys(tekst for genoemd, tekst in extra if genoemd == naam))
        if len(gevonden) > 1:
            raise StufFout("StUF055", f"object/extraElementen heeft {len(gevonden)} keer '{naam}'; geef er een.")
        if gevonden:
            return gevonden[0]
    return ""


def _meldingen(bericht: etree._Element) -> tuple[str, ...]:
    teksten = ((melding.text or "").strip() for melding in bericht.iterfind(rzs("melding")))
    return tuple(tekst for tekst in teksten if tekst)


def _tekst(ouder: etree._Element, naam: str) -> str:
    return (ouder.findtext(zkn(naam)) or "").strip()


def _kaal(tekst: str) -> str:
    """A name or listed value without the differences between senders: capitals, accents, spaces, punctuation."""
    ontleed = unicodedata.normalize("NFKD", tekst)
    return "".join(teken for teken in ontleed if teken.isalnum()).casefold()


def _citaat(waarde: str) -> str:
    return f"'{waarde[:_MAX_CITAAT]}'" if waarde else "leeg"


_GEBEURTENIS: Final = {_kaal(gebeurtenis): gebeurtenis for gebeurtenis in GEBEURTENISSEN}
_LIJST: Final = ", ".join(f"'{gebeurtenis}'" for gebeurtenis in GEBEURTENISSEN)
_NAMEN_ZENDER: Final = tuple(_kaal(naam) for naam in (EXTRA_ZENDER, "zendendSysteem", "zender", "applicatie"))
