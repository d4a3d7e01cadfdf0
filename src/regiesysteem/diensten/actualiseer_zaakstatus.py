"""actualiseerZaakstatus_Lk01: a zaak has reached a status (ZDS 1.1, 4.1.3)."""

from regiesysteem.diensten.kennisgeving import herkomst, lees_wijziging, neem_ladingen_op
from regiesysteem.diensten.werk import Werk
from regiesysteem.stuf.bericht import Bericht
from regiesysteem.stuf.fouten import StufFout
from regiesysteem.zakenmagazijn.mutaties import wijzig


def actualiseer_zaakstatus(bericht: Bericht, werk: Werk) -> None:
    """Add the status of a wijzigkennisgeving to its zaak.

    Raises StUF055 for a message without a status; further as `mutaties.wijzig`.
    """
    opdracht = lees_wijziging(bericht, werk.leniency, zet_status=True)
    if not any(opdracht.wordt.alle("heeft")):
        raise StufFout("StUF055", "object/heeft ontbreekt: er is geen status om te zetten (ZDS 4.1.3.2)")
    vandaan = herkomst(werk, "Actualiseer zaakstatus")
    zaak_id = wijzig(werk.verbinding, werk.inrichting, opdracht, vandaan)
    neem_ladingen_op(bericht, werk, zaak_id, vandaan)
