"""The operations of Regie- en Zaakservices (RZS 6.8 - 6.10), and confirmations and faults that come as messages."""

from regiesysteem.diensten.context import MessageContext
from regiesysteem.logging_ import logger
from regiesysteem.notifications.inbox import bewaar, gegevens_van, meld_geweigerd, meld_verwerkt
from regiesysteem.notifications.outcome import fouttekst
from regiesysteem.notifications.transfers import neem_aanbod_aan, take_answer
from regiesysteem.stuf.answers import lees_bevestiging
from regiesysteem.stuf.faults import StufFout, as_code
from regiesysteem.stuf.message import Bericht, Systeem
from regiesysteem.zakenmagazijn.events import Andermans, meld_andermans
from regiesysteem.zkn.rzs import lees_initiatie, lees_notificatie, lees_overdracht

# --- Bv01, Bv03, Bv04, Fo01 and Fo03 as messages of their own: acknowledgements and faults about a message of ours


def bevestiging(bericht: Bericht, werk: MessageContext) -> None:
    """Keep it with the message that it is about; Bv03, as the WSDL of RZS 1.0 answers.

    Raises StUF055 without a crossRefnummer. A foutbericht about a message that is being sent at this moment is answered
    with StUF046: it can be kept when the sending is over.
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


# --- notificeerOverZaak: another system tells that something happened to a zaak (RZS 1.0, 6.9)


def notificeer_over_zaak(bericht: Bericht, werk: MessageContext) -> None:
    """Keep a notificatie for the gezinsplan that it is about. Raises StUF055 for an element that it lacks."""
    zender = bericht.stuurgegevens.zender or Systeem()
    bewaar(werk.verbinding, werk.mutatie_id, zender, lees_notificatie(bericht.element))


# --- initieerNotificeerOverZaak: others must be told that something happened to a zaak (RZS 1.0, 6.10)


def initieer_notificeer_over_zaak(bericht: Bericht, werk: MessageContext) -> None:
    """Keep the event, and tell every applicatie with an abonnement on it, also about a zaak that we do not hold.

    Raises StUF055 for an element that it lacks, StUF037 where another system is abonnementenbeheer (RZS 6.1.3): that
    system would get the message back.
    """
    if werk.inrichting.notificaties.variant == "extern":
        ander = werk.inrichting.notificaties.abonnementenbeheer
        raise StufFout("StUF037", f"dit systeem is hier niet het abonnementenbeheer; dat is {ander}")
    notificatie = lees_initiatie(bericht.element)
    zaaktype = werk.inrichting.zaaktype(notificatie.zaaktype.code, notificatie.zaaktype.omschrijving)
    gegevens = gegevens_van(notificatie)
    if zaaktype is not None:
        omschrijving = gegevens["omschrijving"] or zaaktype.omschrijving
        gegevens |= {"code": zaaktype.code, "omschrijving": omschrijving, "soort": zaaktype.soort}
    if notificatie.meldingen:
        gegevens["meldingen"] = list(notificatie.meldingen)
    melding = Andermans(
        notificatie.zaakidentificatie, notificatie.gebeurtenis, "", notificatie.zendende_applicatie, gegevens
    )
    meld_andermans(werk.verbinding, werk.mutatie_id, melding)


# --- overdragenZaak: a zaak is offered to us to treat, as to a back office (RZS 1.0, 6.8.2)


def overdragen_zaak(bericht: Bericht, werk: MessageContext) -> None:
    """Keep the offer, which is answered later. Raises StUF055 for an element that it lacks."""
    gegevens = bericht.stuurgegevens
    zender = gegevens.zender or Systeem()
    neem_aanbod_aan(werk.verbinding, zender, gegevens.referentienummer, lees_overdracht(bericht.element))


# --- bevestigOverdragenZaak: a back office accepts or refuses a zaak that it was offered (RZS 1.0, 6.8.4)


def bevestig_overdragen_zaak(bericht: Bericht, werk: MessageContext) -> None:
    """Keep the answer to an offer of ours; a receiver that accepts becomes uitvoerende of the zaak.

    A receiver that answers has the offer, so its message is not sent again, whatever became of the answer to it (StUF
    03.01, 4.4).

    Raises StUF055 for an element that it lacks, and the faults of `take_answer`.
    """
    gegevens = bericht.stuurgegevens
    if not gegevens.cross_refnummer:
        raise StufFout(
            "StUF055", "stuurgegevens/crossRefnummer is leeg; dat nummer zegt op welke overdracht dit het antwoord is."
        )
    zender = gegevens.zender or Systeem()
    # First, as a worker does that sends the offer: it locks the notificatie before the zaak.
    meld_verwerkt(werk.verbinding, zender.applicatie, gegevens.cross_refnummer, "beantwoord met Du01")
    take_answer(
        werk.verbinding,
        werk.inrichting,
        zender,
        gegevens.cross_refnummer,
        bericht.element,
        werk.nu,
        lambda: werk.mutatie_id,
    )
