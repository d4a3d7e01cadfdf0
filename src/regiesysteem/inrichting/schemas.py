"""The XSDs that the inrichting names for forms of domain data: read once, with all that they refer to.

What is kept is a small set of texts that refer to each other only, so that every process has it and none needs a file.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from lxml import etree

from regiesysteem.inrichting.formaat import Formaat
from regiesysteem.inrichting.meldingen import Melding, pad
from regiesysteem.stuf.namespaces import XS
from regiesysteem.stuf.xml import OnleesbareXML, compileer_schema, ontleed_bestand

HOOFD: Final = "0.xsd"
"""The name of the XSD that the others are part of."""

_MAX_BESTANDEN: Final = 200
_MAX_BYTES: Final = 5_000_000
_VERWIJST: Final = tuple(f"{{{XS}}}{naam}" for naam in ("include", "import", "redefine"))

Schemas = Mapping[str, Mapping[str, str]]
"""Name of a form -> the texts of its XSD by name, `HOOFD` first."""


class _SchemaFout(Exception):
    """What is wrong with an XSD, in Dutch."""


def lees_schemas(formaten: Iterable[Formaat], map_: Path) -> tuple[Schemas, list[Melding]]:
    """Read the XSDs of forms, relative to a directory, and what is wrong with them."""
    schemas: dict[str, Mapping[str, str]] = {}
    meldingen = []
    for nummer, formaat in enumerate(formaten):
        if not formaat.xsd:
            continue
        try:
            bestanden = _verzamel(map_ / formaat.xsd)
            compileer_schema(bestanden, HOOFD)
        except (_SchemaFout, OnleesbareXML) as fout:
            meldingen.append(Melding(pad(("formaat", nummer, "xsd")), f"{formaat.xsd}: {fout}"))
        else:
            schemas[formaat.naam] = bestanden
    return schemas, meldingen


def _verzamel(hoofd: Path) -> dict[str, str]:
    """The texts of an XSD and of what it refers to, each under a name of ours and referring to others by theirs."""
    namen = {hoofd.resolve(): HOOFD}
    wachtrij = [hoofd.resolve()]
    bestanden: dict[str, str] = {}
    totaal = 0
    for bestand in wachtrij:
        wortel = _lees(bestand)
        for verwijzing in wortel.iterchildren(*_VERWIJST):
            plek = verwijzing.get("schemaLocation")
            if plek is None:
                continue
            ander = _naast(bestand, plek)
            if ander not in namen:
                namen[ander] = f"{len(namen)}.xsd"
                wachtrij.append(ander)
            verwijzing.set("schemaLocation", namen[ander])
        tekst = etree.tostring(wortel, encoding="unicode")
        totaal += len(tekst)
        if len(namen) > _MAX_BESTANDEN or totaal > _MAX_BYTES:
            raise _SchemaFout(f"meer dan {_MAX_BESTANDEN} bestanden of {_MAX_BYTES // 1_000_000} MB")
        bestanden[namen[bestand]] = tekst
    return bestanden


def _naast(bestand: Path, plek: str) -> Path:
    delen = urlsplit(plek)
    if delen.scheme or delen.netloc:
        raise _SchemaFout(f"{bestand.name} verwijst naar {plek!r}; zet dat bestand erbij en verwijs ernaar met een pad")
    return (bestand.parent / unquote(delen.path)).resolve()


def _lees(bestand: Path) -> etree._Element:
    try:
        wortel = ontleed_bestand(bestand)
    except OSError:
        raise _SchemaFout(f"{bestand.name} is er niet, of is niet te lezen") from None
    except etree.XMLSyntaxError:
        raise _SchemaFout(f"{bestand.name} is geen XML") from None
    if wortel.tag != f"{{{XS}}}schema":
        raise _SchemaFout(f"{bestand.name} is geen XML Schema")
    return wortel
