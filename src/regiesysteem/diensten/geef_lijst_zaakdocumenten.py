"""geefLijstZaakdocumenten_Lv01: the documents of a zaak, without their files (ZDS 1.1, 4.2.1)."""

from lxml import etree

from regiesysteem.diensten.vragen import lijst_van_zaken
from regiesysteem.diensten.werk import Werk
from regiesysteem.stuf.bericht import Bericht


def geef_lijst_zaakdocumenten(bericht: Bericht, werk: Werk) -> etree._Element:
    """Answer with each heeftRelevant of the zaak and what the scope asks of it.

    It is a question about a zaak like any other: the entity table has no file beyond heeftRelevant, so none is read.
    """
    return lijst_van_zaken(bericht, werk)
