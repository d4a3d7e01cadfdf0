"""initieerNotificeerOverZaak: others must be told that something happened to a zaak (RZS 1.0, 6.10)."""

from regiesysteem.diensten.werk import Werk
from regiesysteem.stuf.bericht import Bericht
from regiesysteem.zkn.regie import lees_initiatie


def initieer_notificeer_over_zaak(bericht: Bericht, _werk: Werk) -> None:
    """Take the event for the abonnementenbeheer, Bv03. Raises StUF055 for what it does not say."""
    lees_initiatie(bericht.element)
