"""updateZaak_Lk01: changes of a zaak and its relations, a status among them (ZDS 4.1.5; RZS 4.7 and 6.11 - 6.13)."""

from regiesysteem.diensten.kennisgeving import herkomst, lees_wijziging, neem_ladingen_op
from regiesysteem.diensten.werk import Werk
from regiesysteem.stuf.bericht import Bericht
from regiesysteem.zakenmagazijn.mutaties import wijzig


def update_zaak(bericht: Bericht, werk: Werk) -> None:
    """Apply a wijzigkennisgeving to its zaak; faults as `mutaties.wijzig` and `domeingegevens.neem_op` raise them."""
    vandaan = herkomst(werk, "Update zaak")
    zaak_id = wijzig(werk.verbinding, werk.inrichting, lees_wijziging(bericht, werk.leniency), vandaan)
    neem_ladingen_op(bericht, werk, zaak_id, vandaan)
