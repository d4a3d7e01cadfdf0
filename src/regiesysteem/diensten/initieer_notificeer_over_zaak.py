"""initieerNotificeerOverZaak: others must be told that something happened to a zaak (RZS 1.0, 6.10)."""

from regiesysteem.diensten.werk import Werk
from regiesysteem.notificaties.postvak import gegevens_van
from regiesysteem.stuf.bericht import Bericht
from regiesysteem.stuf.fouten import StufFout
from regiesysteem.zakenmagazijn.gebeurtenissen import Andermans, meld_andermans
from regiesysteem.zkn.regie import lees_initiatie


def initieer_notificeer_over_zaak(bericht: Bericht, werk: Werk) -> None:
    """Keep what happened, and tell whoever has an abonnement on it, also of a zaak that we do not hold.

    Raises StUF055 for what the message does not say, StUF037 where another is abonnementenbeheer (RZS 6.1.3): it would
    come back to him.
    """
    if werk.inrichting.notificaties.variant == "extern":
        ander = werk.inrichting.notificaties.abonnementenbeheer
        raise StufFout("StUF037", f"dit systeem is hier niet het abonnementenbeheer; dat is {ander}")
    notificatie = lees_initiatie(bericht.element)
    zaaktype = werk.inrichting.zaaktype(notificatie.zaaktype.code, notificatie.zaaktype.omschrijving)
    gegevens = gegevens_van(notificatie)
    if zaaktype is not None:
        omschrijving = gegevens["omschrijving"] or zaaktype.omschrijving
        gegevens |= {"code": zaaktype.code, "omschrijving": omschrijving, "soort": zaaktype.soort}
    if notificatie.meldingen:
        gegevens["meldingen"] = list(notificatie.meldingen)
    melding = Andermans(
        notificatie.zaakidentificatie, notificatie.gebeurtenis, "", notificatie.zendende_applicatie, gegevens
    )
    meld_andermans(werk.verbinding, werk.mutatie_id, melding)
