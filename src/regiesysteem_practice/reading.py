"""The content of a message, as a back office looks at it and shows it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from lxml import etree

from regiesysteem.stuf.answers import BEVESTIGINGEN, read_bevestiging
from regiesysteem.stuf.faults import StufFout
from regiesysteem.stuf.namespaces import stuf
from regiesysteem.zkn.names import rzs, zkn
from regiesysteem.zkn.rzs import (
    Overdracht,
    Statusvermelding,
    Zaaktypevermelding,
    read_notificatie,
    read_overdracht,
    read_overdrachtantwoord,
)

_MUTATIE: Final = {"T": "nieuwe zaak", "W": "gewijzigde zaak", "V": "vervallen zaak", "C": "correctie van een zaak"}


@dataclass(frozen=True, kw_only=True)
class ReadMessage:
    """A message: `soort` is its name; a part that it does not have is "" or empty.

    `lines` is everything worth showing, as label and text. `overdracht` is there when it asks for an answer; `changes`
    when it changes a zaak, which must be known then.
    """

    soort: str
    zaak: str = ""
    gebeurtenis: str = ""
    status: str = ""
    gezinsplan: str = ""
    meegestuurd: str = ""
    changes: bool = False
    lines: tuple[tuple[str, str], ...] = ()
    overdracht: Overdracht | None = None


def read_message(bericht: etree._Element) -> ReadMessage:
    """Read a valid message. Raises StUF055 for a missing element, StUF040 for a message that is not for us."""
    reader = _READERS.get(str(bericht.tag), _read_bevestiging if bericht.tag in BEVESTIGINGEN else None)
    if reader is None:
        raise StufFout(
            "StUF040",
            f"Deze backoffice neemt {etree.QName(bericht).localname[:60]} niet aan; wel notificeerOverZaak_Di01, "
            "zakLk01, zakLa02, edcLa02, zakSa01, zakSh01, overdragenZaak_Di01, overdragenZaak_Du01, en Bv01, Bv03, "
            "Bv04, Fo01 en Fo03 als eigen bericht.",
        )
    return reader(bericht)


def _read_notificatie(bericht: etree._Element) -> ReadMessage:
    notificatie = read_notificatie(bericht)
    status = _status(notificatie.status) if notificatie.status else ""
    return ReadMessage(
        soort="notificeerOverZaak",
        zaak=notificatie.zaakidentificatie,
        gebeurtenis=notificatie.gebeurtenis,
        status=status,
        lines=_filled(
            ("gebeurtenis", notificatie.gebeurtenis),
            ("zaak", notificatie.zaakidentificatie),
            ("zaaktype", _zaaktype(notificatie.zaaktype)),
            ("status", status),
            *(("melding", melding) for melding in notificatie.meldingen),
        ),
    )


def _read_overdracht(bericht: etree._Element) -> ReadMessage:
    overdracht = read_overdracht(bericht)
    return ReadMessage(
        soort="overdragenZaak",
        zaak=overdracht.zaakidentificatie,
        lines=_filled(
            ("zaak", overdracht.zaakidentificatie),
            ("zaaktype", _zaaktype(overdracht.zaaktype)),
            *(("melding", melding) for melding in overdracht.meldingen),
        ),
        overdracht=overdracht,
    )


def _read_overdrachtantwoord(bericht: etree._Element) -> ReadMessage:
    answer = read_overdrachtantwoord(bericht)
    return ReadMessage(
        soort="bevestigOverdragenZaak",
        zaak=answer.zaakidentificatie,
        lines=_filled(
            ("zaak", answer.zaakidentificatie),
            ("antwoord", "geaccepteerd" if answer.geaccepteerd else "geweigerd"),
            *(("melding", melding) for melding in answer.meldingen),
        ),
    )


def _read_zaak(bericht: etree._Element) -> ReadMessage:
    """A zakLk01: the last object is the new situation."""
    zaak = bericht.findall(zkn("object"))[-1]
    soort = bericht.findtext(f"{zkn('parameters')}/{stuf('mutatiesoort')}", "")
    plan = _text(zaak, "heeftBetrekkingOpAndere/gerelateerde/identificatie")
    extra = ", ".join(dict.fromkeys(one.get("naam", "") for one in zaak.iter(stuf("extraElement"))))
    type_ = Zaaktypevermelding(_text(zaak, "isVan/gerelateerde/code"), _text(zaak, "isVan/gerelateerde/omschrijving"))
    status = " ".join(filter(None, (_text(zaak, f"heeft/gerelateerde/{n}") for n in ("volgnummer", "omschrijving"))))
    identificatie = _text(zaak, "identificatie")
    return ReadMessage(
        soort="zakLk01",
        zaak=identificatie,
        gebeurtenis=_MUTATIE.get(soort, soort),
        status=status,
        gezinsplan=plan,
        meegestuurd=extra,
        changes=soort == "W",
        lines=_filled(
            ("gebeurtenis", _MUTATIE.get(soort, soort)),
            ("zaak", identificatie),
            ("omschrijving", _text(zaak, "omschrijving")),
            ("zaaktype", _zaaktype(type_)),
            ("gezinsplan", plan),
            ("status", status),
            ("meegestuurd", extra),
        ),
    )


def _read_later(bericht: etree._Element) -> ReadMessage:
    """A message with one object that this backoffice asked for; a zakLa02 or edcLa02 may have none."""
    found = next(bericht.iter(zkn("object")), None)
    identificatie = _text(found, "identificatie") if found is not None else ""
    soort = etree.QName(bericht).localname
    about_zaak = soort.startswith("zak")
    return ReadMessage(
        soort=soort,
        zaak=identificatie if about_zaak else "",
        lines=_filled(
            ("op vraag", bericht.findtext(f"{zkn('stuurgegevens')}/{stuf('crossRefnummer')}", "")),
            ("nummer", bericht.findtext(f"{zkn('parameters')}/{stuf('sequenceNumber')}", "")),
            ("zaak" if about_zaak else "document", identificatie),
        ),
    )


def _read_bevestiging(bericht: etree._Element) -> ReadMessage:
    bevestiging = read_bevestiging(bericht)
    error = bevestiging.fout
    return ReadMessage(
        soort=bevestiging.soort,
        lines=_filled(
            ("over bericht", bevestiging.cross_refnummer),
            ("fout", f"{error.code} {error.omschrijving}" if error else ""),
            ("details", error.details if error else ""),
        ),
    )


_READERS: Final[dict[str, Callable[[etree._Element], ReadMessage]]] = {
    rzs("notificeerOverZaak_Di01"): _read_notificatie,
    rzs("overdragenZaak_Di01"): _read_overdracht,
    rzs("overdragenZaak_Du01"): _read_overdrachtantwoord,
    zkn("zakLk01"): _read_zaak,
    zkn("zakLa02"): _read_later,
    zkn("edcLa02"): _read_later,
    zkn("zakSa01"): _read_later,
    zkn("zakSh01"): _read_later,
}


def _text(zaak: etree._Element, path: str) -> str:
    """The text at a path of ZKN elements; of several the last."""
    found = zaak.findall("/".join(zkn(part) for part in path.split("/")))
    return (found[-1].text or "").strip() if found else ""


def _zaaktype(zaaktype: Zaaktypevermelding) -> str:
    if zaaktype.code and zaaktype.omschrijving:
        return f"{zaaktype.omschrijving} ({zaaktype.code})"
    return zaaktype.omschrijving or zaaktype.code


def _status(status: Statusvermelding) -> str:
    volgnummer = "" if status.volgnummer is None else str(status.volgnummer)
    return " ".join(filter(None, (volgnummer, status.omschrijving or status.code)))


def _filled(*lines: tuple[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple((naam, text) for naam, text in lines if text)
