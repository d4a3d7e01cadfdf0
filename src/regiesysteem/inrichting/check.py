"""The rules over more than one table of an inrichting, and the Dutch words for every mistake in it."""

import datetime as dt
import difflib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Final, get_args

from pydantic_core import ErrorDetails

from regiesysteem.errors import Reportable
from regiesysteem.inrichting.fields import HIGHEST, Rolrechten, folded
from regiesysteem.inrichting.model import (
    LISTS,
    Applicatie,
    Bewaarregel,
    Inrichtingsbestand,
    keys_of,
    printable,
    tables,
)
from regiesysteem.inrichting.secrets import SecretError, read_secret, unreadable
from regiesysteem.local import is_this_machine
from regiesysteem.logging_ import MASK
from regiesysteem.zkn.elements import ELEMENTNAMEN
from regiesysteem.zkn.zaakobjects import ZAAKOBJECT

# --- Errors in the inrichting, in Dutch: the place, the value found, the allowed values, and the probable meaning

_MANY: Final = 20
_SHOWN = 60
# A municipality may misunderstand this key and write a password there.
_NEVER_SHOW = "wachtwoord_uit"

# The kinds of pydantic that can occur with this model; {} gives the bounds of the field.
_TEXTS = {
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
    """One error: ``spot`` is the path in the file, tables counted from 1 (``zaaktype[3].status[2].volgnummer``)."""

    spot: str
    text: str

    def __str__(self) -> str:
        return f"{self.spot}: {self.text}" if self.spot else self.text


class InrichtingError(Reportable, ValueError):
    """The inrichting cannot be used; ``meldingen`` has every mistake in it."""

    def __init__(self, source: str, meldingen: Iterable[Melding]) -> None:
        self.bron = source
        self.meldingen = tuple(meldingen)
        super().__init__("\n".join(f"{source}: {melding}" for melding in self.meldingen))


def path(steps: Iterable[str | int]) -> str:
    """Write a path: steps are keys and list indexes from 0; keys that TOML must quote are quoted."""
    text = ""
    for step in steps:
        if isinstance(step, int):
            text += f"[{step + 1}]"
        else:
            naam = step if re.fullmatch(r"[A-Za-z0-9_-]{1,60}", step) else show(step)
            text += f".{naam}" if text else naam
    return text


def show(waarde: object) -> str:
    """A value as it stands in the file, shortened."""
    if isinstance(waarde, dt.date | dt.time):
        text = waarde.isoformat()
    elif isinstance(waarde, Mapping):
        text = "een tabel"
    elif isinstance(waarde, Sequence) and not isinstance(waarde, str):
        text = "een lijst"
    else:
        # Python does not write the thousands of digits that a number in TOML may have.
        too_large = isinstance(waarde, int) and abs(waarde) >= 10**_SHOWN
        text = "een reusachtig getal" if too_large else json.dumps(waarde, ensure_ascii=False)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def translate(error: ErrorDetails) -> Melding:
    """Translate one error of pydantic into Dutch."""
    steps = list(error["loc"])
    if error["type"] == "unexpected_keyword_argument":
        return Melding(path(steps), _unknown_sleutel(steps))
    if error["type"] in {"tuple_type", "dataclass_type"}:
        return Melding(path(steps), f"{show(error['input'])} {_other_form(steps, error)}")
    said = error["type"] != "missing" and steps[-1:] != [_NEVER_SHOW]
    given = f"{_seen(steps, error['input'])} " if said else ""
    return Melding(path(steps), given + _reason(error))


def did_you_mean(word: str, possible: Iterable[str]) -> str:
    """Guess the meant key or value, as the end of a sentence; empty when nothing looks like it."""
    smaller = {choice.casefold(): choice for choice in possible}
    near = difflib.get_close_matches(word.casefold()[:_SHOWN], smaller, n=1, cutoff=0.6)
    return f"; bedoelde u {show(smaller[near[0]])}?" if near else ""


def _seen(steps: list[str | int], waarde: object) -> str:
    """The value in the file, without the number of a person or an address that may have a password in it."""
    sleutel = next((step for step in reversed(steps) if isinstance(step, str)), "")
    persoon = sleutel.endswith("persoon") and isinstance(waarde, str | int)
    secret = sleutel in {"adres", "adres_rzs"} and isinstance(waarde, str) and "@" in waarde
    return show(MASK if persoon or secret else waarde)


def _reason(error: ErrorDetails) -> str:
    bounds: dict[str, Any] = error.get("ctx", {})
    if error["type"] == "literal_error":
        possible = re.findall(r"'([^']*)'", bounds["expected"])
        choices = ", ".join(show(choice) for choice in possible)
        hint = did_you_mean(error["input"], possible) if isinstance(error["input"], str) else ""
        if hint and len(possible) > _MANY:  # the one that is meant would be lost among them
            return f"is niet toegestaan{hint}"
        return f"is niet toegestaan; kies uit {choices}{hint}"
    if error["type"] == "value_error":
        return str(bounds["error"])
    return _TEXTS.get(error["type"], "is niet toegestaan").format(**bounds)


def _other_form(steps: list[str | int], error: ErrorDetails) -> str:
    table = tuple(step for step in steps if isinstance(step, str))
    if table not in tables():
        return "moet een lijst zijn, tussen [ en ]"
    brackets = ".".join(table)
    return (
        f"moet een tabel zijn: schrijf [[{brackets}]]"
        if _repeated(steps, error)
        else f"moet een tabel zijn: [{brackets}]"
    )


def _repeated(steps: list[str | int], error: ErrorDetails) -> bool:
    return error["type"] == "tuple_type" or (bool(steps) and isinstance(steps[-1], int))


_PASSWORD: Final = frozenset({"wachtwoord", "password", "wachtwoord_hash"})


def _unknown_sleutel(steps: list[str | int]) -> str:
    *above, last = steps
    sleutel = str(last)
    every = tables()
    here = tuple(step for step in above if isinstance(step, str))
    own = keys_of(every[here])
    if here == ("applicatie",) and sleutel in _PASSWORD:
        return "hoort hier niet: geef de applicatie een wachtwoord met regie applicatie wachtwoord NAAM"
    if hint := did_you_mean(sleutel, own):
        return f"onbekende sleutel{hint}"
    elsewhere = [f"[{'.'.join(spot)}]" for spot, class_ in every.items() if spot and sleutel in keys_of(class_)]
    if elsewhere:
        return f"onbekende sleutel op deze plek; hoort in {' of '.join(elsewhere)}"
    return f"onbekende sleutel; hier kan: {', '.join(own)}"


# --- Rules between an abonnement and the rest of the inrichting, and between its own keys

Step = str | int
Waarde = str | int

_REFERRING: Final = {"applicatie": "applicatie", "zaaktype": "zaaktype", "niet_zaaktype": "zaaktype"}
"""The keys whose values are those of a table."""


def check_abonnement(
    abonnement: Mapping[str, Any], spot: Sequence[Step], known: Mapping[str, Sequence[str]], where: str
) -> Iterator[Melding]:
    """List the mistakes in an abonnement as it was written; values of the wrong type are passed over.

    `known` has the names of applicaties and the codes of zaaktypen, `where` is where those are, in Dutch.
    """
    for sleutel, table in _REFERRING.items():
        for waarde, here in _waarden(abonnement, sleutel, spot):
            star = waarde == "*" and sleutel == "zaaktype"
            if isinstance(waarde, str) and waarde.strip() not in known[table] and not star:
                text = f"{show(waarde)} staat niet als [[{table}]] {where}{did_you_mean(waarde, known[table])}"
                yield Melding(path(here), text)
    for sleutel in LISTS:
        wanted = {_compared(waarde) for waarde, _ in _waarden(abonnement, sleutel, spot) if waarde != "*"}
        for waarde, here in _waarden(abonnement, f"niet_{sleutel}", spot):
            if _compared(waarde) in wanted:
                shown = show(printable(sleutel, waarde) if isinstance(waarde, str) else waarde)
                yield Melding(path(here), f"{shown} staat ook bij {sleutel}; kies een van beide")


def abonnement_warnings(inrichting: Inrichtingsbestand) -> Iterator[str]:
    """List the keys of abonnementen that are allowed but probably not meant, one Dutch line each."""
    addresses = {applicatie.naam for applicatie in inrichting.applicatie if applicatie.adres}
    for naam in dict.fromkeys(abonnement.applicatie for abonnement in inrichting.abonnement):
        if naam not in addresses:
            yield f"applicatie {naam} heeft een abonnement maar geen adres: zij ontvangt niets"
    names = {applicatie.naam for applicatie in inrichting.applicatie}
    zenders = [z for abonnement in inrichting.abonnement for z in (*abonnement.zender, *abonnement.niet_zender)]
    for naam in dict.fromkeys(zenders):
        if naam not in names:
            yield f"een abonnement noemt zender {naam}, die geen [[applicatie]] is{did_you_mean(naam, names)}"
    if inrichting.notificaties.variant == "extern" and inrichting.abonnement:
        yield 'variant is "extern": de abonnementen gelden niet, alles gaat naar het abonnementenbeheer'
    beheer = inrichting.notificaties.abonnementenbeheer
    if inrichting.notificaties.variant == "extern" and beheer not in addresses:
        yield f"abonnementenbeheer {beheer} heeft geen adres: wat ervoor is, blijft wachten"


def _waarden(table: Mapping[str, Any], sleutel: str, spot: Sequence[Step]) -> Iterator[tuple[Waarde, tuple[Step, ...]]]:
    """The values of a key, each with its place; a single value is a list of one."""
    found = table.get(sleutel)
    if isinstance(found, str):
        yield found, (*spot, sleutel)
    elif isinstance(found, list | tuple):
        for index, waarde in enumerate(found):
            if isinstance(waarde, str | int) and not isinstance(waarde, bool):
                yield waarde, (*spot, sleutel, index)


def _compared(waarde: Waarde) -> Waarde:
    return folded(waarde) if isinstance(waarde, str) else waarde


# --- Rules between values of the inrichting: values that must be unique, and values that must refer to something

Table = Mapping[str, Any]

RIGHTS: Final = ("zaaktypen", "soort", "vertrouwelijkheid", "eigen_zaken", "zonder", "signaal")
"""The keys with the rights of an applicatie, beside its diensten."""

FREE: Final = {one.name: one.default for one in fields(Applicatie) if one.name in RIGHTS}
"""Their values when nothing is narrowed."""

_NUMBER: Final = "identificatie"
_DELIVERY_SLEUTELS = ("gebruiker", "wachtwoord_uit", "clientcertificaat", "clientsleutel", "ca")


def check_coherence(raw: Table) -> list[Melding]:
    """List every mistake between the values of a file."""
    meldingen = [
        *_double(raw, ("zaaktype",), "code", "een zaaktype"),
        *_double(raw, ("formaat",), "naam", "een formaat"),
        *_double(raw, ("rol",), "naam", "een rol"),
        *_double(raw, ("oidc",), "naam", "een aanbieder"),
        *_double(raw, ("oidc",), "uitgever", "een aanbieder"),
        *_roles(raw),
        *_double_applicaties(raw),
        *_autorisatie(raw),
        *_rights(raw),
        *_abonnementen(raw),
        *_abonnementenbeheer(raw),
        *_delivery(raw),
    ]
    for index, zaaktype in _tables(raw, "zaaktype"):
        spot = ("zaaktype", index)
        meldingen += [
            *_double(zaaktype, (*spot, "status"), "volgnummer", "een status van dit zaaktype"),
            *_double(zaaktype, (*spot, "status"), "code", "een status van dit zaaktype", folded),
            *_double(zaaktype, (*spot, "status"), "omschrijving", "een status van dit zaaktype", folded),
            *_double(zaaktype, (*spot, "resultaat"), "omschrijving", "een resultaat van dit zaaktype", folded),
            *_double(zaaktype, (*spot, "documenttype"), "omschrijving", "een documenttype van dit zaaktype", folded),
            *_documenttypen(zaaktype, spot),
            *check_bewaarregel(zaaktype, spot),
        ]
        for place, resultaat in _tables(zaaktype, "resultaat"):
            meldingen += check_bewaarregel(resultaat, (*spot, "resultaat", place))
    return meldingen


_DATUMKENMERK: Final = {
    "eigenschap": "de naam van een extraElement van de zaak",
    "zaakobject": "het element van het zaakobject met de datum",
}
_OWN_SLEUTELS: Final = {
    "datumkenmerk": ("eigenschap", "zaakobject", "ander_datumkenmerk"),
    "objecttype": ("zaakobject",),
    "procestermijn": ("termijn", "afgehandeld"),
}


def check_bewaarregel(table: Table, spot: tuple[Step, ...]) -> Iterator[Melding]:
    """List the mistakes between the keys that say how long a zaak is kept; values of the wrong type are passed over."""
    rest = [naam for naam in keys_of(Bewaarregel) if naam in table and naam != "archiefnominatie"]
    nominatie = table.get("archiefnominatie")
    if nominatie is None:
        for naam in rest:
            yield Melding(path((*spot, naam)), "betekent niets zonder archiefnominatie")
    elif nominatie == "blijvend bewaren":
        for naam in rest:
            if naam != "selectielijst":
                yield Melding(path((*spot, naam)), 'betekent niets bij archiefnominatie "blijvend bewaren"')
    elif nominatie == "vernietigen":
        if "archiefactietermijn" not in table:
            text = 'ontbreekt: hoe lang blijft de zaak bewaard? Bijvoorbeeld "15 jaar" of "42 dagen"'
            yield Melding(path((*spot, "archiefactietermijn")), text)
        yield from _brondatum(table, spot)


def _brondatum(table: Table, spot: tuple[Step, ...]) -> Iterator[Melding]:
    wijze = table.get("afleidingswijze", "afgehandeld")
    for naam, wijzen in _OWN_SLEUTELS.items():
        if naam in table and wijze not in wijzen:
            text = f"hoort bij afleidingswijze {' of '.join(wijzen)}, niet bij {show(wijze)}"
            yield Melding(path((*spot, naam)), text)
    if wijze in _DATUMKENMERK and "datumkenmerk" not in table:
        yield Melding(path((*spot, "datumkenmerk")), f"ontbreekt: {_DATUMKENMERK[wijze]}")
    term = table.get("procestermijn")
    if wijze == "termijn" and term is None:
        text = 'ontbreekt: na hoeveel tijd begint de bewaartermijn, zoals "5 jaar"?'
        yield Melding(path((*spot, "procestermijn")), text)
    elif wijze == "termijn" and term == "nihil":
        yield Melding(path((*spot, "procestermijn")), '"nihil" hoort bij afleidingswijze afgehandeld')
    elif wijze == "afgehandeld" and isinstance(term, str) and term != "nihil":
        text = (
            f"{show(term)} telt alleen bij afleidingswijze termijn (de ingeschatte bestaansduur van het procesobject)"
        )
        yield Melding(path((*spot, "procestermijn")), text)
    if wijze == "zaakobject":
        yield from _zaakobject(table, spot)


def _zaakobject(table: Table, spot: tuple[Step, ...]) -> Iterator[Melding]:
    objecten = {choice.entiteit.code: choice.entiteit for choice in ZAAKOBJECT if not choice.entiteit.verbatim}
    soort, kenmerk = table.get("objecttype"), table.get("datumkenmerk")
    if soort is None:
        yield Melding(path((*spot, "objecttype")), f"ontbreekt; kies uit {', '.join(sorted(objecten))}")
    elif isinstance(soort, str) and soort not in objecten:
        # The elements of another object are kept as they came, and cannot be read.
        text = f"{show(soort)} kan niet: alleen van {', '.join(sorted(objecten))} zijn de elementen bekend"
        yield Melding(path((*spot, "objecttype")), text)
    elif isinstance(soort, str) and isinstance(kenmerk, str):
        names = [element.naam for element in objecten[soort].elementen]
        if kenmerk not in names:
            text = f"{show(kenmerk)} is geen element van {soort}{did_you_mean(kenmerk, names)}"
            yield Melding(path((*spot, "datumkenmerk")), text)


def warnings(inrichting: Inrichtingsbestand) -> list[str]:
    """List the values that are allowed but probably not meant, one Dutch line each."""
    texts = []
    if inrichting.regels.autorisatie == "open":
        texts.append('autorisatie is "open": iedereen mag alles; alleen voor de eigen machine')
    soorten = {zaaktype.soort for zaaktype in inrichting.zaaktype}
    texts += [
        f"er is geen zaaktype van de soort {soort}" for soort in ("gezinsplan", "deelplan") if soort not in soorten
    ]
    texts += [
        f"zaaktype {zaaktype.code} heeft geen eindstatus: alleen een einddatum sluit zijn zaken"
        for zaaktype in inrichting.zaaktype
        if not any(status.eindstatus for status in zaaktype.status)
    ]
    texts += [
        f"zaaktype {zaaktype.code} weigert andere documenten en heeft geen documenttype: het neemt er geen aan"
        for zaaktype in inrichting.zaaktype
        if zaaktype.andere_documenten == "weigeren" and all(part.geweigerd for part in zaaktype.documenttype)
    ]
    texts += abonnement_warnings(inrichting)
    texts += _right_warnings(inrichting)
    for applicatie in inrichting.applicatie:
        texts += [f"applicatie {applicatie.naam}: {warning}" for warning in _delivery_warnings(applicatie)]
    return texts


def _delivery_warnings(applicatie: Applicatie) -> Iterator[str]:
    """List the reasons why messages would not reach the applicatie, as far as this machine can tell."""
    if not applicatie.adres:
        filled_in = [sleutel for sleutel in _DELIVERY_SLEUTELS if getattr(applicatie, sleutel)]
        if filled_in:
            yield f"{', '.join(filled_in)} zonder adres betekent niets"
        return
    if applicatie.wachtwoord_uit:
        try:
            read_secret(applicatie.wachtwoord_uit)
        except SecretError as error:
            yield f"{error}; zonder wachtwoord wordt er niet bezorgd"
    unencrypted = filter(_unencrypted, (applicatie.adres, applicatie.adres_rzs))
    if not all(map(is_this_machine, unencrypted)):
        goes = "het wachtwoord en de berichten gaan" if applicatie.gebruiker else "de berichten gaan"
        yield f"{goes} onversleuteld over het netwerk; gebruik een https-adres"
    for sleutel in ("clientcertificaat", "clientsleutel", "ca"):
        path_ = getattr(applicatie, sleutel)
        is_key = sleutel == "clientsleutel" or (sleutel == "clientcertificaat" and not applicatie.clientsleutel)
        if path_ and (reason := unreadable(path_, secret=is_key)):
            yield f"{sleutel}: {reason}"


def _tables(table: Table, sleutel: str) -> Iterator[tuple[int, Table]]:
    listing = table.get(sleutel)
    if isinstance(listing, list):
        yield from ((index, part) for index, part in enumerate(listing) if isinstance(part, dict))


def _double(
    table: Table, spot: tuple[str | int, ...], sleutel: str, what: str, form: Callable[[str], str] = str.strip
) -> Iterator[Melding]:
    earlier: dict[str | int, int] = {}
    for index, part in _tables(table, str(spot[-1])):
        waarde = part.get(sleutel)
        if isinstance(waarde, bool) or not isinstance(waarde, str | int):
            continue
        compared = form(waarde) if isinstance(waarde, str) else waarde
        if compared in earlier:
            first = path((*spot, earlier[compared]))
            yield Melding(
                path((*spot, index, sleutel)), f"{show(waarde)} staat al bij {first}; {sleutel} van {what} is uniek"
            )
        else:
            earlier[compared] = index


def _double_applicaties(raw: Table) -> Iterator[Melding]:
    gemeente = raw.get("gemeente")
    code = gemeente.get("code") if isinstance(gemeente, dict) else None
    # Two applicaties that leave the code to the gemeente have the same organisatie, also when that code is wrong.
    default = str(code) if isinstance(code, str | int) else ""
    earlier: dict[tuple[str, ...], int] = {}
    for index, part in _tables(raw, "applicatie"):
        zender = (part.get("organisatie", default), part.get("naam"), part.get("administratie", ""))
        if not all(isinstance(waarde, str) for waarde in zender):
            continue
        parsed = tuple(str(waarde).strip() for waarde in zender)
        if parsed in earlier:
            first = path(("applicatie", earlier[parsed]))
            text = f"{show(parsed[1])} staat al bij {first}; organisatie, naam en administratie samen zijn uniek"
            yield Melding(path(("applicatie", index, "naam")), text)
        else:
            earlier[parsed] = index


def _autorisatie(raw: Table) -> Iterator[Melding]:
    regels = raw.get("regels")
    if not isinstance(regels, dict) or regels.get("autorisatie") != "applicaties":
        return
    if not raw.get("applicatie"):
        yield Melding("regels.autorisatie", '"applicaties" zonder een enkele [[applicatie]]: niemand zou iets mogen')
    if regels.get("onbekende_zender") == "accepteren":
        text = '"accepteren" spreekt autorisatie = "applicaties" tegen; kies "weigeren" of laat de sleutel weg'
        yield Melding("regels.onbekende_zender", text)


def _rights(raw: Table) -> Iterator[Melding]:
    """The rights of an applicatie name zaaktypen of this file, and elements of StUF-ZKN."""
    zaaktypen = _check_waarden(raw, "zaaktype", "code")
    for index, applicatie in _tables(raw, "applicatie"):
        spot = ("applicatie", index)
        yield from _unknown_zaaktypen(applicatie, spot, zaaktypen)
        for waarde, here in _waarden(applicatie, "zonder", spot):
            if not isinstance(waarde, str):
                continue
            if waarde.strip() not in ELEMENTNAMEN:
                text = f"{show(waarde)} is geen element van StUF-ZKN 3.10{did_you_mean(waarde, ELEMENTNAMEN)}"
                yield Melding(path(here), text)
            elif waarde.strip() == _NUMBER:
                yield Melding(path(here), "zonder identificatie is geen zaak te noemen; die blijft altijd")


def _roles(raw: Table) -> Iterator[Melding]:
    """A role has the rights of one that is shipped, and names zaaktypen and an applicatie of this file."""
    shipped = get_args(Rolrechten)
    applicaties = _check_waarden(raw, "applicatie", "naam")
    zaaktypen = _check_waarden(raw, "zaaktype", "code")
    for index, rol in _tables(raw, "rol"):
        spot, naam = ("rol", index), rol.get("naam")
        if "rechten" not in rol and isinstance(naam, str) and naam.strip() not in shipped:
            text = f"{show(naam)} is geen meegeleverde rol; zeg met rechten welke zij volgt: {', '.join(shipped)}"
            yield Melding(path((*spot, "naam")), text)
        whose = rol.get("applicatie")
        if isinstance(whose, str) and whose.strip() and whose.strip() not in applicaties:
            text = f"{show(whose)} is geen [[applicatie]] van deze inrichting{did_you_mean(whose, applicaties)}"
            yield Melding(path((*spot, "applicatie")), text)
        yield from _unknown_zaaktypen(rol, spot, zaaktypen)


def _unknown_zaaktypen(table: Table, spot: Sequence[Step], zaaktypen: Sequence[str]) -> Iterator[Melding]:
    for waarde, here in _waarden(table, "zaaktypen", spot):
        if isinstance(waarde, str) and waarde.strip() not in zaaktypen and waarde != "*":
            text = f"{show(waarde)} staat niet als [[zaaktype]] in dit bestand{did_you_mean(waarde, zaaktypen)}"
            yield Melding(path(here), text)


def _right_warnings(inrichting: Inrichtingsbestand) -> Iterator[str]:
    """List the rights that are allowed but probably not meant."""
    soorten = {zaaktype.code: zaaktype.soort for zaaktype in inrichting.zaaktype}
    for applicatie in inrichting.applicatie:
        named = [sleutel for sleutel in RIGHTS if getattr(applicatie, sleutel) != FREE[sleutel]]
        if named and inrichting.regels.autorisatie == "open":
            yield f'applicatie {applicatie.naam}: autorisatie is "open": {", ".join(named)} geldt dan niet'
        if applicatie.vertrouwelijkheid:
            silent = [one.code for one in inrichting.zaaktype if one.vertrouwelijk_aanduiding is None]
            if silent and applicatie.vertrouwelijkheid != HIGHEST:
                yield (
                    f"applicatie {applicatie.naam}: vertrouwelijkheid verbergt ook zaaktypen zonder "
                    f"vertrouwelijk_aanduiding: {', '.join(silent)}"
                )
        if applicatie.signaal and "*" not in applicatie.diensten and "zakLv01" not in applicatie.diensten:
            yield f"applicatie {applicatie.naam}: signaal zonder zakLv01 in diensten: zij mag niets"
    rights = {applicatie.naam: applicatie for applicatie in reversed(inrichting.applicatie)}
    for abonnement in inrichting.abonnement:
        receiver = rights.get(abonnement.applicatie)
        codes = [code for code in abonnement.zaaktype if code in soorten]
        hidden = [code for code in codes if receiver is not None and not _may_see(receiver, code, soorten[code])]
        if hidden:
            yield (
                f"applicatie {abonnement.applicatie} heeft een abonnement op {', '.join(hidden)} en mag die zaaktypen "
                "niet zien: zij hoort er niets van"
            )


def _may_see(applicatie: Applicatie, code: str, soort: str) -> bool:
    named = not {"*", code}.isdisjoint(applicatie.zaaktypen)
    return named and (not applicatie.soort or soort in applicatie.soort)


def _abonnementen(raw: Table) -> Iterator[Melding]:
    known = {
        "applicatie": _check_waarden(raw, "applicatie", "naam"),
        "zaaktype": _check_waarden(raw, "zaaktype", "code"),
    }
    for index, abonnement in _tables(raw, "abonnement"):
        yield from check_abonnement(abonnement, ("abonnement", index), known, "in dit bestand")


def _abonnementenbeheer(raw: Table) -> Iterator[Melding]:
    notificaties = raw.get("notificaties")
    if not isinstance(notificaties, dict):
        return
    beheer = notificaties.get("abonnementenbeheer")
    known = _check_waarden(raw, "applicatie", "naam")
    if beheer is None and notificaties.get("variant") == "extern":
        yield Melding("notificaties.abonnementenbeheer", 'ontbreekt, en variant = "extern" stuurt alles daarheen')
    if isinstance(beheer, str) and beheer.strip() not in known:
        text = f"{show(beheer)} staat niet als [[applicatie]] in dit bestand{did_you_mean(beheer, known)}"
        yield Melding("notificaties.abonnementenbeheer", text)


def _delivery(raw: Table) -> Iterator[Melding]:
    """The keys about delivery must be complete, and need an adres."""
    for index, applicatie in _tables(raw, "applicatie"):
        for sleutel, needed in (
            ("gebruiker", "wachtwoord_uit"),
            ("wachtwoord_uit", "gebruiker"),
            ("clientsleutel", "clientcertificaat"),
        ):
            if applicatie.get(sleutel) and not applicatie.get(needed):
                yield Melding(path(("applicatie", index, sleutel)), f"{needed} hoort erbij en ontbreekt")
        if applicatie.get("adres_rzs") and not applicatie.get("adres"):
            text = "adres ontbreekt; ontvangt het systeem alles op een adres, zet dat dan in adres"
            yield Melding(path(("applicatie", index, "adres_rzs")), text)
        addresses = [adres for adres in (applicatie.get("adres"), applicatie.get("adres_rzs")) if adres]
        if not addresses or not all(isinstance(adres, str) and _unencrypted(adres) for adres in addresses):
            continue
        for sleutel in ("clientcertificaat", "ca"):
            if applicatie.get(sleutel):
                yield Melding(path(("applicatie", index, sleutel)), "werkt alleen met een adres dat begint met https")


def _unencrypted(adres: str) -> bool:
    return adres.strip().casefold().startswith("http:")


def _documenttypen(zaaktype: Table, spot: tuple[str | int, ...]) -> Iterator[Melding]:
    """A required documenttype needs a status of its zaaktype, and must not be refused too."""
    statussen = [part.get("volgnummer") for _, part in _tables(zaaktype, "status")]
    for index, documenttype in _tables(zaaktype, "documenttype"):
        status = documenttype.get("verplicht_bij_status")
        if isinstance(status, bool) or not isinstance(status, int):
            continue
        here = path((*spot, "documenttype", index, "verplicht_bij_status"))
        if status not in statussen:
            yield Melding(here, f"{show(status)} is geen volgnummer van een status van dit zaaktype")
        if documenttype.get("geweigerd") is True:
            yield Melding(here, "het documenttype is ook geweigerd; kies een van beide")


def _check_waarden(raw: Table, table: str, sleutel: str) -> list[str]:
    found = (part.get(sleutel) for _, part in _tables(raw, table))
    return [waarde.strip() for waarde in found if isinstance(waarde, str)]
