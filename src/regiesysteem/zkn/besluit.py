"""The besluit and its relations: BSL as the topfundamenteel of the messages of ZDS 1.2 (StUF-ZKN 3.10).

At the end of a relation of the zaak or the document it is `zaakobjects.BSL`, with the same values.
"""

from dataclasses import replace
from typing import Final

from regiesysteem.stuf.entity import Choice, Entiteit, Relatie
from regiesysteem.zkn.blocks import EXTRA_ELEMENTEN, OWN_TIJDSTIP, names
from regiesysteem.zkn.documentgegevens import EDC_GERELATEERD
from regiesysteem.zkn.names import ZKN
from regiesysteem.zkn.zaak import ZAK_GERELATEERD
from regiesysteem.zkn.zaakobjects import BSL

IS_UITKOMST_VAN: Final = Relatie(
    "isUitkomstVan",
    ZKN,
    "BSLZAK",
    (Choice("", ZAK_GERELATEERD),),
    (OWN_TIJDSTIP, EXTRA_ELEMENTEN),
    repeatable=False,
    kennisgeving=False,
)
"""The same relation as `zaak.LEIDT_TOT`, seen from the besluit."""

IS_VASTGELEGD_IN: Final = Relatie("isVastgelegdIn", ZKN, "BSLEDC", (Choice("", EDC_GERELATEERD),), (EXTRA_ELEMENTEN,))

_OF_ITS_TYPE: Final = names(
    *("bst.omschrijvingGeneriek", "bst.categorie", "bst.reactietermijn", "bst.publicatieIndicatie"),
    *("bst.publicatieTekst", "bst.publicatieTermijn"),
)
_FIRST: Final = BSL.elementen[:2]

BESLUIT: Final = Entiteit(
    "BSL",
    ZKN,
    unknown="geenWaarde",
    sleutels=BSL.sleutels,
    elementen=(
        *_FIRST,
        *(replace(element, kennisgeving=False) for element in _OF_ITS_TYPE),
        *BSL.elementen[len(_FIRST) :],
    ),
    relaties=(IS_UITKOMST_VAN, IS_VASTGELEGD_IN),
)
"""The besluit as its messages write it and answers give it."""
