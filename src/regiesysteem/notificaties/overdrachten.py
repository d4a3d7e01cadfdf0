"""Handing a zaak over to a back office, and what it answers; and the other way round (RZS 1.0, 6.8)."""

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import orjson
import sqlalchemy as sa
from sqlalchemy import Connection

from regiesysteem.database import Sql
from regiesysteem.inrichting.actueel import Inrichting
from regiesysteem.meldbaar import Meldbaar
from regiesysteem.notificaties.berichten import bevestig_overdragen_zaak, overdragen_zaak
from regiesysteem.notificaties.opstellen import kop
from regiesysteem.notificaties.wekken import wek
from regiesysteem.notificaties.zaakbericht import operatie, stel_zaakberichten_op, zak_lk01
from regiesysteem.opslag import Opslag
from regiesysteem.stuf.bericht import Systeem
from regiesysteem.stuf.fouten import StufFout
from regiesysteem.stuf.xml import serialiseer
from regiesysteem.zakenmagazijn.modellen.notificatie import NotificatieRij
from regiesysteem.zkn.regie import Overdracht, Overdrachtantwoord, Zaaktypevermelding

OVERDRAGEN: Final = "overdragenZaak"
BEVESTIGEN: Final = "bevestigOverdragenZaak"
_NIEUW: Final = "Creeer zaak"
_GEEN_DEELPLAN: Final = ("gezinsplan", "levensdomeinplan")

_ZAAK: Final = Sql("""
    -- a zaak that is handed over; two transfers of one zaak go one by one
    SELECT z.id, k.code, k.omschrijving, k.soort FROM zaak z LEFT JOIN zaaktype k ON k.id = z.zaaktype_id
    WHERE z.identificatie = :zaakidentificatie FOR NO KEY UPDATE OF z
""")
_OPEN: Final = Sql("""
    SELECT applicatie FROM overdracht
    WHERE richting = 'uit' AND zaakidentificatie = :zaakidentificatie AND stand = 'aangeboden' LIMIT 1
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
_VIND_IN: Final = Sql("""
    SELECT id, zaakidentificatie, organisatie, applicatie, stand, referentienummer FROM overdracht
    WHERE richting = 'in' AND id = :id FOR UPDATE
""")
_BEANTWOORD: Final = Sql("""
    UPDATE overdracht SET stand = :stand, antwoord = :antwoord, beantwoord_op = :nu WHERE id = :id
""")
_ZAAK_ID: Final = Sql("SELECT id FROM zaak WHERE identificatie = :zaakidentificatie")


class OverdrachtFout(Meldbaar):
    """A transfer that cannot be made or answered; the text is Dutch, for who asked for it."""


@dataclass(frozen=True, slots=True)
class Antwoord:
    """What a back office answered to an offer of ours, for the first time."""

    zaak_id: int
    zaakidentificatie: str
    applicatie: str
    geaccepteerd: bool


def draag_over(  # noqa: PLR0917 - what, to whom, and what goes along
    verbinding: Connection,
    inrichting: Inrichting,
    opslag: Opslag,
    zaakidentificatie: str,
    applicatie: str,
    melding: str = "",
) -> int:
    """Offer a zaak to a back office, in the transaction of the caller; gives the id of the transfer.

    Where an abonnement of the applicatie says so the zaak itself goes first, as a zakLk01 with its domain data: the
    offer has no place for them (RZS 6.8.2).

    Raises OverdrachtFout when that cannot be: no such zaak, a plan that is not handled by a back office, no applicatie
    with an adres, or an offer that is still open.
    """
    zaak = _ZAAK.voer_uit(verbinding, {"zaakidentificatie": zaakidentificatie}).one_or_none()
    if zaak is None:
        raise OverdrachtFout(f"Er is geen zaak met identificatie {zaakidentificatie}.")
    if zaak.soort in _GEEN_DEELPLAN:
        raise OverdrachtFout(f"Zaak {zaakidentificatie} is een {zaak.soort}; alleen een deelplan wordt overgedragen.")
    ontvanger = inrichting.ontvanger(applicatie)
    if ontvanger is None or not ontvanger.adres:
        wat = "staat niet in de inrichting" if ontvanger is None else "heeft in de inrichting geen adres"
        raise OverdrachtFout(f"Applicatie {applicatie} {wat}.")
    if lopend := _OPEN.voer_uit(verbinding, {"zaakidentificatie": zaakidentificatie}).scalar_one_or_none():
        raise OverdrachtFout(f"Zaak {zaakidentificatie} is al aangeboden aan {lopend}, dat nog niet heeft geantwoord.")
    nu = datetime.now(UTC)
    referentienummer = str(uuid.uuid4())
    envelop = kop(inrichting, applicatie, referentienummer, nu)
    zaaktype = Zaaktypevermelding(zaak.code or "", zaak.omschrijving or "")
    bericht = overdragen_zaak(envelop, Overdracht(zaakidentificatie, zaaktype, (melding,) if melding else ()))
    _stuur_zaak_vooruit(verbinding, inrichting, opslag, zaak.id, zaakidentificatie, applicatie, nu)
    _zet_klaar(verbinding, applicatie, zaakidentificatie, OVERDRAGEN, referentienummer, serialiseer(bericht))
    return _leg_vast(
        verbinding,
        richting="uit",
        zaak_id=zaak.id,
        zaakidentificatie=zaakidentificatie,
        zaaktype={"code": zaak.code, "omschrijving": zaak.omschrijving},
        organisatie=envelop.ontvanger.organisatie,
        applicatie=applicatie,
        referentienummer=referentienummer,
        melding=melding,
        aangeboden_op=nu,
        uiterlijk=nu + timedelta(days=inrichting.overdracht_dagen(zaak.code)),
    )


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
    verbinding: Connection,
    inrichting: Inrichting,
    nummer: int,
    *,
    geaccepteerd: bool,
    melding: str = "",
) -> None:
    """Answer an offer that was made to us. Raises OverdrachtFout when there is none, or it was answered already."""
    aanbod = _VIND_IN.voer_uit(verbinding, {"id": nummer}).one_or_none()
    if aanbod is None:
        raise OverdrachtFout(f"Er is geen overdracht aan ons met nummer {nummer}.")
    if aanbod.stand != "aangeboden":
        raise OverdrachtFout(f"Overdracht {nummer} is al {aanbod.stand}.")
    nu = datetime.now(UTC)
    referentienummer = str(uuid.uuid4())
    antwoord = Overdrachtantwoord(aanbod.zaakidentificatie, geaccepteerd, (melding,) if melding else ())
    envelop = kop(inrichting, aanbod.applicatie, referentienummer, nu)
    bericht = serialiseer(bevestig_overdragen_zaak(envelop, antwoord, aanbod.referentienummer))
    _zet_klaar(verbinding, aanbod.applicatie, aanbod.zaakidentificatie, BEVESTIGEN, referentienummer, bericht)
    _beantwoord(verbinding, nummer, geaccepteerd, melding, nu)


def verwerk_antwoord(
    verbinding: Connection, zender: Systeem, cross_refnummer: str, antwoord: Overdrachtantwoord
) -> Antwoord | None:
    """Keep what a back office answered to an offer of ours; None when it said the same before.

    Raises StUF043 for a crossRefnummer that is of no offer to this sender, StUF064 for another zaak, StUF055 for a
    different answer than before.
    """
    aanbod = _VIND_UIT.voer_uit(verbinding, {"referentienummer": cross_refnummer}).one_or_none()
    if aanbod is None or aanbod.applicatie != zender.applicatie:
        raise StufFout(
            "StUF043",
            f"crossRefnummer {cross_refnummer!r} is van geen overdracht die aan {zender.applicatie} is aangeboden",
        )
    if aanbod.zaakidentificatie != antwoord.zaakidentificatie:
        raise StufFout("StUF064", f"de overdracht met dit crossRefnummer gaat over zaak {aanbod.zaakidentificatie!r}")
    if aanbod.stand != "aangeboden":
        if (aanbod.stand == "geaccepteerd") == antwoord.geaccepteerd:
            return None
        raise StufFout("StUF055", f"deze overdracht is al {aanbod.stand}; wie dat wil veranderen, belt")
    _beantwoord(verbinding, aanbod.id, antwoord.geaccepteerd, "\n".join(antwoord.meldingen), datetime.now(UTC))
    return Antwoord(aanbod.zaak_id, aanbod.zaakidentificatie, aanbod.applicatie, antwoord.geaccepteerd)


def _stuur_zaak_vooruit(  # noqa: PLR0917 - a zaak, to whom, and when
    verbinding: Connection,
    inrichting: Inrichting,
    opslag: Opslag,
    zaak_id: int,
    zaakidentificatie: str,
    applicatie: str,
    nu: datetime,
) -> None:
    lading = next(
        (
            regel.abonnement.domeingegevens
            for regel in inrichting.abonnementen
            if regel.abonnement.applicatie == applicatie and regel.abonnement.domeingegevens
        ),
        False,
    )
    if not lading:
        return
    [zaak] = stel_zaakberichten_op(verbinding, inrichting, [zaak_id], opslag).values()
    referentienummer = str(uuid.uuid4())
    bericht = zak_lk01(zaak, _NIEUW, kop(inrichting, applicatie, referentienummer, nu), lading)
    _zet_klaar(verbinding, applicatie, zaakidentificatie, operatie(_NIEUW), referentienummer, serialiseer(bericht))


def _zet_klaar(  # noqa: PLR0917 - a message, to whom, and about what
    verbinding: Connection, ontvanger: str, stroom: str, soort: str, referentienummer: str, inhoud: bytes
) -> None:
    rij: dict[str, Any] = {
        "ontvanger": ontvanger,
        "stroom": stroom,
        "soort": soort,
        "reden": "overdracht",
        "inhoud": inhoud,
    }
    rij["referentienummer"] = referentienummer
    verbinding.execute(sa.insert(NotificatieRij), rij)
    wek(verbinding, [(ontvanger, 1)])


def _leg_vast(verbinding: Connection, *, zaaktype: dict[str, str], **velden: Any) -> int:
    parameters = velden | {"zaaktype": orjson.dumps(zaaktype).decode()}
    return int(_BIED_AAN.voer_uit(verbinding, parameters).scalar_one())


def _beantwoord(verbinding: Connection, id: int, geaccepteerd: bool, antwoord: str, nu: datetime) -> None:  # noqa: A002
    stand = "geaccepteerd" if geaccepteerd else "geweigerd"
    _BEANTWOORD.voer_uit(verbinding, {"id": id, "stand": stand, "antwoord": antwoord, "nu": nu})
