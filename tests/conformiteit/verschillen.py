"""The differences between our schemas and the published ones that are meant to be there, each with its reason.

`plek` is an XPath of the places where the verdict may differ; with what is found there removed, both schemas must
agree again. Outside these places there are no differences.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

NAAMRUIMTEN = {
    "ZKN": "http://www.egem.nl/StUF/sector/zkn/0310",
    "BG": "http://www.egem.nl/StUF/sector/bg/0310",
    "StUF": "http://www.egem.nl/StUF/StUF0301",
    "xsi": "http://www.w3.org/2001/XMLSchema-instance",
}

# The types of zaakobject that our schema names without saying what is in them
OVERIGE_OBJECTEN = (
    "buurt",
    "gemeente",
    "gemeentelijkeOpenbareRuimte",
    "inrichtingselement",
    "kadastraleOnroerendeZaak",
    "kunstwerkdeel",
    "maatschappelijkeActiviteit",
    "openbareRuimte",
    "pand",
    "spoorbaandeel",
    "terreindeel",
    "terreinGebouwdObject",
    "waterdeel",
    "wegdeel",
    "wijk",
    "woonplaats",
    "wozDeelobject",
    "wozObject",
    "wozWaarde",
    "zakelijkRecht",
)
ONGEBRUIKT = "a zaakobject type that the social domain does not use: its inside is left open"


@dataclass(frozen=True)
class Verschil:
    """Where the verdicts may differ and why.

    `soort`: open (ours accepts anything inside the element), soepeler (ours accepts more) or strenger (ours accepts
    less).
    """

    plek: str
    reden: str
    soort: Literal["open", "soepeler", "strenger"] = "open"


# The types in which the differences of soort soepeler are
SOEPELE_TYPEN = {"NPS-zkn-antwoord", "NNP-zkn-antwoord"}
VERSCHILLEN = (
    *(Verschil(f"//ZKN:gerelateerde/ZKN:{naam}", ONGEBRUIKT) for naam in OVERIGE_OBJECTEN),
    Verschil(
        "//BG:isGehuisvestIn/BG:gerelateerde",
        "the terreinGebouwdObject of a huishouden: like the zaakobject of that type",
    ),
    Verschil(
        "//BG:oefentActiviteitenUitVoor/BG:gerelateerde",
        "the maatschappelijkeActiviteit of a vestiging: like the zaakobject of that type",
    ),
    Verschil("//ZKN:gerelateerde/ZKN:kadastraleAanduiding", "selects kadastrale objecten only"),
    Verschil("//ZKN:gerelateerde/ZKN:geometrie", "GML: selects objects on the map only"),
    Verschil("//ZKN:anderZaakObject/ZKN:lokatie", "GML: the place on the map of a zaakobject without a type"),
    *(
        Verschil(
            f"//*[local-name()='{wie}'][boolean(BG:{nummer}) != boolean(BG:authentiek)]"
            f"/*[self::BG:{nummer} or self::BG:authentiek]",
            "an antwoord may have the number or its authentiek alone here, where the published schema wants both or "
            "neither: zeep fails on an antwoord with neither when both are required together",
            "soepeler",
        )
        for wie, nummer in (("natuurlijkPersoon", "inp.bsn"), ("nietNatuurlijkPersoon", "inn.nnpId"))
    ),
    Verschil(
        "//@xsi:type",
        "a sender may only name a type there that the schema has, and ours has fewer and other types than the "
        "published one; no message needs xsi:type, as no element has a choice of types",
        "strenger",
    ),
)


@dataclass(frozen=True)
class Tweede:
    """Where libxml2 and the xmlschema package read the same schema differently, and which of them is right.

    `reden` is what the one that refuses says, as a pattern; `waarom` why that is no matter here.
    """

    reden: str
    waarom: str
    wie: Literal["libxml2", "xmlschema"]


LEZINGEN = (
    Tweede(
        r"invalid value .* for xs:base64Binary",
        "libxml2 skips what is no base64; the content of a document is looked at when it is taken in (afwijkingen 32)",
        "xmlschema",
    ),
    Tweede(
        r".*detailsXML': Character content other than whitespace is not allowed.*",
        "xmlschema lets text pass beside xs:any",
        "libxml2",
    ),
    Tweede(
        r".*(is not a valid value of|Character content other than whitespace).*",
        "xmlschema reads numbers and white space as Python does: digits of other scripts, U+00A0, U+0085, U+2028",
        "libxml2",
    ),
)
"""All differences that were found; `tests/conformiteit/test_tweede_oordeel.py` looks for others."""
