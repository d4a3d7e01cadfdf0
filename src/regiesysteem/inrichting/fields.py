"""Kinds of values in the inrichting; each refuses a wrong value in Dutch."""

import datetime as dt
import re
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, StringConstraints

from regiesysteem.logging_ import MASKER
from regiesysteem.stuf.checks import elfproef

# --- Values in the TOML that need more than a type and a length; the errors are Dutch, for whoever writes the file

Vertrouwelijkheid = Literal[
    "ZEER GEHEIM",
    "GEHEIM",
    "CONFIDENTIEEL",
    "VERTROUWELIJK",
    "ZAAKVERTROUWELIJK",
    "INTERN",
    "BEPERKT OPENBAAR",
    "OPENBAAR",
]

# Everything but the characters of XML 1.0 (paragraph 2.2).
_NIET_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

_BSN: Final = 9
_STATUSNAAM: Final = "moet een volgnummer zijn (een getal) of een code of omschrijving (tussen aanhalingstekens)"
_MEDIATYPE = re.compile(r"[^/\s;]+/[^/\s;]+")


def leesbaar(tekst: str) -> str:
    """Refuse characters that no XML message can carry."""
    if verkeerd := _NIET_IN_XML.search(tekst):
        raise ValueError(f"bevat een onleesbaar teken (U+{ord(verkeerd.group()):04X}) dat niet in een bericht past")
    return tekst


def mediatype(tekst: str) -> str:
    """A media type in lower case, or a pattern for all media types of a kind."""
    if not _MEDIATYPE.fullmatch(tekst):
        raise ValueError("moet een mediatype zijn, zoals application/x-msdownload of video/*")
    return tekst.lower()


def mediatype_of_leeg(tekst: str) -> str:
    """A media type in lower case, or nothing."""
    return mediatype(tekst) if tekst else tekst


def formaatnaam(tekst: str) -> str:
    """The name of a form of domain data, as messages write it."""
    if ";" in tekst or "\n" in tekst:
        raise ValueError("mag geen puntkomma of regeleinde bevatten")
    return tekst


def extensie(tekst: str) -> str:
    """The end of a file name in lower case, without its dot."""
    if not tekst.isalnum():
        raise ValueError("moet een extensie zijn, zonder punt, zoals exe")
    return tekst.lower()


def stuf_datum(waarde: object) -> str:
    """A date as StUF writes it (yyyymmdd), of a TOML date or of a text."""
    if isinstance(waarde, dt.date) and not isinstance(waarde, dt.datetime):
        return f"{waarde.year:04d}{waarde.month:02d}{waarde.day:02d}"
    if isinstance(waarde, str) and re.fullmatch(r"[0-9]{8}", waarde):
        try:
            dt.date(int(waarde[:4]), int(waarde[4:6]), int(waarde[6:]))
        except ValueError:
            raise ValueError("is geen datum die bestaat") from None
        return waarde
    raise ValueError('moet een datum zijn, zoals 2015-02-16 (zonder aanhalingstekens) of "20150216"')


def bezorgadres(tekst: str) -> str:
    """The address where an applicatie receives: http or https, or empty."""
    if not tekst:
        return tekst
    try:
        delen = urlsplit(tekst)
        gastheer, _ = delen.hostname, delen.port
    except ValueError:
        raise ValueError("is geen goed adres") from None
    if delen.scheme not in {"http", "https"} or not gastheer or re.search(r"\s", tekst):
        raise ValueError('moet een adres zijn zoals "https://backoffice.voorbeeld.nl/stuf", of leeg')
    if delen.username is not None:
        raise ValueError("mag geen gebruiker of wachtwoord bevatten: dit bestand wordt bewaard en getoond")
    return leesbaar(tekst)


def gebruikersnaam(tekst: str) -> str:
    """Our name for basic authentication, which may have no colon (RFC 7617)."""
    if ":" in tekst or any(ord(teken) < 32 or ord(teken) == 127 for teken in tekst):
        raise ValueError("mag geen dubbele punt of stuurteken bevatten")
    return leesbaar(tekst)


def bestandspad(tekst: str) -> str:
    """The full path of a file: a process in another directory must find the same file."""
    if tekst and (not tekst.startswith("/") or "\0" in tekst):
        raise ValueError("moet een volledig pad zijn, dat begint met /")
    return leesbaar(tekst)


def ster(waarde: object) -> object:
    """Let ``"*"`` stand for ``["*"]``."""
    return ("*",) if waarde == "*" else waarde


def enkel(waarde: object) -> object:
    """Let a text stand for a list of that one text."""
    return (waarde,) if isinstance(waarde, str) else waarde


def statusnaam(waarde: object) -> object:
    """The name of a status in an abonnement: its volgnummer as a number, or its code or omschrijving as a text."""
    if isinstance(waarde, bool) or not isinstance(waarde, int | str):
        raise ValueError(_STATUSNAAM)  # noqa: TRY004 - pydantic collects no other
    if isinstance(waarde, int):
        if not 1 <= waarde <= 9999:
            raise ValueError("is geen volgnummer: 1 tot 9999")
        return waarde
    if not waarde.strip() or len(waarde) > 80:
        raise ValueError("moet 1 tot 80 tekens hebben")
    return leesbaar(waarde.strip())


def persoonsnummer(waarde: str) -> str:
    """A BSN or another identificatie of a person; nine digits that are no BSN would find nobody."""
    if MASKER in waarde:
        raise ValueError("is een gemaskeerd nummer; vul het nummer zelf in")
    for vorm in persoonsvormen(waarde):
        if len(vorm) == _BSN and vorm.isascii() and vorm.isdigit() and len(waarde) >= _BSN and not elfproef(vorm):
            raise ValueError("is geen burgerservicenummer: de elfproef klopt niet")
    return waarde


def persoonsvormen(waarde: str) -> tuple[str, ...]:
    """The forms of an identificatie in a zaak: as it is; without the 11 of RGBZ; with a zero that a BSN lost."""
    cijfers = waarde.isascii() and waarde.isdigit()
    if cijfers and len(waarde) == _BSN + 2 and waarde.startswith("11"):
        return waarde, waarde[2:]
    return (waarde, waarde.zfill(_BSN)) if cijfers and len(waarde) == _BSN - 1 else (waarde,)


def gemaskeerd(waarde: str) -> str:
    """The form of an identificatie that may be shown: all that can be a BSN is masked."""
    vormen = persoonsvormen(waarde)
    return MASKER if any(len(vorm) == _BSN and vorm.isascii() and vorm.isdigit() for vorm in vormen) else waarde


def gevouwen(tekst: str) -> str:
    """The form of a text that is compared: without capitals and without differences in white space."""
    return " ".join(tekst.split()).casefold()


GEWEIGERDE_TYPEN: Final = (
    "application/x-msdownload",
    "application/x-msdos-program",
    "application/x-dosexec",
    "application/x-ms-installer",
    "application/x-msi",
    "application/x-executable",
    "application/x-elf",
    "application/x-sharedlib",
    "application/x-mach-binary",
    "application/vnd.microsoft.portable-executable",
    "application/java-archive",
    "application/x-java-archive",
    "application/x-sh",
    "application/x-shellscript",
    "application/x-bat",
    "application/javascript",
    "application/hta",
    "text/javascript",
    "text/vbscript",
)
GEWEIGERDE_EXTENSIES: Final = (
    *("exe", "com", "bat", "cmd", "msi", "scr", "pif", "cpl", "dll", "hta", "jar", "js", "jse", "lnk", "ps1", "sh"),
    *("vb", "vbe", "vbs", "wsf", "wsh"),
)
"""Media types of programs: refused unless the municipality has a list of its own."""


# --- The kinds of values that the TOML of the inrichting has, by the names that its tables (``model``) give them

Soort = Literal["gezinsplan", "levensdomeinplan", "deelplan", "overig"]
Gebeurtenis = Literal[
    "Creeer zaak",
    "Actualiseer zaakstatus",
    "Update zaak",
    "Voeg zaakdocument toe",
    "Update zaakdocument",
    "*",
]
Notificatiebericht = Literal["notificeerOverZaak", "zakLk01"]


def tekst(laagst: int, hoogst: int, patroon: str | None = None) -> Any:
    """A text of a bounded length, without the white space around it."""
    return StringConstraints(
        strict=True, strip_whitespace=True, min_length=laagst, max_length=hoogst, pattern=patroon
    )  # fmt: skip


Code = Annotated[str, tekst(1, 10), AfterValidator(leesbaar)]
Omschrijving = Annotated[str, tekst(1, 80), AfterValidator(leesbaar)]
Lang = Annotated[str, tekst(1, 1000), AfterValidator(leesbaar)]
Naam = Annotated[str, tekst(1, 200), AfterValidator(leesbaar)]
Applicatienaam = Annotated[str, tekst(3, 50), AfterValidator(leesbaar)]
Dagen = Annotated[int, Field(strict=True, ge=1, le=999)]
Datum = Annotated[str, BeforeValidator(stuf_datum)]
Volgnummer = Annotated[int, Field(strict=True, ge=1, le=9999)]
Mediatype = Annotated[str, tekst(1, 255), AfterValidator(mediatype)]
Formaatnaam = Annotated[str, tekst(1, 100), AfterValidator(leesbaar), AfterValidator(formaatnaam)]
Extensie = Annotated[str, tekst(1, 20), AfterValidator(extensie)]
Pad = Annotated[str, tekst(0, 1000), AfterValidator(bestandspad)]

VAST = ConfigDict(extra="forbid")
"""A key that the table does not have is an error."""
