"""Values of simple types: at the bounds of what a schema allows, or such as a real sender would send."""

from __future__ import annotations

import base64
import re
from datetime import date, timedelta

from tests.berichten.keuze import Keuze
from tests.berichten.schema import Waardetype

# Letters, accents, markup characters, blanks at the ends, a character outside the BMP: all that XML text may hold.
TEKENS = "aB3é&<>\"' ßx€ø-_/😀Zq.,:;ÿ0"
ONBEGRENSD = 60
STUK = re.compile(r"\[((?:\\.|[^\]])+)\]|(\\d|\\.|[^\[{])")
HERHALING = re.compile(r"\{(\d+)(?:(,)(\d*))?\}|([*+?])")
NAMEN = ("Precies", "van der Berg", "Şahin", "Ó Briain", "d'Ancona", "Jansen-Bakker", "Żak")
BEREIK = {
    "positiveInteger": (1, None),
    "nonNegativeInteger": (0, None),
    "integer": (None, None),
    "decimal": (None, None),
}
BESTANDEN = {
    "plan.pdf": "application/pdf",
    "foto van huis.jpg": "image/jpeg",
    "Gezinsplan (2).docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}
TIJDSTIPLENGTEN = (8, 10, 12, 14, 15, 16, 17)  # StUF 03.01, 3.4: what may be left off the end


def waarde(soort: Waardetype, keuze: Keuze) -> str:
    """A value of the type, often at a bound: shortest, longest, lowest, highest, each enumeration."""
    if soort.opsomming:
        return keuze.kies(soort.opsomming)
    if soort.patronen:
        return _volgens(soort.patronen, keuze)
    if soort.basis == "boolean":
        return keuze.kies(("true", "false", "1", "0"))
    if soort.basis in BEREIK:
        return _getal(soort, keuze)
    if soort.basis == "base64Binary":
        return _base64(keuze)
    return tekst(soort, keuze)


def tekst(soort: Waardetype, keuze: Keuze) -> str:
    """Text whose length is a bound of the type or lies between; two choices, however long the text is."""
    vast = soort.facet("length")
    laag = vast if vast is not None else soort.facet("minLength") or 0
    hoogste = soort.facet("maxLength")
    hoog = vast if vast is not None else hoogste if hoogste is not None else ONBEGRENSD
    lengte = keuze.kies((min(laag + 1, hoog), laag, hoog, keuze.geheel(laag, hoog)))
    begin = keuze.geheel(0, len(TEKENS) - 1)
    return (TEKENS[begin:] + TEKENS * (lengte // len(TEKENS) + 1))[:lengte]


def _base64(keuze: Keuze) -> str:
    """None up to some tens of bytes, with each kind of padding, as one line, as lines of MIME or with blanks around."""
    rauw = base64.b64encode(bytes(keuze.geheel(0, 255) for _ in range(keuze.kies((0, 1, 2, 3, 64, 100)))))
    vorm = keuze.kies(("{}", "{}", " {} ", "\n{}\n"))
    regel = keuze.kies((4, 76, 200))
    return vorm.format("\n".join(rauw[plek : plek + regel].decode() for plek in range(0, len(rauw), regel)))


def _getal(soort: Waardetype, keuze: Keuze) -> str:
    laagst, hoogst = BEREIK[soort.basis]
    cijfers = soort.facet("totalDigits") or 9
    grens = 10**cijfers - 1
    laag = max(x for x in (laagst, soort.facet("minInclusive"), -grens) if x is not None)
    hoog = min(x for x in (hoogst, soort.facet("maxInclusive"), grens) if x is not None)
    getal = keuze.kies((laag, hoog, keuze.geheel(laag, hoog)))
    # leading zeros and a sign are other ways to write the same number
    vorm = keuze.kies(("{}", "{}", "{}", "0{}" if getal >= 0 else "{}", "+{}" if getal > 0 else "{}"))
    return vorm.format(getal)


def _volgens(patronen: tuple[tuple[str, ...], ...], keuze: Keuze) -> str:
    """A text that matches one pattern of every step; the last step is the narrowest."""
    for _ in range(20):
        kandidaat = _patroon(keuze.kies(patronen[-1]), keuze)
        if all(any(re.fullmatch(p, kandidaat) for p in stap) for stap in patronen):
            return kandidaat
    raise ValueError(f"no text found for {patronen}")


def _patroon(patroon: str, keuze: Keuze) -> str:
    """A text for a pattern of characters and classes with repetition, which is all that the schemas use."""
    uit, plek = [], 0
    while plek < len(patroon):
        stuk = STUK.match(patroon, plek)
        if stuk is None:
            raise ValueError(f"pattern not understood: {patroon}")
        tekens = _klasse(stuk[1]) if stuk[1] else "0123456789" if stuk[2] == r"\d" else stuk[2][-1]
        plek = stuk.end()
        laag, hoog = 1, 1
        if (herhaling := HERHALING.match(patroon, plek)) is not None:
            plek = herhaling.end()
            laag, hoog = _aantallen(herhaling)
        aantal = keuze.kies((laag, hoog, keuze.geheel(laag, hoog)))
        begin = keuze.geheel(0, len(tekens) - 1)
        uit.append((tekens[begin:] + tekens * (aantal // len(tekens) + 1))[:aantal])
    return "".join(uit)


def _aantallen(herhaling: re.Match[str]) -> tuple[int, int]:
    if herhaling[4]:
        return {"*": (0, 9), "+": (1, 9), "?": (0, 1)}[herhaling[4]]
    laag = int(herhaling[1])
    return laag, laag if not herhaling[2] else int(herhaling[3] or laag + 9)


def _klasse(inhoud: str) -> str:
    """The characters of a class such as `a-zA-Z0-9`."""
    tekens = re.sub(
        r"(\w)-(\w)", lambda m: "".join(chr(c) for c in range(ord(m[1]), ord(m[2]) + 1)), inhoud, flags=re.ASCII
    )
    return tekens.replace("\\d", "0123456789").replace("\\", "")


def echte_waarde(naam: str, soort: Waardetype, keuze: Keuze) -> str:
    """A value that also means something: dates of the calendar, a BSN of the elfproef, readable text.

    Never empty, no blanks at the ends: a message of such values has nothing wrong in it but what a test puts there.
    """
    if soort.opsomming or soort.basis == "boolean":
        return waarde(soort, keuze)
    if naam == "inp.bsn":
        return bsn(keuze)
    if naam in {"bestandsnaam", "contentType"}:
        return keuze.kies(tuple(BESTANDEN if naam == "bestandsnaam" else BESTANDEN.values()))
    if soort.basis == "base64Binary":
        return base64.b64encode(f"inhoud {keuze.geheel(0, 10**6)}".encode()).decode()
    if soort.basis == "decimal" and soort.facet("totalDigits") == 8:
        return datum(keuze)
    if soort.patronen == (("[0-9]{8,17}",),):
        return tijdstip(keuze)
    if soort.patronen:
        for _ in range(20):
            if kandidaat := waarde(soort, keuze):
                return kandidaat
    if soort.basis in BEREIK:
        return waarde(soort, keuze).lstrip("+")
    return _leesbaar(soort, keuze)


def _leesbaar(soort: Waardetype, keuze: Keuze) -> str:
    vast = soort.facet("length")
    if vast is not None:
        return str(keuze.geheel(10 ** (vast - 1), 10**vast - 1))
    hoog = soort.facet("maxLength") or ONBEGRENSD
    laag = max(1, soort.facet("minLength") or 0)
    kandidaat = keuze.kies((keuze.kies(NAMEN), str(keuze.geheel(10**4, 10**9)), "x" * hoog))[:hoog].strip()
    return kandidaat.ljust(laag, "x")


def datum(keuze: Keuze) -> str:
    """A day between 1900 and 2099 as EEJJMMDD."""
    return (date(1900, 1, 1) + timedelta(days=keuze.geheel(0, 73000))).strftime("%Y%m%d")


def tijdstip(keuze: Keuze) -> str:
    """A moment as EEJJMMDDhhmmssddd, as precise as StUF allows it to be."""
    deel = [keuze.geheel(0, hoog) for hoog in (23, 59, 59, 999)]
    volledig = datum(keuze) + "{:02}{:02}{:02}{:03}".format(*deel)
    return volledig[: keuze.kies(TIJDSTIPLENGTEN)]


def bsn(keuze: Keuze) -> str:
    """A burgerservicenummer: nine digits, the first not 0, that pass the elfproef."""
    while True:
        cijfers = f"{keuze.geheel(10_000_000, 99_999_999)}"
        rest = sum(int(cijfer) * gewicht for cijfer, gewicht in zip(cijfers, range(9, 1, -1), strict=True)) % 11
        if rest < 10:
            return f"{cijfers}{rest}"
