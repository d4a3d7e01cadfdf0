"""The words of a plan and its zaken: badges, notes, and sentences of its timeline, as a regisseur reads them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple

from markupsafe import Markup

from regiesysteem.regie.involved import Involved
from regiesysteem.regie.plans import Offer, ZaakFacts
from regiesysteem.regie.zaken import PlanOfZaak
from regiesysteem.web.routes import REFUSED
from regiesysteem.web.words import in_words

_KB: Final = 1024
_NAMES: Final = 4
_MOST: Final = 200
"""The letters of a text in a list; somebody may call a zaak by ten thousand."""
_LOOKS: Final = {
    "GET /plannen/<zaaknummer>": "het plan",
    "GET /plannen/<zaaknummer>/afdruk": "de afdruk van het plan",
    "GET /plannen/<zaaknummer>/inzage": "wie in het plan keek",
    "GET /zaken/<zaaknummer>": "een zaak van het plan",
    "POST /zaken/<zaaknummer>/bsn": "een burgerservicenummer",
    "GET /documenten/<int:nummer>": "een document",
    "GET /documenten/<int:nummer>/versies/<int:versie>": "een bestand",
    "GET /domeingegevens/<int:nummer>": "gegevens van het eigen domein",
    "GET /plannen": "de lijst met plannen",
    "GET /werkvoorraad": "de werkvoorraad",
    "GET /werkvoorraad/<blok>": "de werkvoorraad",
    "GET /toegang/<zaaknummer>": "de vraag naar een reden",
    "POST /zoeken": "een zoekvraag die het plan vond",
}


class Badge(NamedTuple):
    """A status in words, and its kind for the colour (neutral, good, warning, bad)."""

    text: str
    kind: str


def badge_of(zaak: ZaakFacts) -> Badge:
    """The state of a zaak that most asks for attention, else its status."""
    status = short(zaak.status) or "Nog geen status"
    if zaak.klaar:
        return Badge(status, "good")
    if zaak.offer and zaak.offer.stand == "geweigerd":
        return Badge("Overdracht geweigerd", "bad")
    if zaak.te_laat:
        return Badge(f"Te laat: {status}", "warning")
    if zaak.bijna:
        return Badge(f"Bijna te laat: {status}", "warning")
    return Badge(status, "neutral")


def notes_of(zaak: ZaakFacts, now: datetime) -> list[str]:
    """The notes that stand with a deelplan: who executes it, by when, and its transfer."""
    notes = [short(zaak.uitvoerenden) or short(zaak.applicatie)]
    if zaak.deadline and not zaak.klaar:
        notes.append(f"uiterlijk {in_words(zaak.deadline)}")
    if zaak.klaar and zaak.einddatum:
        notes.append(f"klaar op {in_words(zaak.einddatum)}")
    if zaak.offer and not zaak.klaar:
        notes.append(told_of_offer(zaak.offer, now))
    return [note for note in notes if note]


def told_of_offer(offer: Offer, now: datetime) -> str:
    """How a transfer stands, "" for one that ended well or was withdrawn."""
    to = short(offer.applicatie)
    if offer.stand == "geweigerd":
        return f"geweigerd door {to}{f': {short(offer.antwoord)}' if offer.antwoord else ''}"
    if offer.stand != "aangeboden":
        return ""
    if offer.uiterlijk is None:
        return f"aangeboden aan {to}"
    if offer.uiterlijk < now:
        return f"{to} had voor {in_words(offer.uiterlijk)} moeten antwoorden"
    return f"aangeboden aan {to}, antwoord verwacht voor {in_words(offer.uiterlijk)}"


def short(text: str) -> str:
    """A text of somebody else on one line, cut where it is too long to read."""
    line = " ".join(text.split())
    return line if len(line) <= _MOST else f"{line[:_MOST].rstrip()}…"


def listed(people: Sequence[Involved]) -> str:
    """The names of people, one after the other."""
    return ", ".join(short(one.naam) for one in people if one.naam)


def household(clients: Sequence[Involved]) -> str:
    """The family of a plan: the names that its clients have, and how many they are."""
    if not clients:
        return ""
    last = dict.fromkeys(short(one.naam) for one in clients if one.naam)
    some = list(last)[:_NAMES]
    people = f"{len(clients)} {'persoon' if len(clients) == 1 else 'personen'}"
    return f"{', '.join(some)}{' en anderen' if len(last) > len(some) else ''} ({people})"


def status_since(zaak: ZaakFacts) -> str:
    """The status of a zaak and since when it has that."""
    since = f", sinds {in_words(zaak.status_sinds)}" if zaak.status_sinds else ""
    return f"{short(zaak.status)}{since}" if zaak.status else ""


def way_to(plans: Sequence[PlanOfZaak]) -> list[tuple[str, str]]:
    """The way to a zaak: the plans of it that the reader may see."""
    seen = [(f"/plannen/{one.zaaknummer}", f"Gezinsplan {one.zaaknummer}") for one in plans if one.may_see]
    return [("/werkvoorraad", "Werkvoorraad"), *seen[:1]]


def numbers(plans: Sequence[PlanOfZaak]) -> Markup | str:
    """The plans of a zaak: a link to each that the reader may see, of another its number."""
    link = Markup('<a href="/plannen/{0}">{0}</a>')
    return Markup(", ").join(link.format(one.zaaknummer) if one.may_see else one.zaaknummer for one in plans) or "geen"


def size(count: int) -> str:
    """A number of bytes, in the unit that makes it short."""
    if count < _KB:
        return f"{count} bytes"
    return f"{count // _KB} kB" if count < _KB**2 else f"{count / _KB**2:.1f} MB".replace(".", ",")


def looked_at(wat: str) -> str:
    """The thing that a look was at, and whether it was refused; an operation or a command has its own name."""
    asked = wat.removesuffix(REFUSED)
    return f"{_LOOKS.get(asked, asked)}{', geweigerd' if asked != wat else ''}"
