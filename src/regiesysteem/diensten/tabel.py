"""The one table of diensten, and what follows from it."""

from typing import Final

from regiesysteem.diensten.actualiseer_zaakstatus import actualiseer_zaakstatus
from regiesysteem.diensten.bevestig_overdragen_zaak import bevestig_overdragen_zaak
from regiesysteem.diensten.bevestiging import bevestiging
from regiesysteem.diensten.cancel_checkout import cancel_checkout
from regiesysteem.diensten.creeer_zaak import creeer_zaak
from regiesysteem.diensten.dienst import Dienst, Dienstfunctie
from regiesysteem.diensten.geef_lijst_zaakdocumenten import geef_lijst_zaakdocumenten
from regiesysteem.diensten.geef_zaakdocument_lezen import geef_zaakdocument_lezen
from regiesysteem.diensten.geef_zaakdocumentbewerken import geef_zaakdocumentbewerken
from regiesysteem.diensten.genereer_document_identificatie import genereer_document_identificatie
from regiesysteem.diensten.genereer_zaak_identificatie import genereer_zaak_identificatie
from regiesysteem.diensten.initieer_notificeer_over_zaak import initieer_notificeer_over_zaak
from regiesysteem.diensten.notificeer_over_zaak import notificeer_over_zaak
from regiesysteem.diensten.overdragen_zaak import overdragen_zaak
from regiesysteem.diensten.update_zaak import update_zaak
from regiesysteem.diensten.update_zaakdocument import update_zaakdocument
from regiesysteem.diensten.voeg_zaakdocument_toe import maak_zaakdocument, voeg_zaakdocument_toe
from regiesysteem.diensten.vragen import geef_zaakdetails, geef_zaakstatus, zak_lv01
from regiesysteem.stuf.entiteit import Soort
from regiesysteem.stuf.namespaces import RZS, ZKN, rzs, stuf, zkn
from regiesysteem.stuf.sturing import Sectormodel
from regiesysteem.zkn.document import EDC

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
