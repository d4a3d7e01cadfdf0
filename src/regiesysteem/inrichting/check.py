"""The rules over more than one table of an inrichting, and the Dutch words for every mistake in it."""

import datetime as dt
import difflib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pydantic_core import ErrorDetails

from regiesysteem.errors import Meldbaar
from regiesysteem.inrichting.fields import gevouwen
from regiesysteem.inrichting.model import LIJSTEN, Applicatie, Inrichtingsbestand, sleutels, tabellen, toonbaar
from regiesysteem.inrichting.secrets import GeheimFout, lees_geheim, onleesbaar
from regiesysteem.local import is_deze_machine
from regiesysteem.logging_ import MASKER

# --- Errors in the inrichting, in Dutch: the place, the value found, the allowed values, and the probable meaning

_GETOOND = 60
# A municipality may misunderstand this key and write a password there.
_NOOIT_TONEN = "wachtwoord_uit"

# The kinds of pydantic that can occur with this model; {} gives the bounds of the field.
_TEKSTEN = {
    "missing": "ontbreekt en is verplicht",
    "string_type": "moet een tekst zijn, tussen aanhalingstekens",
    "int_type": "moet een geheel getal zijn, zonder aanhalingstekens",
    "bool_type": "moet true of false zijn, zonder aanhalingstekens",
    "string_too_short": "is te kort: minstens {min_length} teken(s)",
    "string_too_long": "is te lang: hoogstens {max_length} tekens",
    "greater_than_equal": "is te laag: minstens {ge}",
    "less_than_equal": "is te hoog: hoogstens {le}",
    "too_short": "moet minstens {min_length} waarde(n) hebben",
    "string_pattern_mismatch": "moet uit precies vier cijfers bestaan",
}


@dataclass(frozen=True)
class Melding:
    """One error: ``plek`` is the path in the file, tables counted from 1 (``zaaktype[3].status[2].volgnummer``)."""

    plek: str
    tekst: str

    def __str__(self) -> str:
        return f"{self.plek}: {self.tekst}" if self.plek else self.tekst


class InrichtingFout(Meldbaar, ValueError):
    """The inrichting cannot be used; ``meldingen`` has every mistake in it."""

    def __init__(self, bron: str, meldingen: Iterable[Melding]) -> None:
        self.bron = bron
        self.meldingen = tuple(meldingen)
        super().__init__("\n".join(f"{bron}: {melding}" for melding in self.meldingen))


def pad(stappen: Iterable[str | int]) -> str:
    """Write a path: steps are keys and list indexes from 0; keys that TOML must quote are quoted."""
    tekst = ""
    for stap in stappen:
        if isinstance(stap, int):
            tekst += f"[{stap + 1}]"
        else:
            naam = stap if re.fullmatch(r"[A-Za-z0-9_-]{1,60}", stap) else toon(stap)
            tekst += f".{naam}" if tekst else naam
    return tekst


def toon(waarde: object) -> str:
    """A value as it stands in the file, shortened."""
    if isinstance(waarde, dt.date | dt.time):
        tekst = waarde.isoformat()
    elif isinstance(waarde, Mapping):
        tekst = "een tabel"
    elif isinstance(waarde, Sequence) and not isinstance(waarde, str):
        tekst = "een lijst"
    else:
        # Python does not write the thousands of digits that a number in TOML may have.
        te_groot = isinstance(waarde, int) and abs(waarde) >= 10**_GETOOND
        tekst = "een reusachtig getal" if te_groot else json.dumps(waarde, ensure_ascii=False)
    return tekst if len(tekst) <= _GETOOND else tekst[: _GETOOND - 1] + "…"


def vertaal(fout: ErrorDetails) -> Melding:
    """Translate one error of pydantic into Dutch."""
    stappen = list(fout["loc"])
    if fout["type"] == "unexpected_keyword_argument":
        return Melding(pad(stappen), _onbekende_sleutel(stappen))
    if fout["type"] in {"tuple_type", "dataclass_type"}:
        return Melding(pad(stappen), f"{toon(fout['input'])} {_andere_vorm(stappen, fout)}")
    gezegd = fout["type"] != "missing" and stappen[-1:] != [_NOOIT_TONEN]
    gegeven = f"{_gezien(stappen, fout['input'])} " if gezegd else ""
    return Melding(pad(stappen), gegeven + _reden(fout))


def lijkt_op(woord: str, mogelijk: Iterable[str]) -> str:
    """Guess the meant key or value, as the end of a sentence; empty when nothing looks like it."""
    kleiner = {keuze.casefold(): keuze for keuze in mogelijk}
    dichtbij = difflib.get_close_matches(woord.casefold()[:_GETOOND], kleiner, n=1, cutoff=0.6)
    return f"; bedoelde u {toon(kleiner[dichtbij[0]])}?" if dichtbij else ""


def _gezien(stappen: list[str | int], waarde: object) -> str:
    """The value in the file, without the number of a person or an address that may have a password in it."""
    sleutel = next((stap for stap in reversed(stappen) if isinstance(stap, str)), "")
    persoon = sleutel.endswith("persoon") and isinstance(waarde, str | int)
    geheim = sleutel in {"adres", "adres_rzs"} and isinstance(waarde, str) and "@" in waarde
    return toon(MASKER if persoon or geheim else waarde)


def _reden(fout: ErrorDetails) -> str:
    grenzen: dict[str, Any] = fout.get("ctx", {})
    if fout["type"] == "literal_error":
        mogelijk = re.findall(r"'([^']*)'", grenzen["expected"])
        keuzen = ", ".join(toon(keuze) for keuze in mogelijk)
        hint = lijkt_op(fout["input"], mogelijk) if isinstance(fout["input"], str) else ""
        return f"is niet toegestaan; kies uit {keuzen}{hint}"
    if fout["type"] == "value_error":
        return str(grenzen["error"])
    return _TEKSTEN.get(fout["type"], "is niet toegestaan").format(**grenzen)


def _andere_vorm(stappen: list[str | int], fout: ErrorDetails) -> str:
    tabel = tuple(stap for stap in stappen if isinstance(stap, str))
    if tabel not in tabellen():
        return "moet een lijst zijn, tussen [ en ]"
    haken = ".".join(tabel)
    return (
        f"moet een tabel zijn: schrijf [[{haken}]]" if _herhaald(stappen, fout) else f"moet een tabel zijn: [{haken}]"
    )


def _herhaald(stappen: list[str | int], fout: ErrorDetails) -> bool:
    return fout["type"] == "tuple_type" or (bool(stappen) and isinstance(stappen[-1], int))


def _onbekende_sleutel(stappen: list[str | int]) -> str:
    *boven, laatste = stappen
    sleutel = str(laatste)
    alle = tabellen()
    hier = tuple(stap for stap in boven if isinstance(stap, str))
    eigen = sleutels(alle[hier])
    if hint := lijkt_op(sleutel, eigen):
        return f"onbekende sleutel{hint}"
    elders = [f"[{'.'.join(plek)}]" for plek, klasse in alle.items() if plek and sleutel in sleutels(klasse)]
    if elders:
        return f"onbekende sleutel op deze plek; hoort in {' of '.join(elders)}"
    return f"onbekende sleutel; hier kan: {', '.join(eigen)}"


# --- Rules between an abonnement and the rest of the inrichting, and between its own keys

Stap = str | int
Waarde = str | int

_VERWIJST: Final = {"applicatie": "applicatie", "zaaktype": "zaaktype", "niet_zaaktype": "zaaktype"}
"""The keys whose values are those of a table."""


def controleer_abonnement(
    abonnement: Mapping[str, Any], plek: Sequence[Stap], bekend: Mapping[str, Sequence[str]], waar: str
) -> Iterator[Melding]:
    """List the mistakes in an abonnement as it was written; values of the wrong type are passed over.

    `bekend` has the names of applicaties and the codes of zaaktypen, `waar` is where those are, in Dutch.
    """
    for sleutel, tabel in _VERWIJST.items():
        for waarde, hier in _waarden(abonnement, sleutel, plek):
            ster = waarde == "*" and sleutel == "zaaktype"
            if isinstance(waarde, str) and waarde.strip() not in bekend[tabel] and not ster:
                tekst = f"{toon(waarde)} staat niet als [[{tabel}]] {waar}{lijkt_op(waarde, bekend[tabel])}"
                yield Melding(pad(hier), tekst)
    for sleutel in LIJSTEN:
        wel = {_vergeleken(waarde) for waarde, _ in _waarden(abonnement, sleutel, plek) if waarde != "*"}
        for waarde, hier in _waarden(abonnement, f"niet_{sleutel}", plek):
            if _vergeleken(waarde) in wel:
                getoond = toon(toonbaar(sleutel, waarde) if isinstance(waarde, str) else waarde)
                yield Melding(pad(hier), f"{getoond} staat ook bij {sleutel}; kies een van beide")


def abonnementwaarschuwingen(inrichting: Inrichtingsbestand) -> Iterator[str]:
    """List the keys of abonnementen that are allowed but probably not meant, one Dutch line each."""
    adressen = {applicatie.naam for applicatie in inrichting.applicatie if applicatie.adres}
    for naam in dict.fromkeys(abonnement.applicatie for abonnement in inrichting.abonnement):
        if naam not in adressen:
            yield f"applicatie {naam} heeft een abonnement maar geen adres: zij ontvangt niets"
    namen = {applicatie.naam for applicatie in inrichting.applicatie}
    zenders = [z for abonnement in inrichting.abonnement for z in (*abonnement.zender, *abonnement.niet_zender)]
    for naam in dict.fromkeys(zenders):
        if naam not in namen:
            yield f"een abonnement noemt zender {naam}, die geen [[applicatie]] is{lijkt_op(naam, namen)}"
    if inrichting.notificaties.variant == "extern" and inrichting.abonnement:
        yield 'variant is "extern": de abonnementen gelden niet, alles gaat naar het abonnementenbeheer'
    beheer = inrichting.notificaties.abonnementenbeheer
    if inrichting.notificaties.variant == "extern" and beheer not in adressen:
        yield f"abonnementenbeheer {beheer} heeft geen adres: wat ervoor is, blijft wachten"


def _waarden(tabel: Mapping[str, Any], sleutel: str, plek: Sequence[Stap]) -> Iterator[tuple[Waarde, tuple[Stap, ...]]]:
    """The values of a key, each with its place; a single value is a list of one."""
    gevonden = tabel.get(sleutel)
    if isinstance(gevonden, str):
        yield gevonden, (*plek, sleutel)
    elif isinstance(gevonden, list | tuple):
        for index, waarde in enumerate(gevonden):
            if isinstance(waarde, str | int) and not isinstance(waarde, bool):
                yield waarde, (*plek, sleutel, index)


def _vergeleken(waarde: Waarde) -> Waarde:
    return gevouwen(waarde) if isinstance(waarde, str) else waarde


# --- Rules between values of the inrichting: values that must be unique, and values that must refer to something

Tabel = Mapping[str, Any]

_BEZORGSLEUTELS = ("gebruiker", "wachtwoord_uit", "clientcertificaat", "clientsleutel", "ca")


def controleer_samenhang(rauw: Tabel) -> list[Melding]:
    """List every mistake between the values of a file."""
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
    """List the values that are allowed but probably not meant, one Dutch line each."""
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
    """List the reasons why messages would not reach the applicatie, as far as this machine can tell."""
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
    # Two applicaties that leave the code to the gemeente have the same organisatie, also when that code is wrong.
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
    bekend = {
        "applicatie": _controleer_waarden(rauw, "applicatie", "naam"),
        "zaaktype": _controleer_waarden(rauw, "zaaktype", "code"),
    }
    for index, abonnement in _tabellen(rauw, "abonnement"):
        yield from controleer_abonnement(abonnement, ("abonnement", index), bekend, "in dit bestand")


def _abonnementenbeheer(rauw: Tabel) -> Iterator[Melding]:
    notificaties = rauw.get("notificaties")
    if not isinstance(notificaties, dict):
        return
    beheer = notificaties.get("abonnementenbeheer")
    bekend = _controleer_waarden(rauw, "applicatie", "naam")
    if beheer is None and notificaties.get("variant") == "extern":
        yield Melding("notificaties.abonnementenbeheer", 'ontbreekt, en variant = "extern" stuurt alles daarheen')
    if isinstance(beheer, str) and beheer.strip() not in bekend:
        tekst = f"{toon(beheer)} staat niet als [[applicatie]] in dit bestand{lijkt_op(beheer, bekend)}"
        yield Melding("notificaties.abonnementenbeheer", tekst)


def _bezorging(rauw: Tabel) -> Iterator[Melding]:
    """The keys about delivery must be complete, and need an adres."""
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
    """A required documenttype needs a status of its zaaktype, and must not be refused too."""
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


def _controleer_waarden(rauw: Tabel, tabel: str, sleutel: str) -> list[str]:
    gevonden = (deel.get(sleutel) for _, deel in _tabellen(rauw, tabel))
    return [waarde.strip() for waarde in gevonden if isinstance(waarde, str)]
