"""The form of a row in the table of diensten."""

from dataclasses import dataclass
from typing import Final, Literal, Protocol

from lxml import etree

from regiesysteem.diensten.documenten import (
    cancel_checkout,
    geef_lijst_zaakdocumenten,
    geef_zaakdocument_lezen,
    geef_zaakdocumentbewerken,
    genereer_document_identificatie,
    maak_zaakdocument,
    update_zaakdocument,
    voeg_zaakdocument_toe,
)
from regiesysteem.diensten.regie import (
    bevestig_overdragen_zaak,
    bevestiging,
    initieer_notificeer_over_zaak,
    notificeer_over_zaak,
    overdragen_zaak,
)
from regiesysteem.diensten.werk import Werk
from regiesysteem.diensten.zaken import (
    actualiseer_zaakstatus,
    creeer_zaak,
    geef_zaakdetails,
    geef_zaakstatus,
    genereer_zaak_identificatie,
    update_zaak,
    zak_lv01,
)
from regiesysteem.stuf.entity import Soort
from regiesysteem.stuf.message import Bericht, Sectormodel
from regiesysteem.stuf.message import Soort as Berichtsoort
from regiesysteem.stuf.namespaces import RZS, ZKN, rzs, stuf, zkn
from regiesysteem.zkn.document import EDC

Deur = Literal["OntvangAsynchroon", "BeantwoordVraag", "VrijeBerichten", "RegieZaakServices"]


class Dienstfunctie(Protocol):
    """What an operation does with a message; None stands for the standard acknowledgement, Bv03."""

    def __call__(self, bericht: Bericht, werk: Werk, /) -> etree._Element | None: ...  # noqa: D102


@dataclass(frozen=True)
class Dienst:
    """An operation.

    `naam` as in the WSDL; `element` the qualified name of its message; `berichtcode`, `entiteittype` and `stuurfunctie`
    what its stuurgegevens say; `deur` the address whose WSDL has it, `ook_op` where it is taken too, beside /stuf;
    `functie` does the work, and gives the answer or None for a Bv03; `foutcode` which fault message it answers with;
    `muteert`: it leaves something behind, so the duplicate rule holds; `meldt`: it may change zaken, which others may
    want to know; `bestanden` where in its message files of documents stand, as ElementPath from the message.
    """

    naam: str
    element: str
    berichtcode: str
    deur: Deur
    functie: Dienstfunctie
    foutcode: Literal["Fo02", "Fo03"]
    muteert: bool
    meldt: bool = False
    entiteittype: str = ""
    stuurfunctie: str = ""
    bestanden: tuple[str, ...] = ()
    ook_op: tuple[Deur, ...] = ()

    def is_op(self, deur: str) -> bool:
        """Whether a door other than the common one takes it."""
        return deur == self.deur or deur in self.ook_op

    @property
    def soort(self) -> Berichtsoort:
        """The sort of message that table 4.1 of StUF 03.01 checks."""
        return Berichtsoort(self.berichtcode, self.entiteittype, self.stuurfunctie)


# --- The one table of diensten, and what follows from it

_BESTANDEN: Final = tuple(
    f"{zkn('object')}/{{{element.ns or EDC.ns}}}{element.naam}"
    for element in EDC.elementen
    if element.soort is Soort.BINAIR
)
"""Where a kennisgeving about a document has its file; an element of that name anywhere else is no file."""


def _kennisgeving(
    naam: str, functie: Dienstfunctie, entiteittype: str = "ZAK", bestanden: tuple[str, ...] = ()
) -> Dienst:
    return Dienst(
        naam,
        zkn(f"{entiteittype.lower()}Lk01"),
        "Lk01",
        "OntvangAsynchroon",
        functie,
        "Fo03",
        muteert=True,
        meldt=True,
        entiteittype=entiteittype,
        bestanden=bestanden,
    )


def _vraag(naam: str, functie: Dienstfunctie, entiteittype: str = "ZAK") -> Dienst:
    element = zkn(f"{entiteittype.lower()}Lv01")
    return Dienst(naam, element, "Lv01", "BeantwoordVraag", functie, "Fo02", muteert=False, entiteittype=entiteittype)


def _vrij_bericht(
    naam: str, stuurfunctie: str, functie: Dienstfunctie, bestanden: tuple[str, ...] = (), *, meldt: bool = False
) -> Dienst:
    return Dienst(
        naam,
        zkn(naam),
        "Di02",
        "VrijeBerichten",
        functie,
        "Fo02",
        muteert=True,
        meldt=meldt,
        stuurfunctie=stuurfunctie,
        bestanden=bestanden,
    )


def _regie(naam: str, element: str, stuurfunctie: str, functie: Dienstfunctie, *, meldt: bool = False) -> Dienst:
    """A message of Regie- en Zaakservices; what it is called and what its functie is differ."""
    berichtcode = element.rpartition("_")[2]
    return Dienst(
        naam,
        rzs(element),
        berichtcode,
        "RegieZaakServices",
        functie,
        "Fo03",
        muteert=True,
        meldt=meldt,
        stuurfunctie=stuurfunctie,
        ook_op=("OntvangAsynchroon",),
    )


def _bevestiging(berichtcode: str) -> Dienst:
    """What became of a message of ours, told in a message of its own (StUF 03.01, 4.4)."""
    return Dienst(
        berichtcode,
        stuf(f"{berichtcode}Bericht"),
        berichtcode,
        "RegieZaakServices",
        bevestiging,
        "Fo03",
        muteert=True,
        ook_op=("OntvangAsynchroon",),
    )


DIENSTEN: Final[dict[str, Dienst]] = {
    dienst.naam: dienst
    for dienst in (
        _vrij_bericht("genereerZaakIdentificatie_Di02", "genereerZaakidentificatie", genereer_zaak_identificatie),
        _kennisgeving("creeerZaak_Lk01", creeer_zaak),
        _kennisgeving("updateZaak_Lk01", update_zaak),
        _kennisgeving("actualiseerZaakstatus_Lk01", actualiseer_zaakstatus),
        _vraag("geefZaakstatus_Lv01", geef_zaakstatus),
        _vraag("geefZaakdetails_Lv01", geef_zaakdetails),
        _vraag("zakLv01", zak_lv01),
        _vrij_bericht(
            "genereerDocumentIdentificatie_Di02", "genereerDocumentidentificatie", genereer_document_identificatie
        ),
        _kennisgeving("voegZaakdocumentToe_Lk01", voeg_zaakdocument_toe, "EDC", _BESTANDEN),
        _kennisgeving("maakZaakdocument_Lk01", maak_zaakdocument, "EDC", _BESTANDEN),
        _vraag("geefLijstZaakdocumenten_Lv01", geef_lijst_zaakdocumenten),
        _vraag("geefZaakdocumentLezen_Lv01", geef_zaakdocument_lezen, "EDC"),
        _vrij_bericht("geefZaakdocumentbewerken_Di02", "geefZaakdocumentbewerken", geef_zaakdocumentbewerken),
        _vrij_bericht(
            "updateZaakdocument_Di02",
            "updateZaakdocument",
            update_zaakdocument,
            tuple(f"{zkn('edcLk02')}/{pad}" for pad in _BESTANDEN),
            meldt=True,
        ),
        _vrij_bericht("cancelCheckout_Di02", "cancelCheckout", cancel_checkout),
        _regie("notificeerOverZaak", "notificeerOverZaak_Di01", "notificeerOverZaak", notificeer_over_zaak),
        _regie(
            "initieerNotificeerOverZaak",
            "initieerNotificeerOverZaak_Di01",
            "notificeerOverZaak",
            initieer_notificeer_over_zaak,
        ),
        _regie("overdragenZaak", "overdragenZaak_Di01", "overdragenZaak", overdragen_zaak),
        _regie("bevestigOverdragenZaak", "overdragenZaak_Du01", "overdragenZaak", bevestig_overdragen_zaak, meldt=True),
        *(_bevestiging(berichtcode) for berichtcode in ("Bv03", "Fo03", "Bv01", "Bv04", "Fo01")),
    )
}
"""Operation name -> dienst."""

_ENTITEITTYPEN: Final = "BSL BST CTP DCT DTG EDC MDW OEH SDC STA STT VZO ZAK ZKT ZTG"
_FUNCTIES: Final = (
    "genereerZaakidentificatie genereerDocumentidentificatie geefZaakdocumentbewerken updateZaakdocument "
    "cancelCheckout notificeerOverZaak overdragenZaak"
)

SECTORMODEL: Final = Sectormodel(
    namespace=ZKN,
    koppelvlakken=(RZS,),
    entiteittypen=frozenset(_ENTITEITTYPEN.split()),
    functies=frozenset(_FUNCTIES.split()),
    ondersteund=frozenset(dienst.soort for dienst in DIENSTEN.values()),
)
"""StUF-ZKN 3.10 with ZDS 1.1 and RZS 1.0: its entiteittypen and functies, and what of it is a dienst here."""
