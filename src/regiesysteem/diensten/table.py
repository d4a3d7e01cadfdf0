"""The function that does the work of each operation."""

from typing import Final, Protocol

from lxml import etree

from regiesysteem.diensten.besluit_operations import (
    geef_besluitdetails,
    geef_lijst_besluiten,
    genereer_besluit_identificatie,
    update_besluit,
    voeg_besluit_toe,
)
from regiesysteem.diensten.context import MessageContext
from regiesysteem.diensten.document_operations import (
    cancel_checkout,
    edc_lv01,
    geef_zaakdocument_lezen,
    geef_zaakdocumentbewerken,
    genereer_document_identificatie,
    maak_zaakdocument,
    ontkoppel_zaakdocument,
    update_zaakdocument,
    voeg_zaakdocument_toe,
)
from regiesysteem.diensten.later_answers import edc_lv02, zak_lv02
from regiesysteem.diensten.plain_operations import edc_lk01, zak_lk01
from regiesysteem.diensten.regie_operations import (
    bevestig_overdragen_zaak,
    bevestiging,
    initieer_notificeer_over_zaak,
    notificeer_over_zaak,
    overdragen_zaak,
)
from regiesysteem.diensten.synchronisation import zak_sa03, zak_sh03
from regiesysteem.diensten.zaak_operations import (
    actualiseer_zaakstatus,
    creeer_zaak,
    geef_zaakstatus,
    genereer_zaak_identificatie,
    update_zaak,
    zak_lv01,
    zak_lv07,
)
from regiesysteem.stuf.message import Bericht


class OperationFunction(Protocol):
    """Does the work of an operation; None stands for the standard acknowledgement, Bv03."""

    def __call__(self, bericht: Bericht, context: MessageContext, /) -> etree._Element | None: ...  # noqa: D102


FUNCTIONS: Final[dict[str, OperationFunction]] = {
    "genereerZaakIdentificatie_Di02": genereer_zaak_identificatie,
    "creeerZaak_Lk01": creeer_zaak,
    "updateZaak_Lk01": update_zaak,
    "actualiseerZaakstatus_Lk01": actualiseer_zaakstatus,
    "geefZaakstatus_Lv01": geef_zaakstatus,
    "geefZaakdetails_Lv01": zak_lv01,
    "zakLv01": zak_lv01,
    "genereerDocumentIdentificatie_Di02": genereer_document_identificatie,
    "voegZaakdocumentToe_Lk01": voeg_zaakdocument_toe,
    "maakZaakdocument_Lk01": maak_zaakdocument,
    "geefLijstZaakdocumenten_Lv01": zak_lv01,
    "geefZaakdocumentLezen_Lv01": geef_zaakdocument_lezen,
    "geefZaakdocumentbewerken_Di02": geef_zaakdocumentbewerken,
    "updateZaakdocument_Di02": update_zaakdocument,
    "cancelCheckout_Di02": cancel_checkout,
    "zakLk01": zak_lk01,
    "edcLk01": edc_lk01,
    "edcLv01": edc_lv01,
    "zakLv07": zak_lv07,
    "zakLv02": zak_lv02,
    "edcLv02": edc_lv02,
    "zakSa03": zak_sa03,
    "zakSh03": zak_sh03,
    "ontkoppelZaakdocument_Di02": ontkoppel_zaakdocument,
    "genereerBesluitIdentificatie_Di02": genereer_besluit_identificatie,
    "voegBesluitToe_Di01": voeg_besluit_toe,
    "updateBesluit_BslLk01": update_besluit,
    "geefBesluitdetails_BslLv01": geef_besluitdetails,
    "geefLijstBesluiten_ZakLv01": geef_lijst_besluiten,
    "notificeerOverZaak": notificeer_over_zaak,
    "initieerNotificeerOverZaak": initieer_notificeer_over_zaak,
    "overdragenZaak": overdragen_zaak,
    "bevestigOverdragenZaak": bevestig_overdragen_zaak,
    "Bv01": bevestiging,
    "Bv03": bevestiging,
    "Bv04": bevestiging,
    "Fo01": bevestiging,
    "Fo03": bevestiging,
}
"""The function of each operation of `regiesysteem.zkn.operations`, by its name; a test compares the two."""
