"""The operations of Regie- en Zaakservices (RZS 6.8 - 6.10), and confirmations and faults that come as messages."""

from regiesysteem.diensten.context import MessageContext
from regiesysteem.logging_ import logger
from regiesysteem.notifications.inbox import data_of, keep, report_processed, report_refused
from regiesysteem.notifications.outcome import error_text
from regiesysteem.notifications.transfers import accept_offer, take_answer
from regiesysteem.stuf.answers import read_bevestiging
from regiesysteem.stuf.faults import StufFout, as_code
from regiesysteem.stuf.message import Bericht, Systeem
from regiesysteem.zakenmagazijn.events import OthersOwn, report_others_own
from regiesysteem.zkn.rzs import read_initiatie, read_notificatie, read_overdracht

# --- Bv01, Bv03, Bv04, Fo01 and Fo03 as messages of their own: acknowledgements and faults about a message of ours


def receiver_of(context: MessageContext) -> str:
    """The name by which our messages to the sender of this one went; "" when they go to another of its name.

    Messages go to one applicatie of each name; one of another organisatie or administratie did not get them.
    """
    naam, sender = context.caller.zender.applicatie, context.caller.applicatie
    ontvanger = context.inrichting.ontvanger(naam)
    return "" if ontvanger is not None and sender is not None and sender != ontvanger else naam


def bevestiging(bericht: Bericht, context: MessageContext) -> None:
    """Keep it with the message that it is about; Bv03, as the WSDL of RZS 1.0 answers.

    Raises StUF055 without a crossRefnummer. A foutbericht about a message that is being sent at this moment is answered
    with StUF046: it can be kept when the sending is over.
    """
    parsed = read_bevestiging(bericht.element)
    if not parsed.cross_refnummer:
        raise StufFout("StUF055", "stuurgegevens/crossRefnummer is leeg; dat nummer zegt over welk bericht dit gaat.")
    zender = receiver_of(context)
    if parsed.fout:
        error = parsed.fout
        reason = error_text(parsed.soort, error.code[:40], error.omschrijving, error.details)
        known = report_refused(context.connection, zender, parsed.cross_refnummer, reason)
    else:
        known = report_processed(context.connection, zender, parsed.cross_refnummer, parsed.soort)
    logger().info(
        "bevestiging_ontvangen",
        bekend=known,
        soort=parsed.soort,
        cross_refnummer=parsed.cross_refnummer[:40],
        fout=as_code(parsed.fout.code) if parsed.fout else None,
    )


# --- notificeerOverZaak: another system tells that something happened to a zaak (RZS 1.0, 6.9)


def notificeer_over_zaak(bericht: Bericht, context: MessageContext) -> None:
    """Keep a notificatie for the gezinsplan that it is about. Raises StUF055 for an element that it lacks."""
    zender = bericht.stuurgegevens.zender or Systeem()
    keep(context.connection, context.mutatie_id, zender, read_notificatie(bericht.element))


# --- initieerNotificeerOverZaak: others must be told that something happened to a zaak (RZS 1.0, 6.10)


def initieer_notificeer_over_zaak(bericht: Bericht, context: MessageContext) -> None:
    """Keep the event, and tell every applicatie with an abonnement on it, also about a zaak that we do not hold.

    Raises StUF055 for an element that it lacks, StUF037 where another system is abonnementenbeheer (RZS 6.1.3): that
    system would get the message back.
    """
    if context.inrichting.notificaties.variant == "extern":
        other = context.inrichting.notificaties.abonnementenbeheer
        raise StufFout("StUF037", f"dit systeem is hier niet het abonnementenbeheer; dat is {other}")
    notificatie = read_initiatie(bericht.element)
    zaaktype = context.inrichting.zaaktype(notificatie.zaaktype.code, notificatie.zaaktype.omschrijving)
    data = data_of(notificatie)
    if zaaktype is not None:
        omschrijving = data["omschrijving"] or zaaktype.omschrijving
        data |= {"code": zaaktype.code, "omschrijving": omschrijving, "soort": zaaktype.soort}
    if notificatie.meldingen:
        data["meldingen"] = list(notificatie.meldingen)
    melding = OthersOwn(
        notificatie.zaakidentificatie, notificatie.gebeurtenis, "", notificatie.zendende_applicatie, data
    )
    report_others_own(context.connection, context.mutatie_id, melding)


# --- overdragenZaak: a zaak is offered to us to treat, as to a back office (RZS 1.0, 6.8.2)


def overdragen_zaak(bericht: Bericht, context: MessageContext) -> None:
    """Keep the offer, which is answered later. Raises StUF055 for an element that it lacks."""
    data = bericht.stuurgegevens
    zender = data.zender or Systeem()
    accept_offer(context.connection, zender, data.referentienummer, read_overdracht(bericht.element))


# --- bevestigOverdragenZaak: a back office accepts or refuses a zaak that it was offered (RZS 1.0, 6.8.4)


def bevestig_overdragen_zaak(bericht: Bericht, context: MessageContext) -> None:
    """Keep the answer to an offer of ours; a receiver that accepts becomes uitvoerende of the zaak.

    A receiver that answers has the offer, so its message is not sent again, whatever became of the answer to it (StUF
    03.01, 4.4).

    Raises StUF055 for an element that it lacks, and the faults of `take_answer`.
    """
    data = bericht.stuurgegevens
    if not data.cross_refnummer:
        raise StufFout(
            "StUF055", "stuurgegevens/crossRefnummer is leeg; dat nummer zegt op welke overdracht dit het antwoord is."
        )
    zender = data.zender or Systeem()
    if not (receiver := receiver_of(context)):
        raise StufFout("StUF043", f"aan deze {zender.applicatie} is geen overdracht aangeboden")
    # First, as a worker does that sends the offer: it locks the notificatie before the zaak.
    report_processed(context.connection, receiver, data.cross_refnummer, "beantwoord met Du01")
    take_answer(
        context.connection,
        context.inrichting,
        zender,
        data.cross_refnummer,
        bericht.element,
        context.now,
        lambda: context.mutatie_id,
    )
