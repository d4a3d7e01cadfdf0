"""notificeerOverZaak: another system tells that something happened to a zaak (RZS 1.0, 6.9)."""

from regiesysteem.diensten.werk import Werk
from regiesysteem.notificaties.postvak import bewaar
from regiesysteem.stuf.bericht import Bericht, Systeem
from regiesysteem.zkn.regie import lees_notificatie


def notificeer_over_zaak(bericht: Bericht, werk: Werk) -> None:
    """Keep a notificatie for the gezinsplan that it is about. Raises StUF055 for what it does not say."""
    zender = bericht.stuurgegevens.zender or Systeem()
    bewaar(werk.verbinding, werk.mutatie_id, zender, lees_notificatie(bericht.element))
