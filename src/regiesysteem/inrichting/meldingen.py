"""Errors in the inrichting, in Dutch: where, what was found, what is allowed, and what was probably meant."""

import datetime as dt
import difflib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic_core import ErrorDetails

from regiesysteem.inrichting.model import sleutels, tabellen
from regiesysteem.logboek import MASKER
from regiesysteem.meldbaar import Meldbaar

_GETOOND = 60
# Who misunderstands this key writes a password there.
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
    """The inrichting cannot be used; ``meldingen`` has everything that is wrong with it."""

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
    """A value as the file has it, shortened."""
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
    """Say one error of pydantic in Dutch."""
    stappen = list(fout["loc"])
    if fout["type"] == "unexpected_keyword_argument":
        return Melding(pad(stappen), _onbekende_sleutel(stappen))
    if fout["type"] in {"tuple_type", "dataclass_type"}:
        return Melding(pad(stappen), f"{toon(fout['input'])} {_andere_vorm(stappen, fout)}")
    gezegd = fout["type"] != "missing" and stappen[-1:] != [_NOOIT_TONEN]
    gegeven = f"{_gezien(stappen, fout['input'])} " if gezegd else ""
    return Melding(pad(stappen), gegeven + _reden(fout))


def lijkt_op(woord: str, mogelijk: Iterable[str]) -> str:
    """What was probably meant, as the end of a sentence; empty when nothing looks like it."""
    kleiner = {keuze.casefold(): keuze for keuze in mogelijk}
    dichtbij = difflib.get_close_matches(woord.casefold()[:_GETOOND], kleiner, n=1, cutoff=0.6)
    return f"; bedoelde u {toon(kleiner[dichtbij[0]])}?" if dichtbij else ""


def _gezien(stappen: list[str | int], waarde: object) -> str:
    """The value as the file has it, but not the number of a person, nor an address that may have a password in it."""
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
