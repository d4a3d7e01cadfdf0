"""Bv01, Bv03, Bv04, Fo01 and Fo03 that come as a message of their own: what became of a message of ours."""

from regiesysteem.diensten.werk import Werk
from regiesysteem.logboek import logger
from regiesysteem.notificaties.terugmeldingen import meld_geweigerd, meld_verwerkt
from regiesysteem.notificaties.uitkomst import fouttekst
from regiesysteem.stuf.bericht import Bericht, Systeem
from regiesysteem.stuf.bevestiging import lees_bevestiging
from regiesysteem.stuf.fouten import StufFout, as_code


def bevestiging(bericht: Bericht, werk: Werk) -> None:
    """Keep it with the message that it is about; Bv03, as the WSDL of RZS 1.0 answers.

    Raises StUF055 without a crossRefnummer. A foutbericht about a message that is being sent at this moment is
    answered with StUF046: it can be kept when that is over.
    """
    gelezen = lees_bevestiging(bericht.element)
    if not gelezen.cross_refnummer:
        raise StufFout("StUF055", "stuurgegevens/crossRefnummer is leeg; dat nummer zegt over welk bericht dit gaat.")
    zender = (bericht.stuurgegevens.zender or Systeem()).applicatie
    if gelezen.fout:
        fout = gelezen.fout
        reden = fouttekst(gelezen.soort, fout.code[:40], fout.omschrijving, fout.details)
        bekend = meld_geweigerd(werk.verbinding, zender, gelezen.cross_refnummer, reden)
    else:
        bekend = meld_verwerkt(werk.verbinding, zender, gelezen.cross_refnummer, gelezen.soort)
    logger().info(
        "bevestiging_ontvangen",
        bekend=bekend,
        soort=gelezen.soort,
        cross_refnummer=gelezen.cross_refnummer[:40],
        fout=as_code(gelezen.fout.code) if gelezen.fout else None,
    )
