"""Explains the receivers of a gebeurtenis, and why others are none; in Dutch, without BSNs."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from regiesysteem.db import Sql
from regiesysteem.inrichting.current import Inrichting, beschrijf
from regiesysteem.inrichting.model import Abonnement, toonbaar
from regiesysteem.notifications.routing import EventView, Gebeurtenis, Oordeel, bekijk, beoordeel, onbezorgbaar

_ZAAK: Final = Sql("""
    -- the data of a zaak in a gebeurtenis of this moment
    SELECT z.id, regie_zaakgegevens(z.id) AS gegevens FROM zaak z WHERE z.identificatie = :zaak
""")


@dataclass(frozen=True, slots=True)
class Verklaring:
    """The explanation of a gebeurtenis: its known values, and the verdict of each rule."""

    inrichting: Inrichting
    beeld: EventView
    oordelen: tuple[Oordeel, ...]

    @property
    def bekend(self) -> bool:
        """Tell whether we hold the zaak."""
        return self.beeld.gebeurtenis.zaak_id is not None

    @property
    def extern(self) -> bool:
        """Tell whether another system decides who is told."""
        return self.inrichting.notificaties.variant == "extern"


def verklaar(
    verbinding: Connection, inrichting: Inrichting, zaak: str, gebeurtenis: str, *, zender: str = "", zaaktype: str = ""
) -> Verklaring:
    """Route a gebeurtenis that happens to a zaak now, as delivery does; nothing is kept or sent.

    `zender` is the applicatie that causes it. `zaaktype` is the code in the message for a zaak that we do not hold; it
    does not matter for one that we hold.
    """
    rij = _ZAAK.voer_uit(verbinding, {"zaak": zaak}).one_or_none()
    organisaties = {een.organisatie or inrichting.gemeente.code for een in inrichting.applicaties if een.naam == zender}
    een = Gebeurtenis(
        id=0,
        zaak_id=rij.id if rij else None,
        zaakidentificatie=zaak,
        gebeurtenis=gebeurtenis,
        organisatie=organisaties.pop() if len(organisaties) == 1 else "",
        applicatie=zender,
        gegevens=rij.gegevens if rij else {"code": zaaktype or None},
    )
    [gezien] = bekijk(verbinding, inrichting, [een], volledig=True)
    return Verklaring(inrichting, gezien, tuple(beoordeel(inrichting, gezien, volledig=True)))


def regels(verklaring: Verklaring) -> Iterator[str]:
    """The explanation, line by line."""
    yield from _kop(verklaring)
    if verklaring.extern:
        yield (
            "Variant extern: het abonnementenbeheer van een ander beslist wie bericht krijgt; "
            "abonnementen en afnemersindicaties van dit systeem gelden niet."
        )
    yield ""
    hoort = [oordeel for oordeel in verklaring.oordelen if oordeel.hoort]
    yield "Krijgt bericht:" if hoort else "Niemand krijgt bericht."
    for oordeel in hoort:
        yield from _wel(verklaring.inrichting, oordeel)
    niet = [oordeel for oordeel in verklaring.oordelen if not oordeel.hoort]
    if niet:
        yield "Krijgt hierdoor geen bericht:"
    for oordeel in niet:
        yield f"  {oordeel.bestemming.applicatie}, {oordeel.bestemming.reden}"
        yield from (f"    {reden}" for reden in _redenen(oordeel, verklaring))
    genoemd = {oordeel.bestemming.applicatie for oordeel in verklaring.oordelen}
    overig = dict.fromkeys(een.naam for een in verklaring.inrichting.applicaties if een.naam not in genoemd)
    if overig and not verklaring.extern:
        yield f"Geen regel noemt: {', '.join(overig)}."


def _kop(verklaring: Verklaring) -> Iterator[str]:
    gezien, een = verklaring.beeld, verklaring.beeld.gebeurtenis
    wat = f"zaaktype {een.gegevens.get('code') or 'onbekend'}, soort {_van(gezien, 'soort')}"
    if verklaring.bekend:
        plannen = f", gezinsplan {_van(gezien, 'gezinsplan')}" if gezien.waarden["gezinsplan"] is not None else ""
        yield f"Zaak {een.zaakidentificatie}: {wat}, status {_status(gezien)}{plannen}."
    else:
        yield f"Zaak {een.zaakidentificatie} hebben wij niet; {wat}."
        yield "Van zo'n zaak is alleen bekend wat een bericht erover zegt: geen gezinsplan, personen of afnemers."
    yield f"Gebeurtenis: {een.gebeurtenis}, zender: {een.applicatie or 'niemand genoemd'}."


def _wel(inrichting: Inrichting, oordeel: Oordeel) -> Iterator[str]:
    bestemming = oordeel.bestemming
    yield f"  {bestemming.applicatie}: {bestemming.bericht}"
    yield f"    door {bestemming.reden}"
    if bestemming.verwachte_actie:
        yield f"    verwachte actie: {bestemming.verwachte_actie}"
    if bezwaar := onbezorgbaar(inrichting, bestemming):
        yield f"    let op: {bezwaar}; het bericht strandt"
    elif (ontvanger := inrichting.ontvanger(bestemming.applicatie)) is not None and not ontvanger.adres:
        yield f"    let op: applicatie {bestemming.applicatie} heeft geen adres in de inrichting; het bericht wacht"


def _redenen(oordeel: Oordeel, verklaring: Verklaring) -> Iterator[str]:
    if oordeel.bezwaar:
        yield oordeel.bezwaar
    if oordeel.regel is not None:
        yield from (_reden(sleutel, oordeel.regel.abonnement, verklaring) for sleutel in oordeel.mislukt)


def _reden(sleutel: str, abonnement: Abonnement, verklaring: Verklaring) -> str:
    gezien = verklaring.beeld
    kaal = sleutel.removeprefix("niet_")
    gevraagd = getattr(abonnement, sleutel)
    if kaal in ("gezinsplan", "persoon", "afnemersindicatie") and not verklaring.bekend:
        return f"{sleutel}: dat is niet bekend van een zaak die wij niet hebben"
    if sleutel == "persoon":
        return "persoon: niemand van wie de regel noemt komt voor in de zaak of haar gezinsplan"
    if sleutel == "niet_persoon":
        return "niet_persoon: iemand van wie de regel noemt komt voor in de zaak of haar gezinsplan"
    if sleutel == "afnemersindicatie":
        heeft = "geen" if gevraagd else "een"
        return f"afnemersindicatie: {abonnement.applicatie} heeft er {heeft} op de zaak of haar gezinsplan"
    if sleutel == "eindstatus":
        is_ = {True: "een eindstatus", False: "geen eindstatus", None: "een status die wij niet kennen"}
        return f"eindstatus: de zaak heeft {is_[gezien.eindstatus]}"
    gevraagde = ", ".join(toonbaar(sleutel, waarde) for waarde in gevraagd)
    heeft = {"gebeurtenis": gezien.gebeurtenis.gebeurtenis, "status": _status(gezien)}.get(kaal) or _van(gezien, kaal)
    return f"{sleutel}: de regel zegt {gevraagde}, het is {heeft}"


def _status(gezien: EventView) -> str:
    status = gezien.gebeurtenis.gegevens.get("status")
    return beschrijf(status["volgnummer"], status["code"], status["omschrijving"]) if status else "geen"


def _van(gezien: EventView, sleutel: str) -> str:
    waarden = gezien.waarden[sleutel]
    if waarden is None:
        return "onbekend"
    return ", ".join(sorted(str(waarde) for waarde in waarden if waarde)) or "geen"
