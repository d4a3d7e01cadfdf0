"""The differences between our schemas and the published ones that are meant to be there, each with its reason.

`spot` is an XPath of the places where the verdict may differ; with what is found there removed, both schemas must
agree again. Outside these places there are no differences.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

NAAMRUIMTEN = {
    "ZDS": "http://www.stufstandaarden.nl/koppelvlak/zds0120",
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
UNUSED = "a zaakobject type that the social domain does not use: its inside is left open"


@dataclass(frozen=True)
class Difference:
    """Where the verdicts may differ and why.

    `soort`: open (ours accepts anything inside the element), soepeler (ours accepts more) or strenger (ours accepts
    less).
    """

    plek: str
    reden: str
    soort: Literal["open", "soepeler", "strenger"] = "open"


# What the published schema has in a type that ZDS 1.2 does not restrict, and ours has not, by the name of our type
_HISTORIE = {"historieMaterieel", "historieFormeel", "historieFormeelRelatie"}
OMITTED = {
    "ZKT-zds": {"heeftVerantwoordelijkeMDW", "heeftVerantwoordelijkeOEH", "heeft"},
    "GeefLijstZaakdocumenten-ZAKEDC-vraag": _HISTORIE,
    "GeefLijstZaakdocumenten-EDC-vraag": {*_HISTORIE, "isRelevantVoor", "kanVastleggingZijnVan", "maaktDeelUitVan"},
}
_LISTED = "/ZDS:geefLijstZaakdocumenten_ZakLv01/ZKN:scope/ZKN:object/ZKN:heeftRelevant"
# The types in which the differences of soort soepeler are
SOEPELE_TYPES = {"NPS-zkn-antwoord", "NNP-zkn-antwoord"}
VERSCHILLEN = (
    *(Difference(f"//ZKN:gerelateerde/ZKN:{naam}", UNUSED) for naam in OVERIGE_OBJECTEN),
    Difference(
        "//BG:isGehuisvestIn/BG:gerelateerde",
        "the terreinGebouwdObject of a huishouden: like the zaakobject of that type",
    ),
    Difference(
        "//BG:oefentActiviteitenUitVoor/BG:gerelateerde",
        "the maatschappelijkeActiviteit of a vestiging: like the zaakobject of that type",
    ),
    Difference("//ZKN:gerelateerde/ZKN:kadastraleAanduiding", "selects kadastrale objecten only"),
    Difference("//ZKN:gerelateerde/ZKN:geometrie", "GML: selects objects on the map only"),
    Difference("//ZKN:anderZaakObject/ZKN:lokatie", "GML: the place on the map of a zaakobject without a type"),
    *(
        Difference(
            f"//*[local-name()='{who}'][boolean(BG:{number}) != boolean(BG:authentiek)]"
            f"/*[self::BG:{number} or self::BG:authentiek]",
            "an antwoord may have the number or its authentiek alone here, where the published schema wants both or "
            "neither: zeep fails on an antwoord with neither when both are required together",
            "soepeler",
        )
        for who, number in (("natuurlijkPersoon", "inp.bsn"), ("nietNatuurlijkPersoon", "inn.nnpId"))
    ),
    Difference(
        "//ZKN:historieFormeel[preceding-sibling::ZKN:historieFormeel]",
        "from patch 22 on StUF-ZKN has more of them in an antwoord; ours is that of patch 21, and we write none",
        "strenger",
    ),
    Difference(
        "(/ZDS:actualiseerZaakstatus_ZakLk01 | /ZDS:geefLijstBesluiten_ZakLa01/ZKN:antwoord)/ZKN:object/ZKN:isVan"
        "/ZKN:gerelateerde/*[starts-with(local-name(), 'heeft')]",
        "the published type of this zaaktype is the one from which all others are made: it has those who are "
        "responsible for it, and its statustypen",
        "strenger",
    ),
    Difference(
        f"{_LISTED}/*[starts-with(local-name(), 'historie')]",
        "the published scope of the list is the type from which all others are made, with the whole of RGBZ in it",
        "strenger",
    ),
    Difference(
        f"{_LISTED}/ZKN:gerelateerde/*[starts-with(local-name(), 'historie') or self::ZKN:isRelevantVoor"
        " or self::ZKN:kanVastleggingZijnVan or self::ZKN:maaktDeelUitVan]",
        "the same of the document in that scope",
        "strenger",
    ),
    Difference(
        "//@xsi:type",
        "a sender may only name a type there that the schema has, and ours has fewer and other types than the "
        "published one; no message needs xsi:type, as no element has a choice of types",
        "strenger",
    ),
)


@dataclass(frozen=True)
class Second:
    """Where libxml2 and the xmlschema package read the same schema differently, and which of them is right.

    `reason` is what the one that refuses says, as a pattern; `waarom` why that is no matter here.
    """

    reden: str
    waarom: str
    wie: Literal["libxml2", "xmlschema"]


LEZINGEN = (
    Second(
        r"invalid value .* for xs:base64Binary",
        "libxml2 skips what is no base64; the content of a document is looked at when it is taken in (afwijkingen 32)",
        "xmlschema",
    ),
    Second(
        r".*detailsXML': Character content other than whitespace is not allowed.*",
        "xmlschema lets text pass beside xs:any",
        "libxml2",
    ),
    Second(
        r".*(is not a valid value of|Character content other than whitespace).*",
        "xmlschema reads numbers and white space as Python does: digits of other scripts, U+00A0, U+0085, U+2028",
        "libxml2",
    ),
)
"""All differences that were found; `tests/conformiteit/test_tweede_oordeel.py` looks for others."""
