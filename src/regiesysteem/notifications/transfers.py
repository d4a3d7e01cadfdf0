"""A zaak that is handed over to another system, or offered to us (RZS 1.0, 6.8)."""

import hashlib
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import orjson
from lxml import etree
from sqlalchemy import Connection, Row

from regiesysteem.db import Sql
from regiesysteem.errors import Meldbaar
from regiesysteem.inrichting.current import Inrichting
from regiesysteem.inrichting.fields import leesbaar
from regiesysteem.inrichting.model import Applicatie
from regiesysteem.logging_ import logger
from regiesysteem.stuf.faults import StufFout
from regiesysteem.stuf.message import Systeem, lees_stuurgegevens
from regiesysteem.stuf.xml import canoniek, serialiseer
from regiesysteem.zakenmagazijn.events import meld, meld_overdracht
from regiesysteem.zakenmagazijn.messages import NieuwBericht, sla_bericht_op
from regiesysteem.zakenmagazijn.zaak_changes import maak_uitvoerende
from regiesysteem.zkn.names import rzs
from regiesysteem.zkn.rzs import Overdracht, Overdrachtantwoord, lees_overdrachtantwoord

# --- Transfers of a zaak to a back office, and its answer; and the other way round (RZS 1.0, 6.8)

OVERDRAGEN: Final = "overdragenZaak"
BEVESTIGEN: Final = "bevestigOverdragenZaak"
_GEEN_DEELPLAN: Final = ("gezinsplan", "levensdomeinplan")

_ZAAK: Final = Sql("""
    -- a zaak that is handed over; two transfers of one zaak go one by one
    SELECT z.id, k.code, k.omschrijving, k.soort FROM zaak z LEFT JOIN zaaktype k ON k.id = z.zaaktype_id
    WHERE z.identificatie = :zaakidentificatie FOR NO KEY UPDATE OF z
""")
_OPEN: Final = Sql("""
    -- offers of a zaak without an answer, and the stand of their messages
    SELECT v.id, v.zaakidentificatie, v.applicatie, v.referentienummer,
           coalesce(n.stand IN ('gestrand', 'vervallen'), false) AS nooit_aangekomen
    FROM overdracht v LEFT JOIN notificatie n ON n.referentienummer = v.referentienummer
    WHERE v.richting = 'uit' AND v.zaakidentificatie = :zaakidentificatie AND v.stand = 'aangeboden' ORDER BY v.id
""")
_BIED_AAN: Final = Sql("""
    INSERT INTO overdracht (richting, zaak_id, zaakidentificatie, zaaktype, organisatie, applicatie, referentienummer,
                            melding, aangeboden_op, uiterlijk)
    VALUES (:richting, :zaak_id, :zaakidentificatie, CAST(:zaaktype AS jsonb), :organisatie, :applicatie,
            :referentienummer, :melding, :aangeboden_op, :uiterlijk)
    RETURNING id
""")
_VIND_UIT: Final = Sql("""
    SELECT id, zaak_id, zaakidentificatie, applicatie, stand, antwoord FROM overdracht
    WHERE richting = 'uit' AND referentienummer = :referentienummer FOR UPDATE
""")
_VIND: Final = Sql("""
    SELECT id, richting, zaakidentificatie, organisatie, applicatie, stand, referentienummer FROM overdracht
    WHERE id = :id FOR UPDATE
""")
_BEANTWOORD: Final = Sql("""
    UPDATE overdracht SET stand = :stand, antwoord = :antwoord, beantwoord_op = :nu WHERE id = :id
""")
_TREK_IN: Final = Sql("""
    -- never waits: a new offer of the zaak holds it, and the delivery of its answer wants it
    UPDATE overdracht SET stand = 'ingetrokken', antwoord = :reden, beantwoord_op = now() WHERE id IN (
        SELECT id FROM overdracht WHERE id = :id AND stand = 'aangeboden' FOR UPDATE SKIP LOCKED)
""")
_BERICHTEN: Final = """
    SELECT n.id FROM notificatie n JOIN gebeurtenis g ON g.id = n.gebeurtenis_id
    WHERE n.stroom = :zaakidentificatie AND g.gegevens ->> 'referentienummer' = :referentienummer
"""
_VERVALLEN: Final = Sql(f"""
    -- the messages of an offer that may still go; one that is being sent is locked, and its sender may want the offer
    UPDATE notificatie SET stand = 'vervallen', afgehandeld_op = now(), melding = :reden WHERE id IN (
        {_BERICHTEN} AND n.stand IN ('wacht', 'gestrand') FOR UPDATE OF n SKIP LOCKED)
""")  # noqa: S608 - constants of this module
_WACHT_NOG: Final = Sql(f"SELECT EXISTS ({_BERICHTEN} AND n.stand = 'wacht')")
_ZAAK_ID: Final = Sql("SELECT id FROM zaak WHERE identificatie = :zaakidentificatie")


class OverdrachtFout(Meldbaar):
    """A transfer cannot be made or answered; the text is Dutch, for the person who asked for it."""


@dataclass(frozen=True, slots=True)
class TransferAnswer:
    """The first answer of a back office to an offer of ours."""

    zaak_id: int
    zaakidentificatie: str
    applicatie: str
    geaccepteerd: bool


def draag_over(
    verbinding: Connection, inrichting: Inrichting, zaakidentificatie: str, applicatie: str, melding: str = ""
) -> int:
    """Offer a zaak to a back office, in the transaction of the caller; gives the id of the transfer.

    It withdraws an earlier offer whose message stranded or is vervallen.

    Raises OverdrachtFout when the zaak does not exist or is a plan that no back office handles, when no applicatie has
    an adres, or when an offer is still open.
    """
    meldingen = _meldingen(melding)
    zaak = _ZAAK.voer_uit(verbinding, {"zaakidentificatie": zaakidentificatie}).one_or_none()
    if zaak is None:
        raise OverdrachtFout(f"Er is geen zaak met identificatie {zaakidentificatie}.")
    if zaak.soort in _GEEN_DEELPLAN:
        raise OverdrachtFout(f"Zaak {zaakidentificatie} is een {zaak.soort}; alleen een deelplan wordt overgedragen.")
    ontvanger = _eis_adres(inrichting, applicatie)
    _ruim_baan(verbinding, zaakidentificatie)
    nu = datetime.now(UTC)
    referentienummer = str(uuid.uuid4())
    zaaktype = {"code": zaak.code, "omschrijving": zaak.omschrijving}
    gegevens = {"ontvanger": applicatie, "referentienummer": referentienummer, "meldingen": meldingen} | zaaktype
    meld_overdracht(verbinding, zaakidentificatie, OVERDRAGEN, gegevens)
    return _leg_vast(
        verbinding,
        richting="uit",
        zaak_id=zaak.id,
        zaakidentificatie=zaakidentificatie,
        zaaktype=zaaktype,
        organisatie=ontvanger.organisatie or inrichting.gemeente.code,
        applicatie=applicatie,
        referentienummer=referentienummer,
        melding=melding,
        aangeboden_op=nu,
        uiterlijk=nu + timedelta(days=inrichting.overdracht_dagen(zaak.code)),
    )


def trek_in(verbinding: Connection, nummer: int, reden: str = "") -> None:
    """Withdraw an offer of ours: its waiting messages are vervallen, and an answer to it will be refused.

    Raises OverdrachtFout when there is no such offer, it was answered, or its message is being sent right now.
    """
    aanbod = _VIND.voer_uit(verbinding, {"id": nummer}).one_or_none()
    if aanbod is None:
        raise OverdrachtFout(f"Er is geen overdracht met nummer {nummer}.")
    if aanbod.richting != "uit":
        raise OverdrachtFout(
            f"Overdracht {nummer} is ons aangeboden door {aanbod.applicatie}; accepteer of weiger die."
        )
    if aanbod.stand != "aangeboden":
        raise OverdrachtFout(f"Overdracht {nummer} is al {aanbod.stand}.")
    _trek_in(verbinding, aanbod, reden)


def neem_aanbod_aan(verbinding: Connection, zender: Systeem, referentienummer: str, aanbod: Overdracht) -> int:
    """Keep a zaak that another system offers to us; gives the id of the transfer, which waits for an answer."""
    zaak_id = _ZAAK_ID.voer_uit(verbinding, {"zaakidentificatie": aanbod.zaakidentificatie}).scalar_one_or_none()
    return _leg_vast(
        verbinding,
        richting="in",
        zaak_id=zaak_id,
        zaakidentificatie=aanbod.zaakidentificatie,
        zaaktype={"code": aanbod.zaaktype.code, "omschrijving": aanbod.zaaktype.omschrijving},
        organisatie=zender.organisatie,
        applicatie=zender.applicatie,
        referentienummer=referentienummer,
        melding="\n".join(aanbod.meldingen),
        aangeboden_op=datetime.now(UTC),
        uiterlijk=None,
    )


def antwoord_op_aanbod(
    verbinding: Connection, inrichting: Inrichting, nummer: int, *, geaccepteerd: bool, melding: str = ""
) -> None:
    """Answer an offer that was made to us.

    Raises OverdrachtFout when there is none, it was answered already, or the system that made it has no adres to answer
    to.
    """
    meldingen = _meldingen(melding)
    aanbod = _VIND.voer_uit(verbinding, {"id": nummer}).one_or_none()
    if aanbod is None or aanbod.richting != "in":
        raise OverdrachtFout(f"Er is geen overdracht aan ons met nummer {nummer}.")
    if aanbod.stand != "aangeboden":
        raise OverdrachtFout(f"Overdracht {nummer} is al {aanbod.stand}.")
    _eis_adres(inrichting, aanbod.applicatie)
    _ZAAK.voer_uit(verbinding, {"zaakidentificatie": aanbod.zaakidentificatie})
    gegevens = {
        "ontvanger": aanbod.applicatie,
        "referentienummer": str(uuid.uuid4()),
        "crossRefnummer": aanbod.referentienummer,
        "geaccepteerd": geaccepteerd,
        "meldingen": meldingen,
    }
    meld_overdracht(verbinding, aanbod.zaakidentificatie, BEVESTIGEN, gegevens)
    _beantwoord(verbinding, nummer, geaccepteerd, melding, datetime.now(UTC))


def _eis_adres(inrichting: Inrichting, applicatie: str) -> Applicatie:
    ontvanger = inrichting.ontvanger(applicatie)
    if ontvanger is None or not ontvanger.adres:
        wat = "staat niet in de inrichting" if ontvanger is None else "heeft in de inrichting geen adres"
        raise OverdrachtFout(f"Applicatie {applicatie} {wat}.")
    return ontvanger


def verwerk_antwoord(
    verbinding: Connection, zender: Systeem, cross_refnummer: str, antwoord: Overdrachtantwoord
) -> TransferAnswer | None:
    """Keep the answer of a back office to an offer of ours; None when it gave the same answer before.

    Raises StUF043 for a crossRefnummer of no offer to this sender, StUF064 for another zaak, StUF055 for a different
    answer than before, or any to an offer that we withdrew.
    """
    aanbod = _VIND_UIT.voer_uit(verbinding, {"referentienummer": cross_refnummer}).one_or_none()
    if aanbod is None or aanbod.applicatie != zender.applicatie:
        raise StufFout(
            "StUF043",
            f"crossRefnummer {cross_refnummer!r} is van geen overdracht die aan {zender.applicatie} is aangeboden",
        )
    if aanbod.zaakidentificatie != antwoord.zaakidentificatie:
        raise StufFout("StUF064", f"de overdracht met dit crossRefnummer gaat over zaak {aanbod.zaakidentificatie!r}")
    if aanbod.stand == "ingetrokken":
        raise StufFout("StUF055", "deze overdracht is ingetrokken voordat er een antwoord was; de zaak blijft hier")
    if aanbod.stand != "aangeboden":
        if (aanbod.stand == "geaccepteerd") == antwoord.geaccepteerd:
            return None
        raise StufFout("StUF055", f"deze overdracht is al {aanbod.stand}; wie dat wil veranderen, belt")
    _beantwoord(verbinding, aanbod.id, antwoord.geaccepteerd, "\n".join(antwoord.meldingen), datetime.now(UTC))
    return TransferAnswer(aanbod.zaak_id, aanbod.zaakidentificatie, aanbod.applicatie, antwoord.geaccepteerd)


def take_answer(  # noqa: PLR0917 - an answer, of whom, to what, and where it is kept
    verbinding: Connection,
    inrichting: Inrichting,
    zender: Systeem,
    cross_refnummer: str,
    antwoord: etree._Element,
    nu: datetime,
    bericht_id: Callable[[], int],
) -> None:
    """Process an answer to an offer of ours, also one that came at once; a receiver that accepts becomes uitvoerende.

    `bericht_id` gives the row of the message that changes the zaak; asked only when it does.

    Raises the faults of reading the answer and of `verwerk_antwoord`.
    """
    verwerkt = verwerk_antwoord(verbinding, zender, cross_refnummer, lees_overdrachtantwoord(antwoord))
    if verwerkt is not None and verwerkt.geaccepteerd:
        zaak = verwerkt.zaak_id, verwerkt.zaakidentificatie
        maak_uitvoerende(verbinding, inrichting, *zaak, verwerkt.applicatie, bericht_id(), nu)


def _ruim_baan(verbinding: Connection, zaakidentificatie: str) -> None:
    """See that no offer of the zaak is open; one that never arrived is withdrawn, so that it cannot be sent again."""
    lopend = _OPEN.voer_uit(verbinding, {"zaakidentificatie": zaakidentificatie}).all()
    for aanbod in lopend:
        if not aanbod.nooit_aangekomen:
            raise OverdrachtFout(
                f"Zaak {zaakidentificatie} is al aangeboden aan {aanbod.applicatie}, dat nog niet heeft geantwoord; "
                f"regie overdracht trek-in {aanbod.id} trekt dat in."
            )
    for aanbod in lopend:
        _trek_in(verbinding, aanbod, "niet aangekomen, en opnieuw aangeboden")


def _trek_in(verbinding: Connection, aanbod: Row[Any], reden: str) -> None:
    ingetrokken = _TREK_IN.voer_uit(verbinding, {"id": aanbod.id, "reden": reden}).rowcount
    welke = {"zaakidentificatie": aanbod.zaakidentificatie, "referentienummer": aanbod.referentienummer}
    if ingetrokken:
        _VERVALLEN.voer_uit(
            verbinding, welke | {"reden": f"overdracht ingetrokken: {reden}" if reden else "overdracht ingetrokken"}
        )
    if not ingetrokken or _WACHT_NOG.voer_uit(verbinding, welke).scalar_one():
        raise OverdrachtFout(f"Overdracht {aanbod.id} is net nu onderweg; probeer het zo dadelijk nog eens.")


def _meldingen(melding: str) -> list[str]:
    """The text that goes along in a message. Raises OverdrachtFout for characters that XML has no place for."""
    try:
        return [leesbaar(melding)] if melding else []
    except ValueError as fout:
        raise OverdrachtFout(f"De melding {fout}.") from fout


def _leg_vast(verbinding: Connection, *, zaaktype: dict[str, str], **velden: Any) -> int:
    parameters = velden | {"zaaktype": orjson.dumps(zaaktype).decode()}
    return int(_BIED_AAN.voer_uit(verbinding, parameters).scalar_one())


def _beantwoord(verbinding: Connection, id: int, geaccepteerd: bool, antwoord: str, nu: datetime) -> None:  # noqa: A002
    stand = "geaccepteerd" if geaccepteerd else "geweigerd"
    _BEANTWOORD.voer_uit(verbinding, {"id": id, "stand": stand, "antwoord": antwoord, "nu": nu})


# --- An answer to a transfer that comes at once, in the answer to our message, and not as a message of its own

_ANTWOORD: Final = rzs("overdragenZaak_Du01")


def verwerk_dadelijk_antwoord(  # noqa: PLR0917 - an answer, to what, and of whom
    verbinding: Connection,
    inrichting: Inrichting,
    ontvanger: str,
    soort: str,
    referentienummer: str,
    antwoord: etree._Element,
) -> None:
    """Keep the answer as if it came by itself; an unreadable one is in the log, and the offer stays open."""
    if soort != OVERDRAGEN or antwoord.tag != _ANTWOORD:
        return
    nu, zender, kept = datetime.now(UTC), Systeem(applicatie=ontvanger), list[int]()

    def keep() -> int:
        kept.append(_bewaar(verbinding, ontvanger, antwoord, nu))
        return kept[0]

    try:
        take_answer(verbinding, inrichting, zender, referentienummer, antwoord, nu, keep)
    except StufFout as fout:
        if kept:
            raise  # the answer is sound: the change of the zaak failed, and the message must come again
        # Not its details: they quote the answer.
        logger().warning("antwoord_niet_verwerkt", ontvanger=ontvanger, reden=str(fout))
        return
    for bericht_id in kept:
        meld(verbinding, bericht_id, "", ontvanger)


def _bewaar(verbinding: Connection, ontvanger: str, antwoord: etree._Element, nu: datetime) -> int:
    """Keep the message. It has no key of its own: the offer sees to it that it is not taken twice."""
    bericht = NieuwBericht(
        zender=("", ontvanger, ""),
        referentienummer="",
        dienst="bevestigOverdragenZaak",
        ontvangen_op=nu,
        tijdstip_bericht=lees_stuurgegevens(antwoord).tijdstip_bericht,
        digest=hashlib.sha256(canoniek(antwoord)).digest(),
        inhoud=serialiseer(antwoord),
        antwoord=b"",
    )
    _, bericht_id = sla_bericht_op(verbinding, bericht)
    if bericht_id is None:
        raise LookupError("a message without a key cannot be there already")
    return bericht_id
