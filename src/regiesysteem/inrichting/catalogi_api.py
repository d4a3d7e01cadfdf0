"""Reads zaaktypen from JSON of the Catalogi API 1.x (ZGW): an answer, a dump of answers, or the zip of Open Zaak.

An object names others by their address or has them in it. Whatever stands in the file counts, whether in a list of
its own or within another object; nothing is fetched.
"""

import datetime as dt
import io
import zipfile
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from operator import itemgetter
from typing import Any, Final

import orjson

from regiesysteem.inrichting.taken_zaaktype import Report, UnreadableExport, bewaarregel, unique

MAX_BYTES: Final = 30_000_000
_MOST_FILES: Final = 100

Found = dict[str, Any]

_ABOUT: Final = ("url", "catalogus", "zaaktype", "zaaktypeIdentificatie", "concept", "versiedatum", "beginObject")
_ABOUT_DATES: Final = ("eindeObject", "beginGeldigheid", "eindeGeldigheid")
_ZAAKTYPE: Final = (
    *_ABOUT, *_ABOUT_DATES, "identificatie", "omschrijving", "omschrijvingGeneriek", "doorlooptijd", "servicenorm",
    "trefwoorden", "vertrouwelijkheidaanduiding", "publicatieIndicatie", "publicatietekst", "toelichting",
    "statustypen", "resultaattypen", "informatieobjecttypen", "zaaktypeinformatieobjecttypen",
)  # fmt: skip
_STATUSTYPE: Final = (
    *_ABOUT, *_ABOUT_DATES, "volgnummer", "omschrijving", "omschrijvingGeneriek", "isEindstatus", "doorlooptijd",
    "toelichting",
)  # fmt: skip
_RESULTAATTYPE: Final = (
    *_ABOUT, *_ABOUT_DATES, "omschrijving", "toelichting", "archiefnominatie", "archiefactietermijn",
    "brondatumArchiefprocedure",
)  # fmt: skip


class Catalogue:
    """The objects of a file: by address, and those that name a zaaktype by the address of that."""

    def __init__(self, roots: Iterable[object], report: Report) -> None:
        self.by_url: dict[str, Found] = {}
        self.zaaktypen: list[Found] = []
        self.of_zaaktype: defaultdict[str, list[Found]] = defaultdict(list)
        for one in _objects(roots):
            if isinstance(url := one.get("url"), str):
                self.by_url.setdefault(url, one)
            if isinstance(zaaktype := one.get("zaaktype"), str):
                self.of_zaaktype[zaaktype].append(one)
            if "identificatie" in one and ("doorlooptijd" in one or "statustypen" in one):
                self.zaaktypen.append(one)
            if "results" in one and one.get("next"):
                report.add("next", "het bestand is niet compleet: er is nog een volgende bladzijde")

    def parts(self, zaaktype: Found, key: str, spot: str, report: Report) -> list[Found]:
        """The objects that a zaaktype names under a key or has in it, and those of that kind that name the zaaktype."""
        named = zaaktype.get(key)
        refs = named if isinstance(named, list) else []
        found = [one if isinstance(one, dict) else self.by_url.get(str(one)) for one in refs]
        known = [one for one in found if one is not None]
        if len(known) < len(refs):
            report.add(f"{spot}.{key}", f"{len(refs) - len(known)} van {len(refs)} staan niet in het bestand")
        url = zaaktype.get("url")
        naming = self.of_zaaktype[url] if isinstance(url, str) else []
        own = [one for one in naming if _KINDS[key](one)]
        return list({id(one): one for one in (*known, *own)}.values())


def _is_statustype(one: Found) -> bool:
    return "volgnummer" in one and "informatieobjecttype" not in one


def _is_resultaattype(one: Found) -> bool:
    return "archiefnominatie" in one or "brondatumArchiefprocedure" in one or "selectielijstklasse" in one


def _is_document_rule(one: Found) -> bool:
    return "informatieobjecttype" in one


def _never(_: Found) -> bool:
    return False


_KINDS: Final = {
    "statustypen": _is_statustype,
    "resultaattypen": _is_resultaattype,
    "informatieobjecttypen": _never,
    "zaaktypeinformatieobjecttypen": _is_document_rule,
}
"""The objects that name their zaaktype, by the key under which a zaaktype may name them."""


def read_catalogi(data: bytes, report: Report, on: dt.date) -> list[tuple[str, Found]]:
    """Give the zaaktypen that are in force on a day, each with its identificatie. Raises UnreadableExport."""
    catalogue = Catalogue(_documents(data), report)
    versions: defaultdict[str, list[Found]] = defaultdict(list)
    for one in {str(one.get("url") or id(one)): one for one in catalogue.zaaktypen}.values():
        versions[str(one["identificatie"])].append(one)
    found = []
    for naam, every in versions.items():
        valid = [one for one in every if one.get("concept") is not True and _in_force(one, naam, report, on)]
        if not valid:
            report.skipped.append(f"{naam} (concept, of niet geldig op {on.isoformat()})")
            continue
        if len(valid) > 1:
            report.add(naam, f"{len(valid)} geldige versies; die met de laatste beginGeldigheid is overgenomen")
        newest = max(valid, key=lambda one: str(one.get("beginGeldigheid") or ""))
        found.append((naam, _zaaktype(newest, naam, catalogue, report)))
    return found


def _documents(data: bytes) -> Iterator[object]:
    if not data.startswith(b"PK"):
        yield _json(data)
        return
    room = MAX_BYTES
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = [one for one in archive.infolist() if one.filename.lower().endswith(".json")]
            if not names or len(names) > _MOST_FILES:
                raise UnreadableExport(f"de zip heeft geen, of meer dan {_MOST_FILES}, bestanden van JSON")
            for one in names:
                with archive.open(one) as file:
                    content = file.read(room + 1)
                room -= len(content)
                if room < 0:
                    raise UnreadableExport(f"de zip is uitgepakt te groot: hoogstens {MAX_BYTES // 1_000_000} MB")
                yield _json(content)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError):
        raise UnreadableExport("geen leesbare zip") from None


def _json(data: bytes) -> object:
    try:
        return orjson.loads(data.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError as error:
        raise UnreadableExport(f"geen leesbare JSON (regel {error.lineno})") from None


def _objects(roots: Iterable[object]) -> Iterator[Found]:
    """All objects, at any depth, in the order of the file."""
    for root in roots:
        waiting = [root]
        while waiting:
            one = waiting.pop()
            if isinstance(one, dict):
                yield one
                waiting += reversed(one.values())
            elif isinstance(one, list):
                waiting += reversed(one)


def _in_force(one: Found, naam: str, report: Report, on: dt.date) -> bool:
    begin = report.day(f"{naam}.beginGeldigheid", one.get("beginGeldigheid"))
    end = report.day(f"{naam}.eindeGeldigheid", one.get("eindeGeldigheid"))
    return (begin is None or begin <= on) and (end is None or end >= on)


def _zaaktype(one: Found, naam: str, catalogue: Catalogue, report: Report) -> Found:
    words = one.get("trefwoorden")
    words = words if isinstance(words, list) else []
    texts = [report.text(f"{naam}.trefwoorden", word, 30) for word in words]
    indicatie = one.get("publicatieIndicatie")
    statussen, by_url = _statussen(one, naam, catalogue, report)
    report.unused("", one, _ZAAKTYPE)
    return {
        "omschrijving": report.text(f"{naam}.omschrijving", one.get("omschrijving"), 80),
        "omschrijving_generiek": report.text(f"{naam}.omschrijvingGeneriek", one.get("omschrijvingGeneriek"), 80),
        "doorlooptijd_dagen": report.days(f"{naam}.doorlooptijd", one.get("doorlooptijd")),
        "servicenorm_dagen": report.days(f"{naam}.servicenorm", one.get("servicenorm")),
        "trefwoorden": [text for text in texts if text] or None,
        "vertrouwelijk_aanduiding": report.aanduiding(
            f"{naam}.vertrouwelijkheidaanduiding", one.get("vertrouwelijkheidaanduiding")
        ),
        "publicatie_indicatie": indicatie if isinstance(indicatie, bool) else None,
        "publicatietekst": report.text(f"{naam}.publicatietekst", one.get("publicatietekst"), 1000),
        "ingangsdatum": report.day(f"{naam}.beginGeldigheid", one.get("beginGeldigheid")),
        "einddatum": report.day(f"{naam}.eindeGeldigheid", one.get("eindeGeldigheid")),
        "toelichting": report.text(f"{naam}.toelichting", one.get("toelichting"), 1000),
        "status": statussen,
        "resultaat": _resultaten(one, naam, catalogue, report),
        "documenttype": _documenttypen(one, naam, catalogue, report, by_url),
    }


def _statussen(one: Found, naam: str, catalogue: Catalogue, report: Report) -> tuple[list[Found], dict[str, int]]:
    """The statussen of a zaaktype in their order, and the volgnummer of each by its address."""
    found, by_url = [], {}
    every = catalogue.parts(one, "statustypen", naam, report)
    ends = [part.get("isEindstatus") for part in every]
    for number, part in enumerate(every, 1):
        spot, volgnummer = f"{naam}.statustypen[{number}]", part.get("volgnummer")
        omschrijving = report.text(f"{spot}.omschrijving", part.get("omschrijving"), 80)
        if isinstance(volgnummer, bool) or not isinstance(volgnummer, int) or not omschrijving:
            report.add(spot, "niet overgenomen: volgnummer of omschrijving ontbreekt")
            continue
        status = {
            "volgnummer": volgnummer,
            "omschrijving": omschrijving,
            "eindstatus": part.get("isEindstatus") is True or None,
            "omschrijving_generiek": report.text(f"{spot}.omschrijvingGeneriek", part.get("omschrijvingGeneriek"), 80),
            "doorlooptijd_dagen": report.days(f"{spot}.doorlooptijd", part.get("doorlooptijd")),
            "toelichting": report.text(f"{spot}.toelichting", part.get("toelichting"), 1000),
        }
        found.append({key: value for key, value in status.items() if value is not None})
        by_url[str(part.get("url"))] = volgnummer
        report.unused("statustypen.", part, _STATUSTYPE)
    found = unique(report, f"{naam}.statustypen", found, "volgnummer", "omschrijving")
    kept = {status["volgnummer"] for status in found}
    by_url = {url: volgnummer for url, volgnummer in by_url.items() if volgnummer in kept}
    found.sort(key=itemgetter("volgnummer"))
    if found and True not in ends:
        # ImZTC: the statustype with the highest volgnummer ends the zaak.
        found[-1]["eindstatus"] = True
    return found, by_url


def _resultaten(one: Found, naam: str, catalogue: Catalogue, report: Report) -> list[Found]:
    found = []
    for number, part in enumerate(catalogue.parts(one, "resultaattypen", naam, report), 1):
        spot = f"{naam}.resultaattypen[{number}]"
        omschrijving = report.text(f"{spot}.omschrijving", part.get("omschrijving"), 80)
        if not omschrijving:
            report.add(spot, "niet overgenomen: omschrijving ontbreekt")
            continue
        resultaat = {"omschrijving": omschrijving}
        if toelichting := report.text(f"{spot}.toelichting", part.get("toelichting"), 1000):
            resultaat["toelichting"] = toelichting
        source = part.get("brondatumArchiefprocedure")
        klasse = part.get("selectielijstklasse")
        klasse = klasse if isinstance(klasse, dict) else catalogue.by_url.get(str(klasse), {})
        rule = {
            "archiefnominatie": part.get("archiefnominatie"),
            "archiefactietermijn": part.get("archiefactietermijn"),
            "selectielijst": klasse.get("volledigNummer"),
            **{key: value for key, value in (source if isinstance(source, dict) else {}).items() if value},
        }
        found.append(resultaat | bewaarregel(report, spot, rule))
        taken = (*_RESULTAATTYPE, *(["selectielijstklasse"] if klasse else []))
        report.unused("resultaattypen.", part, taken)
    return unique(report, f"{naam}.resultaattypen", found, "omschrijving")


def _documenttypen(
    one: Found, naam: str, catalogue: Catalogue, report: Report, statussen: dict[str, int]
) -> list[Found]:
    found = []
    for number, rule in enumerate(catalogue.parts(one, "zaaktypeinformatieobjecttypen", naam, report), 1):
        spot, ref = f"{naam}.zaaktypeinformatieobjecttypen[{number}]", rule.get("informatieobjecttype")
        part = ref if isinstance(ref, dict) else catalogue.by_url.get(str(ref))
        if part is None:
            report.add(f"{spot}.informatieobjecttype", "niet overgenomen: staat niet in het bestand")
            continue
        document = {"omschrijving": report.text(f"{spot}.omschrijving", part.get("omschrijving"), 80)}
        if status := rule.get("statustype"):
            document |= _needed(status, spot, statussen, report)
        found.append(document)
    named = {document["omschrijving"] for document in found}
    for part in catalogue.parts(one, "informatieobjecttypen", naam, report):
        omschrijving = report.text(f"{naam}.informatieobjecttypen.omschrijving", part.get("omschrijving"), 80)
        if omschrijving not in named:
            found.append({"omschrijving": omschrijving})
    found = [document for document in found if document["omschrijving"]]
    return unique(report, f"{naam}.informatieobjecttypen", found, "omschrijving")


def _needed(status: object, spot: str, statussen: dict[str, int], report: Report) -> Found:
    """The status that a zaak gets only with a document of this type (ImZTC, ZAAKTYPE-INFORMATIEOBJECTTYPE)."""
    url = str(status.get("url") if isinstance(status, dict) else status)
    if url in statussen:
        return {"verplicht_bij_status": statussen[url]}
    report.add(f"{spot}.statustype", "niet overgenomen: geen status van dit zaaktype")
    return {}
