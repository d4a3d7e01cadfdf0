"""voegZaakdocumentToe_Lk01 and maakZaakdocument_Lk01: a document of a zaak, with its file or still without (ZDS 4.2.4).

With mutatiesoort W the same message changes what is said of a document, and to which zaken it belongs.
"""

from regiesysteem.diensten.inhouden import ontvangen_bestand
from regiesysteem.diensten.kennisgeving import herkomst, lees_toevoeging, lees_was_wordt, mutatiesoort_van
from regiesysteem.diensten.werk import Werk
from regiesysteem.stuf.bericht import Bericht
from regiesysteem.stuf.fouten import StufFout
from regiesysteem.stuf.inhoud import Inhoud
from regiesysteem.zakenmagazijn.documenten import voeg_toe
from regiesysteem.zakenmagazijn.documentmutaties import Documentopdracht, wijzig
from regiesysteem.zakenmagazijn.domeingegevens import neem_document_op
from regiesysteem.zkn.document import EDC

_ONGEWIJZIGD = ("W", "C", "F")


def voeg_zaakdocument_toe(bericht: Bericht, werk: Werk) -> None:
    """Register a document with its file, or change one; faults as `documenten.voeg_toe` and `documentmutaties.wijzig`.

    Raises StUF055 for a new document without a file.
    """
    bestand = ontvangen_bestand(bericht.element, bericht)
    if mutatiesoort_van(bericht.element) in _ONGEWIJZIGD:
        _wijzig(bericht, werk, bestand)
        return
    if bestand is None:
        raise StufFout(
            "StUF055", "object/inhoud ontbreekt (ZDS 4.2.4.2); een document zonder inhoud gaat met maakZaakdocument"
        )
    _voeg_toe(bericht, werk, bestand)


def maak_zaakdocument(bericht: Bericht, werk: Werk) -> None:
    """Register a document that waits for its file (ZDS 4.2.5); one that comes with its file has it at once."""
    bestand = ontvangen_bestand(bericht.element, bericht)
    if mutatiesoort_van(bericht.element) in _ONGEWIJZIGD:
        _wijzig(bericht, werk, bestand)
        return
    # An element inhoud without text names the file to come.
    _voeg_toe(bericht, werk, bestand if bestand is not None and bestand.grootte else None)


def _voeg_toe(bericht: Bericht, werk: Werk, bestand: Inhoud | None) -> None:
    voorwerp = lees_toevoeging(bericht, werk.leniency, EDC)
    vandaan = herkomst(werk, "Voeg zaakdocument toe")
    document_id = voeg_toe(werk.verbinding, werk.inrichting, werk.opslag, voorwerp, bestand, vandaan)
    neem_document_op(werk.verbinding, werk.inrichting, werk.opslag, document_id, vandaan)


def _wijzig(bericht: Bericht, werk: Werk, bestand: Inhoud | None) -> None:
    if bestand is not None and bestand.grootte:
        raise StufFout("StUF055", "de inhoud van een document wijzigt met updateZaakdocument (ZDS 4.2.6)")
    was, wordt = lees_was_wordt(bericht.dienst, bericht.element, EDC, werk.leniency)
    vandaan = herkomst(werk, "Update zaakdocument")
    document_id = wijzig(werk.verbinding, werk.inrichting, werk.opslag, Documentopdracht(was, wordt), vandaan)
    neem_document_op(werk.verbinding, werk.inrichting, werk.opslag, document_id, vandaan)
