"""Reads zaaktypen from the XML that i-Navigator exports, of which the processen are the zaaktypen.

There is no published schema. The elements are those of specificatieversie ICR1.5.13 (i-Navigator 3.2), as public
examples have them; another version is read too, and the report says so.
"""

import datetime as dt
import re
from typing import Any, Final

from lxml import etree

from regiesysteem.inrichting.taken_zaaktype import Report, UnreadableExport, bewaarregel, duration_of, unique
from regiesysteem.stuf.xml import UnreadableXml, parse

KNOWN_VERSION: Final = "ICR1.5.13"
_MOST_TAGS: Final = 1_000_000
_LIST: Final = re.compile(r"Resultaat ([0-9]+(?:\.[0-9]+)+)\.? Selectielijst.* ([0-9]{4})")

_TAKEN: Final = frozenset({
    "kernomschrijving", "model-kernomschrijving", "toelichting-proces", "vertrouwelijkheid", "publicatie-indicatie",
    "publicatietekst", "basisarchiefcode", "lokale-trefwoorden", "waardering", "bewaartermijn", "bewaartermijn-eenheid",
    "bewaartermijn-start", "wettelijke-afdoeningstermijn", "wettelijke-afdoeningstermijn-eenheid", "afdoeningstermijn",
    "afdoeningstermijn-eenheid", "actueel-van", "actueel-tot", "actief", "bron", "laatst-gewijzigd", "numerieke-code",
    "naam", "naam-model", "toelichting", "standaard-doorlooptijd", "standaard-doorlooptijd-eenheid",
    "brondatum-archiefprocedure", "vernietigingsgrondslag",
})  # fmt: skip
"""The fields that have a key here, and those about the export itself."""

_PARTS: Final = frozenset({"velden", "LokaleMetaData", "statustypen", "resultaattypen", "documenttypen"})


def read_inavigator(data: bytes, report: Report, on: dt.date) -> list[tuple[str, dict[str, Any]]]:
    """Give the zaaktypen that are in force on a day, each with its identificatie. Raises UnreadableExport."""
    try:
        root = parse(data, most=_MOST_TAGS)
    except UnreadableXml as error:
        raise UnreadableExport(f"geen leesbare XML: {error}") from None
    if root.tag != "dsp":
        raise UnreadableExport("geen export van i-Navigator: het eerste element is geen dsp")
    if (version := root.findtext("preambule/specificatieversie") or "geen") != KNOWN_VERSION:
        report.add("preambule.specificatieversie", f"is niet {KNOWN_VERSION}, maar {version[:40]}; kijk alles na")
    found = []
    for proces in root.iterfind("processen/proces"):
        naam = proces.get("id") or "?"
        fields = _fields(proces)
        until = report.day(f"{naam}.actueel-tot", fields.get("actueel-tot"))
        if fields.get("actief") == "Nee" or (until is not None and until < on):
            report.skipped.append(f"{naam} (niet actueel)")
            continue
        found.append((naam, _zaaktype(proces, naam, fields, report)))
    return found


def _fields(part: etree._Element) -> dict[str, str]:
    """The filled fields of a part that are a text."""
    velden = part.find("velden")
    every = [] if velden is None else [(one.tag, (one.text or "").strip(), len(one)) for one in velden]
    return {tag: text if not below else "..." for tag, text, below in every if text or below}


def _zaaktype(proces: etree._Element, naam: str, fields: dict[str, str], report: Report) -> dict[str, Any]:
    legal = duration_of(fields.get("wettelijke-afdoeningstermijn"), fields.get("wettelijke-afdoeningstermijn-eenheid"))
    own = duration_of(fields.get("afdoeningstermijn"), fields.get("afdoeningstermijn-eenheid"))
    words = [word for word in fields.get("lokale-trefwoorden", "").split(",") if word.strip()]
    texts = [report.text(f"{naam}.lokale-trefwoorden", word, 30) for word in words]
    table = {
        "omschrijving": report.text(f"{naam}.kernomschrijving", fields.get("kernomschrijving"), 80),
        "omschrijving_generiek": report.text(
            f"{naam}.model-kernomschrijving", fields.get("model-kernomschrijving"), 80
        ),
        "doorlooptijd_dagen": report.days(f"{naam}.wettelijke-afdoeningstermijn", legal or own),
        "servicenorm_dagen": report.days(f"{naam}.afdoeningstermijn", own) if legal and own else None,
        "trefwoorden": [text for text in texts if text] or None,
        "archiefcode": report.text(f"{naam}.basisarchiefcode", fields.get("basisarchiefcode"), 20),
        "vertrouwelijk_aanduiding": report.aanduiding(f"{naam}.vertrouwelijkheid", fields.get("vertrouwelijkheid")),
        "publicatie_indicatie": {"Ja": True, "Nee": False}.get(fields.get("publicatie-indicatie", "")),
        "publicatietekst": report.text(f"{naam}.publicatietekst", fields.get("publicatietekst"), 1000),
        "ingangsdatum": report.day(f"{naam}.actueel-van", fields.get("actueel-van")),
        "toelichting": report.text(f"{naam}.toelichting-proces", fields.get("toelichting-proces"), 1000),
        **bewaarregel(report, naam, _kept(fields, None)),
        "status": _statussen(proces, naam, report),
        "resultaat": _resultaten(proces, naam, report),
        "documenttype": _documenttypen(proces, naam, report),
    }
    report.unused("", fields, _TAKEN)
    report.unused("", {one.tag: len(one) for one in proces if len(one)}, _PARTS)
    return table


def _kept(fields: dict[str, str], selectielijst: str | None) -> dict[str, object]:
    return {
        "archiefnominatie": fields.get("waardering"),
        "archiefactietermijn": duration_of(fields.get("bewaartermijn"), fields.get("bewaartermijn-eenheid")),
        "afleidingswijze": fields.get("brondatum-archiefprocedure") or fields.get("bewaartermijn-start"),
        "selectielijst": selectielijst,
    }


def _statussen(proces: etree._Element, naam: str, report: Report) -> list[dict[str, Any]]:
    found = []
    for number, part in enumerate(proces.iterfind("statustypen/statustype"), 1):
        spot, fields = f"{naam}.statustypen[{number}]", _fields(part)
        volgnummer = part.get("volgnummer", "")
        status = {
            "volgnummer": int(volgnummer) if re.fullmatch("[0-9]{1,4}", volgnummer) else None,
            "omschrijving": report.text(f"{spot}.naam", fields.get("naam"), 80),
            "omschrijving_generiek": report.text(f"{spot}.naam-model", fields.get("naam-model"), 80),
            "doorlooptijd_dagen": report.days(
                f"{spot}.standaard-doorlooptijd",
                duration_of(fields.get("standaard-doorlooptijd"), fields.get("standaard-doorlooptijd-eenheid")),
            ),
            "toelichting": report.text(f"{spot}.toelichting", fields.get("toelichting"), 1000),
        }
        report.unused("statustypen.", fields, _TAKEN)
        if not (status["volgnummer"] and status["omschrijving"]):
            report.add(spot, "niet overgenomen: volgnummer of naam ontbreekt")
            continue
        found.append({key: value for key, value in status.items() if value is not None})
    found = unique(report, f"{naam}.statustypen", found, "volgnummer", "omschrijving")
    if found:
        # ImZTC: the statustype with the highest volgnummer ends the zaak.
        max(found, key=lambda one: int(one["volgnummer"]))["eindstatus"] = True
    return found


def _resultaten(proces: etree._Element, naam: str, report: Report) -> list[dict[str, Any]]:
    found = []
    for number, part in enumerate(proces.iterfind("resultaattypen/resultaattype"), 1):
        spot, fields = f"{naam}.resultaattypen[{number}]", _fields(part)
        if not (omschrijving := report.text(f"{spot}.naam", fields.get("naam"), 80)):
            report.add(spot, "niet overgenomen: naam ontbreekt")
            continue
        resultaat = {
            "omschrijving": omschrijving,
            "toelichting": report.text(f"{spot}.toelichting", fields.get("toelichting"), 1000),
        }
        kept = _kept(fields, _selectielijst(part, spot, report))
        if fields.get("brondatum-archiefprocedure") == "Ander datumkenmerk":
            kept["datumkenmerk"] = fields.get("toelichting", "")[:80]
        report.unused("resultaattypen.", fields, _TAKEN)
        resultaat = {key: value for key, value in resultaat.items() if value is not None}
        found.append(resultaat | bewaarregel(report, spot, kept))
    return unique(report, f"{naam}.resultaattypen", found, "omschrijving")


def _selectielijst(part: etree._Element, spot: str, report: Report) -> str | None:
    """The number in the newest Selectielijst that the result names."""
    texts = (" ".join((one.text or "").split()) for one in part.iterfind(".//field[@naam='NAAM']"))
    numbers = sorted((found[2], found[1]) for found in map(_LIST.search, texts) if found)
    if len({number for _, number in numbers}) > 1:
        report.add(f"{spot}.vernietigingsgrondslag", f"meer dan een nummer; dat van {numbers[-1][0]} is overgenomen")
    return numbers[-1][1] if numbers else None


def _documenttypen(proces: etree._Element, naam: str, report: Report) -> list[dict[str, Any]]:
    found = []
    for number, part in enumerate(proces.iterfind("documenttypen/documenttype"), 1):
        spot, fields = f"{naam}.documenttypen[{number}]", _fields(part)
        omschrijving = report.text(f"{spot}.naam", fields.get("naam"), 80)
        toelichting = report.text(f"{spot}.toelichting", fields.get("toelichting"), 1000)
        if omschrijving:
            found.append({"omschrijving": omschrijving} | ({"toelichting": toelichting} if toelichting else {}))
        report.unused("documenttypen.", fields, _TAKEN)
    return unique(report, f"{naam}.documenttypen", found, "omschrijving")
