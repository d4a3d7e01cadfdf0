"""The sentences of a timeline: each moment as a title and an explanation."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

from regiesysteem.regie.plans import Member
from regiesysteem.regie.timeline import Happening, Moment, Undelivered
from regiesysteem.web.plan_words import short
from regiesysteem.web.words import in_words

KINDS: Final[Mapping[Happening, str]] = {
    "status": "Statussen",
    "bericht": "Berichten",
    "overdracht": "Overdrachten",
    "document": "Documenten",
    "wijziging": "Wijzigingen",
}
"""The kinds of what happens, as the filter names them."""

_CHANGED: Final = {
    "heeft": "status",
    "heeftBetrekkingOp": "cliënten",
    "heeftAlsBelanghebbende": "belanghebbenden",
    "heeftAlsUitvoerende": "uitvoerenden",
    "heeftAlsInitiator": "regisseur of aanvrager",
    "heeftAlsVerantwoordelijke": "verantwoordelijke",
    "heeftBetrekkingOpAndere": "andere zaken",
    "heeftAlsDeelzaak": "deelzaken",
    "heeftAlsHoofdzaak": "hoofdzaak",
    "heeftRelevant": "documenten",
    "leidtTot": "besluiten",
    "einddatumGepland": "geplande einddatum",
    "uiterlijkeEinddatum": "uiterlijke einddatum",
    "checkedOutId": "het bewerken van een document",
}
_EVENTS: Final = {
    "Creeer zaak": "nieuwe zaak",
    "Update zaak": "gewijzigd",
    "Actualiseer zaakstatus": "nieuwe status",
    "Voeg zaakdocument toe": "nieuw document",
}
"""The gebeurtenissen of RZS 6.9.2 in words."""
_NUMBERS: Final = ("nul", "een", "twee", "drie", "vier", "vijf", "zes", "zeven", "acht", "negen", "tien")


class Told(NamedTuple):
    """A moment in words; `bad` is one that asks for attention, `link` the page of its document, "" for none."""

    when: str
    words: str
    title: str
    text: str
    bad: bool
    link: str


class _Words(NamedTuple):
    title: str
    text: str = ""
    bad: bool = False


def tell(moments: Sequence[Moment], zaken: Sequence[Member]) -> list[Told]:
    """The moments of a timeline in words; `zaken` have the titles of the zaken."""
    titles = {one.zaaknummer: _title(one) for one in zaken}
    told = []
    for one in moments:
        said = _TELL[one.soort](one, titles.get(one.zaaknummer, f"zaak {short(one.zaaknummer)}"))
        link = f"/documenten/{one.document}" if one.document else ""
        when = one.op.isoformat() if one.op else ""
        told.append(Told(when, in_words(one.op), _sentence(said.title), said.text, said.bad, link))
    return told


def told_not_arrived(one: Undelivered, about: str) -> str:
    """A sentence about messages that did not arrive; `about` is what they are about."""
    count = _NUMBERS[one.aantal] if one.aantal < len(_NUMBERS) else str(one.aantal)
    more, to = one.aantal > 1, short(one.ontvanger)
    messages = f"{_sentence(count)} {'berichten' if more else 'bericht'}"
    if one.stranded:
        return f"{messages} over {about} {'zijn' if more else 'is'} niet aangekomen bij {to}."
    since = in_words(one.since)
    return f"{messages} over {about} {'wachten' if more else 'wacht'} sinds {since} op {to}. Wij blijven het proberen."


def _title(zaak: Member) -> str:
    return "het gezinsplan" if zaak.soort == "gezinsplan" else short(zaak.titel) or zaak.zaaknummer


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _status(one: Moment, zaak: str) -> _Words:
    by = f"Gezet door {short(one.wie)}." if one.wie else ""
    return _Words(f"status van {zaak}: {short(one.wat) or 'niet bekend'}", f"{by} {short(one.tekst)}".strip())


def _change(one: Moment, zaak: str) -> _Words:
    by = f"Door {short(one.wie)}." if one.wie else "Door beheer."
    if one.wat == "Creeer zaak":
        return _Words(f"{zaak} gemaakt", by)
    parts = [_CHANGED.get(name, name) for name in one.tekst.split(",") if name]
    return _Words(f"{zaak} gewijzigd", f"{by[:-1]}: {short(', '.join(dict.fromkeys(parts)))}." if parts else by)


def _message(one: Moment, zaak: str) -> _Words:
    who = short(one.wie)
    event = _EVENTS.get(one.wat, short(one.wat))
    about = f"over {zaak}{f' ({event})' if event else ''}"
    tried = f"{one.aantal} {'poging' if one.aantal == 1 else 'pogingen'}. " if one.aantal else ""
    said = f"Laatste antwoord: {short(one.tekst)}" if one.tekst else ""
    match one.stand:
        case "in":
            return _Words(f"melding van {who} {about}", short(one.tekst))
        case "gestrand":
            return _Words(f"bericht gestrand bij {who}", f"{_sentence(about)}. {tried}{said}".strip(), bad=True)
        case "vervallen":
            return _Words(f"bericht aan {who} vervallen", f"{_sentence(about)}. {said}".strip(), bad=True)
        case "wacht":
            return _Words(f"bericht aan {who} wacht", f"{_sentence(about)}. {tried}{said}".strip(), bad=one.aantal > 0)
        case _:
            return _Words(f"bericht aangekomen bij {who}", f"{_sentence(about)}.")


def _transfer(one: Moment, zaak: str) -> _Words:
    who, said = short(one.wie), short(one.tekst)
    if one.stand == "aangeboden":
        return _Words(f"{zaak} aangeboden {'door' if one.wat == 'in' else 'aan'} {who}", said)
    if one.stand == "ingetrokken":
        return _Words(f"aanbod van {zaak} aan {who} ingetrokken", said)
    by = "ons" if one.wat == "in" else who
    refused = one.stand == "geweigerd"
    return _Words(
        f"overdracht van {zaak} {one.stand} door {by}", f"Reden: {said}" if refused and said else said, refused
    )


def _document(one: Moment, zaak: str) -> _Words:
    title = short(one.wat) or "zonder titel"
    if one.aantal > 1:
        return _Words(f"nieuwe versie van document {title}", f"Versie {short(one.tekst)}, bij {zaak}.")
    return _Words(f"document {title} toegevoegd", f"Bij {zaak}.")


_TELL: Final[Mapping[Happening, Callable[[Moment, str], _Words]]] = {
    "status": _status,
    "wijziging": _change,
    "bericht": _message,
    "overdracht": _transfer,
    "document": _document,
}
