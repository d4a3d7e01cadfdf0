"""An answer to a transfer that comes at once, in the answer to our message, and not as a message of its own."""

import hashlib
from datetime import UTC, datetime
from typing import Final

from lxml import etree
from sqlalchemy import Connection

from regiesysteem.inrichting.current import Inrichting
from regiesysteem.logboek import logger
from regiesysteem.notificaties.overdrachten import OVERDRAGEN, verwerk_antwoord
from regiesysteem.stuf.faults import StufFout
from regiesysteem.stuf.message import Systeem, lees_stuurgegevens
from regiesysteem.stuf.namespaces import rzs
from regiesysteem.stuf.xml import canoniek, serialiseer
from regiesysteem.zakenmagazijn.berichten import NieuwBericht, sla_bericht_op
from regiesysteem.zakenmagazijn.gebeurtenissen import meld
from regiesysteem.zakenmagazijn.uitvoerende import maak_uitvoerende
from regiesysteem.zkn.rzs import lees_overdrachtantwoord

_ANTWOORD: Final = rzs("overdragenZaak_Du01")


def verwerk_dadelijk_antwoord(  # noqa: PLR0917 - an answer, to what, and of whom
    verbinding: Connection,
    inrichting: Inrichting,
    ontvanger: str,
    soort: str,
    referentienummer: str,
    antwoord: etree._Element,
) -> None:
    """Keep the answer as if it came by itself; one that cannot be read is in the log, and the offer stays open."""
    if soort != OVERDRAGEN or antwoord.tag != _ANTWOORD:
        return
    try:
        gelezen = lees_overdrachtantwoord(antwoord)
        verwerkt = verwerk_antwoord(verbinding, Systeem(applicatie=ontvanger), referentienummer, gelezen)
    except StufFout as fout:
        # Not its details: they quote the answer.
        logger().warning("antwoord_niet_verwerkt", ontvanger=ontvanger, reden=str(fout))
        return
    if verwerkt is None or not verwerkt.geaccepteerd:
        return
    nu = datetime.now(UTC)
    bericht_id = _bewaar(verbinding, ontvanger, antwoord, nu)
    zaak = (verwerkt.zaak_id, verwerkt.zaakidentificatie)
    maak_uitvoerende(verbinding, inrichting, *zaak, ontvanger, bericht_id, nu)
    meld(verbinding, bericht_id, "", ontvanger)


def _bewaar(verbinding: Connection, ontvanger: str, antwoord: etree._Element, nu: datetime) -> int:
    """Keep the message. It has no key of its own: that it is not taken twice, the offer sees to."""
    bericht = NieuwBericht(
        zender=("", ontvanger, ""),
        referentienummer="",
        dienst="bevestigOverdragenZaak",
        ontvangen_op=nu,
        tijdstip_bericht=lees_stuurgegevens(antwoord).tijdstip_bericht,
        digest=hashlib.sha256(canoniek(antwoord)).digest(),
        inhoud=serialiseer(antwoord),
        antwoord=b"",
        meldt=False,  # not at the commit: what goes wrong with it must not be of the messages that it is sent with
    )
    _, bericht_id = sla_bericht_op(verbinding, bericht)
    if bericht_id is None:
        raise LookupError("a message without a key cannot be there already")
    return bericht_id
