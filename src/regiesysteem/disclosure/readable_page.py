"""inzage.html: the parts of an answer as a page that a person can read, decide on and print."""

import re
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from typing import IO, Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from regiesysteem.config import TIME_ZONE
from regiesysteem.zakenmagazijn.subject_access import KeptPart

_MONTHS: Final = (
    *("januari", "februari", "maart", "april", "mei", "juni", "juli", "augustus", "september", "oktober", "november"),
    "december",
)
_STUF_DATE: Final = re.compile(r"(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])(?:[0-9]{2,9})?")
_ISO: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+(?:Z|[+-][0-9:]+)")
_DATES: Final = re.compile(r"datum|^(?:sinds|tot|op|beeindigd)$|_op$|tijdstip", re.IGNORECASE)

LABELS: Final = {
    "inp.bsn": "burgerservicenummer",
    "geslachtsnaam": "achternaam",
    "voorvoegselGeslachtsnaam": "voorvoegsel",
    "geslachtsaanduiding": "geslacht",
    "verblijfsadres": "adres",
    "sub.correspondentieAdres": "postadres",
    "sub.telefoonnummer": "telefoonnummer",
    "sub.emailadres": "e-mailadres",
    "aoa.postcode": "postcode",
    "aoa.huisnummer": "huisnummer",
    "wpl.woonplaatsNaam": "woonplaats",
    "gor.straatnaam": "straat",
    "gor.openbareRuimteNaam": "straat",
    "identificatie": "nummer",
    "heeftBetrekkingOp": "de zaak gaat over deze persoon",
    "heeftAlsInitiator": "vroeg de zaak aan",
    "heeftAlsBelanghebbende": "heeft belang bij de zaak",
    "heeftAlsGemachtigde": "treedt op voor een ander",
    "heeftAlsUitvoerende": "voert uit",
    "heeftAlsVerantwoordelijke": "is verantwoordelijk",
    "heeftAlsOverigBetrokkene": "is betrokken",
    "datum_vernietiging_dossier": "wij bewaren dit tot",
    "archiefnominatie": "archiefnominatie (J: vernietigen, N: bewaren)",
    "dct_omschrijving": "soort document",
    "einddatum_gepland": "geplande einddatum",
    "uiterlijke_einddatum": "uiterlijke einddatum",
    "afnemers": "applicaties die over deze zaak gemeld krijgen",
    "geregistreerd_op": "vastgelegd op",
}
"""The words for names that a reader cannot guess; another name is split into its words."""

TITLES: Final = {
    "persoon": "Over u als persoon",
    "zaken": "Uw zaken",
    "berichten": "Berichten",
    "elders": "Op andere plaatsen",
    "ontvangers": "Wie iets over uw zaken kreeg",
    "ingezien": "Wanneer en waarvoor naar u is gekeken",
}


def write_page(file: IO[bytes], head: dict[str, Any], parts: Iterator[KeptPart]) -> None:
    """Write the page while the parts come in."""
    template = _environment().get_template("inzage.html")
    template.stream(head=head, parts=parts, titles=TITLES).dump(file, encoding="utf-8")


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("regiesysteem.disclosure"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"label": label, "in_words": in_words, "shown": _shown}
    return environment


def label(naam: str) -> str:
    """The name of a value in words."""
    if naam in LABELS:
        return LABELS[naam]
    return re.sub(r"(?<=[a-z])(?=[A-Z])|[._]", " ", naam).lower()


def in_words(waarde: object, naam: str = "datum") -> str:
    """A value as text; a date, which its form or the name of the value tells, in words: 3 mei 2026, 14.05 uur."""
    text = waarde.isoformat() if isinstance(waarde, datetime) else str(waarde)
    if _ISO.fullmatch(text):
        moment = datetime.fromisoformat(text).astimezone(TIME_ZONE)
        return f"{moment.day} {_MONTHS[moment.month - 1]} {moment.year}, {moment:%H.%M} uur"
    if _DATES.search(naam) and _STUF_DATE.fullmatch(text):
        words = f"{int(text[6:8])} {_MONTHS[int(text[4:6]) - 1]} {text[:4]}"
        return f"{words}, {text[8:10]}.{text[10:12]} uur" if len(text) >= len("JJJJMMDDuumm") else words
    return {"True": "ja", "False": "nee"}.get(text, text)


def _shown(waarde: object, naam: str = "") -> Markup:
    """A value of any depth as HTML: groups as a list of names, lists as a list, texts escaped."""
    if isinstance(waarde, dict):
        rows = (Markup("<dt>{}</dt><dd>{}</dd>").format(label(key), _shown(one, key)) for key, one in waarde.items())
        return Markup("<dl>{}</dl>").format(Markup("").join(rows))
    if isinstance(waarde, list | tuple):
        items = (Markup("<li>{}</li>").format(_shown(one, naam)) for one in waarde)
        return Markup("<ul>{}</ul>").format(Markup("").join(items))
    text = in_words(waarde, naam)
    if text in LABELS:
        return Markup("{}").format(LABELS[text])
    return Markup("<pre>{}</pre>").format(text) if "\n" in text or len(text) > _LONG else Markup("{}").format(text)


_LONG: Final = 300
