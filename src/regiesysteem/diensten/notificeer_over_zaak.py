"""notificeerOverZaak: another system tells that something happened to a zaak (RZS 1.0, 6.9)."""

from regiesysteem.diensten.werk import Werk
from regiesysteem.stuf.bericht import Bericht
from regiesysteem.zkn.regie import lees_notificatie


def notificeer_over_zaak(bericht: Bericht, _werk: Werk) -> None:
    """Take a notificatie and acknowledge it with a Bv03. Raises StUF055 for what it does not say."""
    lees_notificatie(bericht.element)
