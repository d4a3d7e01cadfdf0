"""The document and its relations: EDC as the topfundamenteel of edcLk01, edcLv01 and edcLa01 (StUF-ZKN 3.10)."""

from typing import Final

from regiesysteem.stuf.entity import Choice, Entiteit, Relatie
from regiesysteem.zkn.blocks import EXTRA_ELEMENTEN, TIJDSTIP_REGISTRATIE, TIJDVAK_RELATIE
from regiesysteem.zkn.documentgegevens import DOCUMENT, SDC_GERELATEERD, ZAAKDOCUMENT
from regiesysteem.zkn.names import ZKN
from regiesysteem.zkn.zaak import ZAK_GERELATEERD
from regiesysteem.zkn.zaakobjects import BSL

IS_RELEVANT_VOOR: Final = Relatie("isRelevantVoor", ZKN, "EDCZAK", (Choice("", ZAK_GERELATEERD),), ZAAKDOCUMENT)
"""The same relation as `zaak.HEEFT_RELEVANT`, seen from the document; kennisgevingen tell it from this side only."""

KAN_VASTLEGGING_ZIJN_VAN: Final = Relatie(
    "kanVastleggingZijnVan", ZKN, "EDCBSL", (Choice("", BSL),), kennisgeving=False
)
MAAKT_DEEL_UIT_VAN: Final = Relatie(
    "maaktDeelUitVan",
    ZKN,
    "EDCSDC",
    (Choice("", SDC_GERELATEERD),),
    (TIJDVAK_RELATIE, TIJDSTIP_REGISTRATIE, EXTRA_ELEMENTEN),
    kennisgeving=False,
)

EDC: Final = Entiteit(
    "EDC",
    ZKN,
    unknown="geenWaarde",
    elementen=DOCUMENT,
    relaties=(IS_RELEVANT_VOOR, KAN_VASTLEGGING_ZIJN_VAN, MAAKT_DEEL_UIT_VAN),
)
"""The document as kennisgevingen write it and antwoorden give it."""
