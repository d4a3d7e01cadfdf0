"""overdragenZaak: a zaak is offered to us to treat, as to a back office (RZS 1.0, 6.8.2)."""

from regiesysteem.diensten.werk import Werk
from regiesysteem.stuf.bericht import Bericht
from regiesysteem.zkn.regie import lees_overdracht


def overdragen_zaak(bericht: Bericht, _werk: Werk) -> None:
    """Take the offer, Bv03; whether it is accepted is said later. Raises StUF055 for what it does not say."""
    lees_overdracht(bericht.element)
