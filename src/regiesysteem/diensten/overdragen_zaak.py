"""overdragenZaak: a zaak is offered to us to treat, as to a back office (RZS 1.0, 6.8.2)."""

from regiesysteem.diensten.werk import Werk
from regiesysteem.notificaties.overdrachten import neem_aanbod_aan
from regiesysteem.stuf.bericht import Bericht, Systeem
from regiesysteem.zkn.regie import lees_overdracht


def overdragen_zaak(bericht: Bericht, werk: Werk) -> None:
    """Keep the offer; whether it is accepted is said later. Raises StUF055 for what it does not say."""
    gegevens = bericht.stuurgegevens
    zender = gegevens.zender or Systeem()
    neem_aanbod_aan(werk.verbinding, zender, gegevens.referentienummer, lees_overdracht(bericht.element))
