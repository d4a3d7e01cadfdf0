"""Values of simple types: at the bounds of what a schema allows, or such as a real sender would send."""

from __future__ import annotations

import base64
import re
from datetime import date, timedelta

from tests.berichten.keuze import Choice
from tests.berichten.schema import Waardetype

# Letters, accents, markup characters, blanks at the ends, a character outside the BMP: all that XML text may hold.
TEKENS = "aB3é&<>\"' ßx€ø-_/😀Zq.,:;ÿ0"
UNBOUNDED = 60
PIECE = re.compile(r"\[((?:\\.|[^\]])+)\]|(\\d|\\.|[^\[{])")
REPETITION = re.compile(r"\{(\d+)(?:(,)(\d*))?\}|([*+?])")
NAMES = ("Precies", "van der Berg", "Şahin", "Ó Briain", "d'Ancona", "Jansen-Bakker", "Żak")
RANGE = {
    "positiveInteger": (1, None),
    "nonNegativeInteger": (0, None),
    "integer": (None, None),
    "decimal": (None, None),
}
FILES = {
    "plan.pdf": "application/pdf",
    "foto van huis.jpg": "image/jpeg",
    "Gezinsplan (2).docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}
TIJDSTIPLENGTEN = (8, 10, 12, 14, 15, 16, 17)  # StUF 03.01, 3.4: what may be left off the end


def waarde(soort: Waardetype, choice: Choice) -> str:
    """A value of the type, often at a bound: shortest, longest, lowest, highest, each enumeration."""
    if soort.enumeration:
        return choice.choose(soort.enumeration)
    if soort.patronen:
        return _volgens(soort.patronen, choice)
    if soort.basis == "boolean":
        return choice.choose(("true", "false", "1", "0"))
    if soort.basis in RANGE:
        return _numeral(soort, choice)
    if soort.basis == "base64Binary":
        return _base64(choice)
    return text(soort, choice)


def text(soort: Waardetype, choice: Choice) -> str:
    """Text whose length is a bound of the type or lies between; two choices, however long the text is."""
    fixed = soort.facet("length")
    low = fixed if fixed is not None else soort.facet("minLength") or 0
    highest = soort.facet("maxLength")
    high = fixed if fixed is not None else highest if highest is not None else UNBOUNDED
    length = choice.choose((min(low + 1, high), low, high, choice.whole(low, high)))
    begin = choice.whole(0, len(TEKENS) - 1)
    return (TEKENS[begin:] + TEKENS * (length // len(TEKENS) + 1))[:length]


def _base64(choice: Choice) -> str:
    """None up to some tens of bytes, with each kind of padding, as one line, as lines of MIME or with blanks around."""
    raw = base64.b64encode(bytes(choice.whole(0, 255) for _ in range(choice.choose((0, 1, 2, 3, 64, 100)))))
    form = choice.choose(("{}", "{}", " {} ", "\n{}\n"))
    regel = choice.choose((4, 76, 200))
    return form.format("\n".join(raw[spot : spot + regel].decode() for spot in range(0, len(raw), regel)))


def _numeral(soort: Waardetype, choice: Choice) -> str:
    lowest, highest = RANGE[soort.basis]
    digits = soort.facet("totalDigits") or 9
    bound = 10**digits - 1
    low = max(x for x in (lowest, soort.facet("minInclusive"), -bound) if x is not None)
    high = min(x for x in (highest, soort.facet("maxInclusive"), bound) if x is not None)
    numeral = choice.choose((low, high, choice.whole(low, high)))
    # leading zeros and a sign are other ways to write the same number
    form = choice.choose(("{}", "{}", "{}", "0{}" if numeral >= 0 else "{}", "+{}" if numeral > 0 else "{}"))
    return form.format(numeral)


def _volgens(patronen: tuple[tuple[str, ...], ...], choice: Choice) -> str:
    """A text that matches one pattern of every step; the last step is the narrowest."""
    for _ in range(20):
        candidate = _pattern(choice.choose(patronen[-1]), choice)
        if all(any(re.fullmatch(p, candidate) for p in step) for step in patronen):
            return candidate
    raise ValueError(f"no text found for {patronen}")


def _pattern(pattern: str, choice: Choice) -> str:
    """A text for a pattern of characters and classes with repetition, which is all that the schemas use."""
    out, spot = [], 0
    while spot < len(pattern):
        piece = PIECE.match(pattern, spot)
        if piece is None:
            raise ValueError(f"pattern not understood: {pattern}")
        tekens = _class_(piece[1]) if piece[1] else "0123456789" if piece[2] == r"\d" else piece[2][-1]
        spot = piece.end()
        low, high = 1, 1
        if (repetition := REPETITION.match(pattern, spot)) is not None:
            spot = repetition.end()
            low, high = _counts(repetition)
        count = choice.choose((low, high, choice.whole(low, high)))
        begin = choice.whole(0, len(tekens) - 1)
        out.append((tekens[begin:] + tekens * (count // len(tekens) + 1))[:count])
    return "".join(out)


def _counts(repetition: re.Match[str]) -> tuple[int, int]:
    if repetition[4]:
        return {"*": (0, 9), "+": (1, 9), "?": (0, 1)}[repetition[4]]
    low = int(repetition[1])
    return low, low if not repetition[2] else int(repetition[3] or low + 9)


def _class_(inhoud: str) -> str:
    """The characters of a class such as `a-zA-Z0-9`."""
    tekens = re.sub(
        r"(\w)-(\w)", lambda m: "".join(chr(c) for c in range(ord(m[1]), ord(m[2]) + 1)), inhoud, flags=re.ASCII
    )
    return tekens.replace("\\d", "0123456789").replace("\\", "")


def echte_waarde(naam: str, soort: Waardetype, choice: Choice) -> str:
    """A value that also means something: dates of the calendar, a BSN of the elfproef, readable text.

    Never empty, no blanks at the ends: a message of such values has nothing wrong in it but what a test puts there.
    """
    if soort.enumeration or soort.basis == "boolean":
        return waarde(soort, choice)
    if naam == "inp.bsn":
        return bsn(choice)
    if naam in {"bestandsnaam", "contentType"}:
        return choice.choose(tuple(FILES if naam == "bestandsnaam" else FILES.values()))
    if soort.basis == "base64Binary":
        return base64.b64encode(f"inhoud {choice.whole(0, 10**6)}".encode()).decode()
    if soort.basis == "decimal" and soort.facet("totalDigits") == 8:
        return datum(choice)
    if soort.patronen == (("[0-9]{8,17}",),):
        return tijdstip(choice)
    if soort.patronen:
        for _ in range(20):
            if candidate := waarde(soort, choice):
                return candidate
    if soort.basis in RANGE:
        return waarde(soort, choice).lstrip("+")
    return _readable(soort, choice)


def _readable(soort: Waardetype, choice: Choice) -> str:
    fixed = soort.facet("length")
    if fixed is not None:
        return str(choice.whole(10 ** (fixed - 1), 10**fixed - 1))
    high = soort.facet("maxLength") or UNBOUNDED
    low = max(1, soort.facet("minLength") or 0)
    candidate = choice.choose((choice.choose(NAMES), str(choice.whole(10**4, 10**9)), "x" * high))[:high].strip()
    return candidate.ljust(low, "x")


def datum(choice: Choice) -> str:
    """A day between 1900 and 2099 as EEJJMMDD."""
    return (date(1900, 1, 1) + timedelta(days=choice.whole(0, 73000))).strftime("%Y%m%d")


def tijdstip(choice: Choice) -> str:
    """A moment as EEJJMMDDhhmmssddd, as precise as StUF allows it to be."""
    part = [choice.whole(0, high) for high in (23, 59, 59, 999)]
    complete = datum(choice) + "{:02}{:02}{:02}{:03}".format(*part)
    return complete[: choice.choose(TIJDSTIPLENGTEN)]


def bsn(choice: Choice) -> str:
    """A burgerservicenummer: nine digits, the first not 0, that pass the elfproef."""
    while True:
        digits = f"{choice.whole(10_000_000, 99_999_999)}"
        rest = sum(int(digit) * weight for digit, weight in zip(digits, range(9, 1, -1), strict=True)) % 11
        if rest < 10:
            return f"{digits}{rest}"
