"""Rules between values of the inrichting: what must be unique and what must refer to something.

They look at the file as it was read, not at the model, and pass over what has the wrong type: so they can tell their
errors in the same breath as those of the model.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from regiesysteem.inrichting.abonnementcontroles import abonnementwaarschuwingen, controleer_abonnement
from regiesysteem.inrichting.geheimen import GeheimFout, lees_geheim, onleesbaar
from regiesysteem.inrichting.meldingen import Melding, lijkt_op, pad, toon
from regiesysteem.inrichting.model import Applicatie, Inrichtingsbestand
from regiesysteem.inrichting.waarden import gevouwen
from regiesysteem.nabij import is_deze_machine

Tabel = Mapping[str, Any]

_BEZORGSLEUTELS = ("gebruiker", "wachtwoord_uit", "clientcertificaat", "clientsleutel", "ca")


def controleer_samenhang(rauw: Tabel) -> list[Melding]:
    """Everything that is wrong between the values of a file."""
    meldingen = [
        *_dubbel(rauw, ("zaaktype",), "code", "een zaaktype"),
        *_dubbel(rauw, ("formaat",), "naam", "een formaat"),
        *_dubbele_applicaties(rauw),
        *_autorisatie(rauw),
        *_abonnementen(rauw),
        *_abonnementenbeheer(rauw),
        *_bezorging(rauw),
    ]
    for index, zaaktype in _tabellen(rauw, "zaaktype"):
        plek = ("zaaktype", index)
        meldingen += [
            *_dubbel(zaaktype, (*plek, "status"), "volgnummer", "een status van dit zaaktype"),
            *_dubbel(zaaktype, (*plek, "status"), "code", "een status van dit zaaktype", gevouwen),
            *_dubbel(zaaktype, (*plek, "status"), "omschrijving", "een status van dit zaaktype", gevouwen),
            *_dubbel(zaaktype, (*plek, "resultaat"), "omschrijving", "een resultaat van dit zaaktype", gevouwen),
            *_dubbel(zaaktype, (*plek, "documenttype"), "omschrijving", "een documenttype van dit zaaktype", gevouwen),
            *_documenttypen(zaaktype, plek),
        ]
    return meldingen


def waarschuwingen(inrichting: Inrichtingsbestand) -> list[str]:
    """What is allowed but probably not meant, one Dutch line each."""
    regels = []
    if inrichting.regels.autorisatie == "open":
        regels.append('autorisatie is "open": iedereen mag alles; alleen voor de eigen machine')
    soorten = {zaaktype.soort for zaaktype in inrichting.zaaktype}
    regels += [
        f"er is geen zaaktype van de soort {soort}" for soort in ("gezinsplan", "deelplan") if soort not in soorten
    ]
    regels += [
        f"zaaktype {zaaktype.code} heeft geen eindstatus: alleen een einddatum sluit zijn zaken"
        for zaaktype in inrichting.zaaktype
        if not any(status.eindstatus for status in zaaktype.status)
    ]
    regels += [
        f"zaaktype {zaaktype.code} weigert andere documenten en heeft geen documenttype: het neemt er geen aan"
        for zaaktype in inrichting.zaaktype
        if zaaktype.andere_documenten == "weigeren" and all(deel.geweigerd for deel in zaaktype.documenttype)
    ]
    regels += abonnementwaarschuwingen(inrichting)
    for applicatie in inrichting.applicatie:
        regels += [f"applicatie {applicatie.naam}: {regel}" for regel in _bezorgwaarschuwingen(applicatie)]
    return regels


def _bezorgwaarschuwingen(applicatie: Applicatie) -> Iterator[str]:
    """What would keep messages from the applicatie, as far as this machine can tell."""
    if not applicatie.adres:
        ingevuld = [sleutel for sleutel in _BEZORGSLEUTELS if getattr(applicatie, sleutel)]
        if ingevuld:
            yield f"{', '.join(ingevuld)} zonder adres betekent niets"
        return
    if applicatie.wachtwoord_uit:
        try:
            lees_geheim(applicatie.wachtwoord_uit)
        except GeheimFout as fout:
            yield f"{fout}; zonder wachtwoord wordt er niet bezorgd"
    onversleuteld = filter(_onversleuteld, (applicatie.adres, applicatie.adres_rzs))
    if applicatie.gebruiker and not all(map(is_deze_machine, onversleuteld)):
        yield "het wachtwoord gaat onversleuteld over het netwerk; gebruik een https-adres"
    for sleutel in ("clientcertificaat", "clientsleutel", "ca"):
        pad_ = getattr(applicatie, sleutel)
        if pad_ and (reden := onleesbaar(pad_)):
            yield f"{sleutel}: {reden}"


def _tabellen(tabel: Tabel, sleutel: str) -> Iterator[tuple[int, Tabel]]:
    lijst = tabel.get(sleutel)
    if isinstance(lijst, list):
        yield from ((index, deel) for index, deel in enumerate(lijst) if isinstance(deel, dict))


def _dubbel(
    tabel: Tabel, plek: tuple[str | int, ...], sleutel: str, wat: str, vorm: Callable[[str], str] = str.strip
) -> Iterator[Melding]:
    eerder: dict[str | int, int] = {}
    for index, deel in _tabellen(tabel, str(plek[-1])):
        waarde = deel.get(sleutel)
        if isinstance(waarde, bool) or not isinstance(waarde, str | int):
            continue
        vergeleken = vorm(waarde) if isinstance(waarde, str) else waarde
        if vergeleken in eerder:
            eerste = pad((*plek, eerder[vergeleken]))
            yield Melding(
                pad((*plek, index, sleutel)), f"{toon(waarde)} staat al bij {eerste}; {sleutel} van {wat} is uniek"
            )
        else:
            eerder[vergeleken] = index


def _dubbele_applicaties(rauw: Tabel) -> Iterator[Melding]:
    gemeente = rauw.get("gemeente")
    code = gemeente.get("code") if isinstance(gemeente, dict) else None
    # Also without a good code: two that leave it to the gemeente have the same organisatie.
    standaard = str(code) if isinstance(code, str | int) else ""
    eerder: dict[tuple[str, ...], int] = {}
    for index, deel in _tabellen(rauw, "applicatie"):
        zender = (deel.get("organisatie", standaard), deel.get("naam"), deel.get("administratie", ""))
        if not all(isinstance(waarde, str) for waarde in zender):
            continue
        gelezen = tuple(str(waarde).strip() for waarde in zender)
        if gelezen in eerder:
            eerste = pad(("applicatie", eerder[gelezen]))
            tekst = f"{toon(gelezen[1])} staat al bij {eerste}; organisatie, naam en administratie samen zijn uniek"
            yield Melding(pad(("applicatie", index, "naam")), tekst)
        else:
            eerder[gelezen] = index


def _autorisatie(rauw: Tabel) -> Iterator[Melding]:
    regels = rauw.get("regels")
    if not isinstance(regels, dict) or regels.get("autorisatie") != "applicaties":
        return
    if not rauw.get("applicatie"):
        yield Melding("regels.autorisatie", '"applicaties" zonder een enkele [[applicatie]]: niemand zou iets mogen')
    if regels.get("onbekende_zender") == "accepteren":
        tekst = '"accepteren" spreekt autorisatie = "applicaties" tegen; kies "weigeren" of laat de sleutel weg'
        yield Melding("regels.onbekende_zender", tekst)


def _abonnementen(rauw: Tabel) -> Iterator[Melding]:
    bekend = {"applicatie": _waarden(rauw, "applicatie", "naam"), "zaaktype": _waarden(rauw, "zaaktype", "code")}
    for index, abonnement in _tabellen(rauw, "abonnement"):
        yield from controleer_abonnement(abonnement, ("abonnement", index), bekend, "in dit bestand")


def _abonnementenbeheer(rauw: Tabel) -> Iterator[Melding]:
    notificaties = rauw.get("notificaties")
    if not isinstance(notificaties, dict):
        return
    beheer = notificaties.get("abonnementenbeheer")
    bekend = _waarden(rauw, "applicatie", "naam")
    if beheer is None and notificaties.get("variant") == "extern":
        yield Melding("notificaties.abonnementenbeheer", 'ontbreekt, en variant = "extern" stuurt alles daarheen')
    if isinstance(beheer, str) and beheer.strip() not in bekend:
        tekst = f"{toon(beheer)} staat niet als [[applicatie]] in dit bestand{lijkt_op(beheer, bekend)}"
        yield Melding("notificaties.abonnementenbeheer", tekst)


def _bezorging(rauw: Tabel) -> Iterator[Melding]:
    """What says how to deliver must be whole, and must be of use with the adres."""
    for index, applicatie in _tabellen(rauw, "applicatie"):
        for sleutel, nodig in (
            ("gebruiker", "wachtwoord_uit"),
            ("wachtwoord_uit", "gebruiker"),
            ("clientsleutel", "clientcertificaat"),
        ):
            if applicatie.get(sleutel) and not applicatie.get(nodig):
                yield Melding(pad(("applicatie", index, sleutel)), f"{nodig} hoort erbij en ontbreekt")
        if applicatie.get("adres_rzs") and not applicatie.get("adres"):
            tekst = "adres ontbreekt; ontvangt het systeem alles op een adres, zet dat dan in adres"
            yield Melding(pad(("applicatie", index, "adres_rzs")), tekst)
        adressen = [adres for adres in (applicatie.get("adres"), applicatie.get("adres_rzs")) if adres]
        if not adressen or not all(isinstance(adres, str) and _onversleuteld(adres) for adres in adressen):
            continue
        for sleutel in ("clientcertificaat", "ca"):
            if applicatie.get(sleutel):
                yield Melding(pad(("applicatie", index, sleutel)), "werkt alleen met een adres dat begint met https")


def _onversleuteld(adres: str) -> bool:
    return adres.strip().casefold().startswith("http:")


def _documenttypen(zaaktype: Tabel, plek: tuple[str | int, ...]) -> Iterator[Melding]:
    """A documenttype that is required is so at a status that there is, and is not refused too."""
    statussen = [deel.get("volgnummer") for _, deel in _tabellen(zaaktype, "status")]
    for index, documenttype in _tabellen(zaaktype, "documenttype"):
        status = documenttype.get("verplicht_bij_status")
        if isinstance(status, bool) or not isinstance(status, int):
            continue
        hier = pad((*plek, "documenttype", index, "verplicht_bij_status"))
        if status not in statussen:
            yield Melding(hier, f"{toon(status)} is geen volgnummer van een status van dit zaaktype")
        if documenttype.get("geweigerd") is True:
            yield Melding(hier, "het documenttype is ook geweigerd; kies een van beide")


def _waarden(rauw: Tabel, tabel: str, sleutel: str) -> list[str]:
    gevonden = (deel.get(sleutel) for _, deel in _tabellen(rauw, tabel))
    return [waarde.strip() for waarde in gevonden if isinstance(waarde, str)]
