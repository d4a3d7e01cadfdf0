"""creeerZaak_Lk01: a new zaak (ZDS 1.1, 4.1.4; RZS 1.0, 6.3, 6.4 and 6.6)."""

from regiesysteem.diensten.kennisgeving import herkomst, lees_toevoeging, neem_ladingen_op
from regiesysteem.diensten.werk import Werk
from regiesysteem.stuf.bericht import Bericht
from regiesysteem.zakenmagazijn.zaken import creeer


def creeer_zaak(bericht: Bericht, werk: Werk) -> None:
    """Register the zaak of a toevoegkennisgeving with all that it says.

    Faults as `zaken.creeer` and `domeingegevens.neem_op` raise them.
    """
    vandaan = herkomst(werk, "Creeer zaak")
    zaak_id = creeer(werk.verbinding, werk.inrichting, lees_toevoeging(bericht, werk.leniency), vandaan)
    neem_ladingen_op(bericht, werk, zaak_id, vandaan)
