"""Personal data that tests put in messages, and the search for it wherever it should not be."""

from base64 import b64encode
from collections.abc import Iterator
from urllib.parse import quote, quote_plus

BSN, SURNAME, STREET = "999993653", "Zwartgehëim", "Sluipstraat"
STORY, DOCUMENT = "Vertrouwelijkverhaal", "Documentgeheimen"
MARKS = (BSN, SURNAME, STREET, STORY, DOCUMENT)


def found_in(text: str) -> list[str]:
    """The marks that a text has, in any form."""
    folded = text.casefold()
    return [mark for mark in MARKS if any(form.casefold() in folded for form in _forms(mark))]


def _forms(mark: str) -> Iterator[str]:
    raw = mark.encode()
    yield from (mark, quote(mark), quote_plus(mark), raw.hex(), repr(raw)[2:-1])
    yield mark.encode("ascii", "xmlcharrefreplace").decode()
    yield mark.encode("unicode_escape").decode()
    for offset, drop in enumerate((0, 2, 3)):  # wherever it begins in a larger base64
        yield b64encode(b"x" * offset + raw).decode()[drop:-4]
