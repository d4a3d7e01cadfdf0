"""The content of a message, as a back office looks at it and shows it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from lxml import etree

from regiesysteem.stuf.answers import BEVESTIGINGEN, lees_bevestiging
from regiesysteem.stuf.faults import StufFout
from regiesysteem.stuf.namespaces import stuf
from regiesysteem.zkn.names import rzs, zkn
from regiesysteem.zkn.rzs import (
    Overdracht,
    Statusvermelding,
    Zaaktypevermelding,
    lees_notificatie,
    lees_overdracht,
    lees_overdrachtantwoord,
)

_MUTATIE: Final = {"T": "nieuwe zaak", "W": "gewijzigde zaak", "V": "vervallen zaak", "C": "correctie van een zaak"}


@dataclass(frozen=True, kw_only=True)
class ReadMessage:
    """A message: `soort` is its name; a part that it does not have is "" or empty.

    `regels` is everything worth showing, as label and text. `overdracht` is there when it asks for an answer; `wijzigt`
    when it changes a zaak, which must be known then.
    """

    soort: str
    zaak: str = ""
    gebeurtenis: str = ""
    status: str = ""
    gezinsplan: str = ""
    meegestuurd: str = ""
    wijzigt: bool = False
    regels: tuple[tuple[str, str], ...] = ()
    overdracht: Overdracht | None = None


def read_message(bericht: etree._Element) -> ReadMessage:
    """Read a valid message. Raises StUF055 for a missing element, StUF040 for a message that is not for us."""
    lezer = _LEZERS.get(str(bericht.tag), _lees_bevestiging if bericht.tag in BEVESTIGINGEN else None)
    if lezer is None:
        raise StufFout(
            "StUF040",
            f"Deze backoffice neemt {etree.QName(bericht).localname[:60]} niet aan; wel notificeerOverZaak_Di01, "
            "zakLk01, overdragenZaak_Di01, overdragenZaak_Du01, en Bv01, Bv03, Bv04, Fo01 en Fo03 als eigen bericht.",
        )
    return lezer(bericht)


def _lees_notificatie(bericht: etree._Element) -> ReadMessage:
    notificatie = lees_notificatie(bericht)
    status = _status(notificatie.status) if notificatie.status else ""
    return ReadMessage(
        soort="notificeerOverZaak",
        zaak=notificatie.zaakidentificatie,
        gebeurtenis=notificatie.gebeurtenis,
        status=status,
        regels=_gevuld(
            ("gebeurtenis", notificatie.gebeurtenis),
            ("zaak", notificatie.zaakidentificatie),
            ("zaaktype", _zaaktype(notificatie.zaaktype)),
            ("status", status),
            *(("melding", melding) for melding in notificatie.meldingen),
        ),
    )


def _lees_overdracht(bericht: etree._Element) -> ReadMessage:
    overdracht = lees_overdracht(bericht)
    return ReadMessage(
        soort="overdragenZaak",
        zaak=overdracht.zaakidentificatie,
        regels=_gevuld(
            ("zaak", overdracht.zaakidentificatie),
            ("zaaktype", _zaaktype(overdracht.zaaktype)),
            *(("melding", melding) for melding in overdracht.meldingen),
        ),
        overdracht=overdracht,
    )


def _lees_overdrachtantwoord(bericht: etree._Element) -> ReadMessage:
    antwoord = lees_overdrachtantwoord(bericht)
    return ReadMessage(
        soort="bevestigOverdragenZaak",
        zaak=antwoord.zaakidentificatie,
        regels=_gevuld(
            ("zaak", antwoord.zaakidentificatie),
            ("antwoord", "geaccepteerd" if antwoord.geaccepteerd else "geweigerd"),
            *(("melding", melding) for melding in antwoord.meldingen),
        ),
    )


def _lees_zaak(bericht: etree._Element) -> ReadMessage:
    """A zakLk01: the last object is the new situation."""
    zaak = bericht.findall(zkn("object"))[-1]
    soort = bericht.findtext(f"{zkn('parameters')}/{stuf('mutatiesoort')}", "")
    plan = _tekst(zaak, "heeftBetrekkingOpAndere/gerelateerde/identificatie")
    extra = ", ".join(dict.fromkeys(een.get("naam", "") for een in zaak.iter(stuf("extraElement"))))
    type_ = Zaaktypevermelding(_tekst(zaak, "isVan/gerelateerde/code"), _tekst(zaak, "isVan/gerelateerde/omschrijving"))
    status = " ".join(filter(None, (_tekst(zaak, f"heeft/gerelateerde/{n}") for n in ("volgnummer", "omschrijving"))))
    identificatie = _tekst(zaak, "identificatie")
    return ReadMessage(
        soort="zakLk01",
        zaak=identificatie,
        gebeurtenis=_MUTATIE.get(soort, soort),
        status=status,
        gezinsplan=plan,
        meegestuurd=extra,
        wijzigt=soort == "W",
        regels=_gevuld(
            ("gebeurtenis", _MUTATIE.get(soort, soort)),
            ("zaak", identificatie),
            ("omschrijving", _tekst(zaak, "omschrijving")),
            ("zaaktype", _zaaktype(type_)),
            ("gezinsplan", plan),
            ("status", status),
            ("meegestuurd", extra),
        ),
    )


def _lees_bevestiging(bericht: etree._Element) -> ReadMessage:
    bevestiging = lees_bevestiging(bericht)
    fout = bevestiging.fout
    return ReadMessage(
        soort=bevestiging.soort,
        regels=_gevuld(
            ("over bericht", bevestiging.cross_refnummer),
            ("fout", f"{fout.code} {fout.omschrijving}" if fout else ""),
            ("details", fout.details if fout else ""),
        ),
    )


_LEZERS: Final[dict[str, Callable[[etree._Element], ReadMessage]]] = {
    rzs("notificeerOverZaak_Di01"): _lees_notificatie,
    rzs("overdragenZaak_Di01"): _lees_overdracht,
    rzs("overdragenZaak_Du01"): _lees_overdrachtantwoord,
    zkn("zakLk01"): _lees_zaak,
}


def _tekst(zaak: etree._Element, pad: str) -> str:
    """The text at a path of ZKN elements; of several the last."""
    gevonden = zaak.findall("/".join(zkn(deel) for deel in pad.split("/")))
    return (gevonden[-1].text or "").strip() if gevonden else ""


def _zaaktype(zaaktype: Zaaktypevermelding) -> str:
    if zaaktype.code and zaaktype.omschrijving:
        return f"{zaaktype.omschrijving} ({zaaktype.code})"
    return zaaktype.omschrijving or zaaktype.code


def _status(status: Statusvermelding) -> str:
    volgnummer = "" if status.volgnummer is None else str(status.volgnummer)
    return " ".join(filter(None, (volgnummer, status.omschrijving or status.code)))


def _gevuld(*regels: tuple[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple((naam, tekst) for naam, tekst in regels if tekst)
