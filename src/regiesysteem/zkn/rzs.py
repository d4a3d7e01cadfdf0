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
from regiesysteem.stuf.values import numeral
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
REFUSED: Final = "Overdracht geweigerd"

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
class OverdrachtAnswer:
    """The decision of a back office about a zaak that it was offered."""

    zaakidentificatie: str
    geaccepteerd: bool
    meldingen: tuple[str, ...] = ()


def read_notificatie(bericht: etree._Element) -> Notificatie:
    """Read a notificeerOverZaak_Di01 (RZS 6.9.2)."""
    zaak = _object(bericht)
    extra = _extra_elementen(zaak)
    return Notificatie(
        zaakidentificatie=_identificatie(zaak),
        gebeurtenis=_gebeurtenis(extra),
        zaaktype=_zaaktype(zaak),
        status=_status(zaak),
        zendende_applicatie=_one_of(extra, _NAMES_ZENDER),
        meldingen=_meldingen(bericht),
    )


def read_initiatie(bericht: etree._Element) -> Notificatie:
    """Read an initieerNotificeerOverZaak_Di01: a notificatie that names the applicatie that caused it (RZS 6.10.2)."""
    notificatie = read_notificatie(bericht)
    if not notificatie.zendende_applicatie:
        raise StufFout(
            "StUF055",
            "De zendende applicatie ontbreekt (RZS 6.10.2): geef in object/extraElementen een extraElement met naam "
            f"'{EXTRA_ZENDER}' en de applicatie die de gebeurtenis veroorzaakte.",
        )
    return notificatie


def read_overdracht(bericht: etree._Element) -> Overdracht:
    """Read an overdragenZaak_Di01 (RZS 6.8.2)."""
    zaak = _object(bericht)
    return Overdracht(_identificatie(zaak), _zaaktype(zaak), _meldingen(bericht))


def read_overdrachtantwoord(bericht: etree._Element) -> OverdrachtAnswer:
    """Read an overdragenZaak_Du01 (RZS 6.8.4)."""
    zaak = _object(bericht)
    said = _text(zaak, "antwoord")
    answers = {_bare(GEACCEPTEERD): True, _bare(REFUSED): False}
    if _bare(said) not in answers:
        raise StufFout(
            "StUF055",
            f"object/antwoord is {_quotation(said)}; het is '{GEACCEPTEERD}' of '{REFUSED}' (RZS 6.8.4).",
        )
    return OverdrachtAnswer(_identificatie(zaak), answers[_bare(said)], _meldingen(bericht))


def _object(bericht: etree._Element) -> etree._Element:
    zaak = bericht.find(rzs("object"))
    if zaak is None:
        raise StufFout("StUF055", "object ontbreekt: het bericht noemt geen zaak.")
    return zaak


def _identificatie(zaak: etree._Element) -> str:
    identificatie = _text(zaak, "identificatie")
    if not identificatie:
        raise StufFout("StUF055", "object/identificatie ontbreekt: het bericht noemt geen zaak.")
    return identificatie


def _zaaktype(zaak: etree._Element) -> Zaaktypevermelding:
    """Read the zaaktype; RZS has one where the schema allows more."""
    named = {
        Zaaktypevermelding(**{field: _text(one, naam) for naam, field in ZAAKTYPE})
        for one in zaak.iterfind(f"{zkn('isVan')}/{zkn('gerelateerde')}")
    } - {Zaaktypevermelding()}
    if len(named) > 1:
        raise StufFout("StUF055", f"object/isVan noemt {len(named)} zaaktypen; een zaak heeft er een.")
    if not named:
        raise StufFout("StUF055", "object/isVan/gerelateerde noemt geen zaaktype: code en omschrijving ontbreken.")
    return named.pop()


def _status(zaak: etree._Element) -> Statusvermelding | None:
    heeft = zaak.find(zkn("heeft"))
    if heeft is None or heeft.get(NIL) in ("true", "1"):
        return None
    gerelateerde = heeft.find(zkn("gerelateerde"))
    parts = {field: "" if gerelateerde is None else _text(gerelateerde, naam) for naam, field in STATUS}
    volgnummer = parts.pop("volgnummer")
    if not (volgnummer or parts["code"] or parts["omschrijving"]):
        raise StufFout(
            "StUF055", "object/heeft/gerelateerde noemt geen status: volgnummer, code en omschrijving ontbreken."
        )
    number = numeral(volgnummer)
    if volgnummer and number is None:
        raise StufFout("StUF055", f"object/heeft/gerelateerde/volgnummer is {_quotation(volgnummer)}, geen volgnummer.")
    datum = _text(heeft, "datumStatusGezet")
    if not _TIJDSTIP.fullmatch(datum):
        raise StufFout(
            "StUF055",
            f"object/heeft/datumStatusGezet is {_quotation(datum)}; verplicht bij een status zijn 8 tot 17 cijfers "
            "(RZS 6.9.2).",
        )
    return Statusvermelding(datum, number, **parts)


_TIJDSTIP: Final = re.compile(r"[0-9]{8,17}")
_MAX_QUOTATION: Final = 60


def _extra_elementen(zaak: etree._Element) -> list[tuple[str, str]]:
    """The names, in the form that is compared, and texts of the extraElementen that have one."""
    extra = zaak.iterfind(f"{stuf('extraElementen')}/{stuf('extraElement')}")
    return [(_bare(one.get("naam", "")), text) for one in extra if (text := (one.text or "").strip())]


def _gebeurtenis(extra: list[tuple[str, str]]) -> str:
    said = _one_of(extra, (_bare(EXTRA_GEBEURTENIS),))
    if not said:
        raise StufFout(
            "StUF055",
            "De gebeurtenis ontbreekt (RZS 6.9.2): geef in object/extraElementen een extraElement met naam "
            f"'{EXTRA_GEBEURTENIS}' en als waarde {_LISTING}.",
        )
    gebeurtenis = _GEBEURTENIS.get(_bare(said))
    if gebeurtenis is None:
        raise StufFout("StUF055", f"De gebeurtenis is {_quotation(said)}; bekend zijn {_LISTING} (RZS 6.9.2).")
    return gebeurtenis


def _one_of(extra: list[tuple[str, str]], names: tuple[str, ...]) -> str:
    """The text of the first of these extraElementen that the message has; "" when it has none."""
    for naam in names:
        found = list(dict.fromkeys(text for named, text in extra if named == naam))
        if len(found) > 1:
            raise StufFout("StUF055", f"object/extraElementen heeft {len(found)} keer '{naam}'; geef er een.")
        if found:
            return found[0]
    return ""


def _meldingen(bericht: etree._Element) -> tuple[str, ...]:
    texts = ((melding.text or "").strip() for melding in bericht.iterfind(rzs("melding")))
    return tuple(text for text in texts if text)


def _text(parent: etree._Element, naam: str) -> str:
    return (parent.findtext(zkn(naam)) or "").strip()


def _bare(text: str) -> str:
    """A name or listed value without the differences between senders: capitals, accents, spaces, punctuation."""
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(character for character in decomposed if character.isalnum()).casefold()


def _quotation(waarde: str) -> str:
    return f"'{waarde[:_MAX_QUOTATION]}'" if waarde else "leeg"


_GEBEURTENIS: Final = {_bare(gebeurtenis): gebeurtenis for gebeurtenis in GEBEURTENISSEN}
_LISTING: Final = ", ".join(f"'{gebeurtenis}'" for gebeurtenis in GEBEURTENISSEN)
_NAMES_ZENDER: Final = tuple(_bare(naam) for naam in (EXTRA_ZENDER, "zendendSysteem", "zender", "applicatie"))
