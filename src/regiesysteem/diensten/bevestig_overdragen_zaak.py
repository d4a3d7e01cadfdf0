"""bevestigOverdragenZaak: a back office accepts or refuses a zaak that it was offered (RZS 1.0, 6.8.4)."""

from regiesysteem.diensten.werk import Werk
from regiesysteem.notificaties.overdrachten import verwerk_antwoord
from regiesysteem.notificaties.terugmeldingen import meld_verwerkt
from regiesysteem.stuf.bericht import Bericht, Systeem
from regiesysteem.stuf.fouten import StufFout
from regiesysteem.zakenmagazijn.uitvoerende import maak_uitvoerende
from regiesysteem.zkn.regie import lees_overdrachtantwoord


def bevestig_overdragen_zaak(bericht: Bericht, werk: Werk) -> None:
    """Keep the answer to an offer of ours; who accepts becomes uitvoerende of the zaak.

    Who answers an offer had it: its message is not sent again, whatever became of the answer to that (StUF 03.01, 4.4).

    Raises StUF055 for what it does not say, further as `verwerk_antwoord`.
    """
    gegevens = bericht.stuurgegevens
    if not gegevens.cross_refnummer:
        raise StufFout(
            "StUF055", "stuurgegevens/crossRefnummer is leeg; dat nummer zegt op welke overdracht dit het antwoord is."
        )
    gelezen = lees_overdrachtantwoord(bericht.element)
    zender = gegevens.zender or Systeem()
    antwoord = verwerk_antwoord(werk.verbinding, zender, gegevens.cross_refnummer, gelezen)
    meld_verwerkt(werk.verbinding, zender.applicatie, gegevens.cross_refnummer, "beantwoord met Du01")
    if antwoord is not None and antwoord.geaccepteerd:
        maak_uitvoerende(
            werk.verbinding,
            werk.inrichting,
            antwoord.zaak_id,
            antwoord.zaakidentificatie,
            antwoord.applicatie,
            werk.mutatie_id,
            werk.nu,
        )
