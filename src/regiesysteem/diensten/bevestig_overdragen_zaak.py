"""bevestigOverdragenZaak: a back office accepts or refuses a zaak that it was offered (RZS 1.0, 6.8.4)."""

from regiesysteem.diensten.werk import Werk
from regiesysteem.stuf.bericht import Bericht
from regiesysteem.stuf.fouten import StufFout
from regiesysteem.zkn.regie import lees_overdrachtantwoord


def bevestig_overdragen_zaak(bericht: Bericht, _werk: Werk) -> None:
    """Take the answer to an offer, Bv03. Raises StUF055 for what it does not say."""
    if not bericht.stuurgegevens.cross_refnummer:
        raise StufFout(
            "StUF055", "stuurgegevens/crossRefnummer is leeg; dat nummer zegt op welke overdracht dit het antwoord is."
        )
    lees_overdrachtantwoord(bericht.element)
