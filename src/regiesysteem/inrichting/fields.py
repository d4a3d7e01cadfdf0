"""Kinds of values in the inrichting; each refuses a wrong value in Dutch."""

import datetime as dt
import re
from functools import lru_cache
from typing import Annotated, Any, Final, Literal, get_args
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.x509.oid import NameOID
from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, StringConstraints

from regiesysteem.local import is_this_machine
from regiesysteem.logging_ import MASK
from regiesysteem.stuf.checks import bsn_forms, elfproef, nine_digits

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

AANDUIDINGEN: Final[tuple[str, ...]] = get_args(Vertrouwelijkheid)
"""The vertrouwelijkAanduidingen, the most confidential first."""

Rolrechten = Literal[
    "regisseur",
    "teamlid",
    "uitvoerende",
    "signaal",
    "coordinator",
    "beheerder",
    "privacy",
    "archivaris",
    "manager",
    "leverancier",
]
"""The roles of people that are shipped; `access.people.roles` has the rights of each."""
HIGHEST: Final = AANDUIDINGEN[0]

# Everything but the characters of XML 1.0 (paragraph 2.2).
_NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

_NAMES_ONE: Final = {NameOID.COMMON_NAME.dotted_string, NameOID.SERIAL_NUMBER.dotted_string}
_STATUSNAAM: Final = "moet een volgnummer zijn (een getal) of een code of omschrijving (tussen aanhalingstekens)"
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"]+")
_MEDIATYPE = re.compile(r"[^/\s;]+/[^/\s;]+")


def readable(text: str) -> str:
    """Refuse characters that no XML message can carry."""
    if wrong := _NOT_IN_XML.search(text):
        raise ValueError(f"bevat een onleesbaar teken (U+{ord(wrong.group()):04X}) dat niet in een bericht past")
    return text


def mediatype(text: str) -> str:
    """A media type in lower case, or a pattern for all media types of a kind."""
    if not _MEDIATYPE.fullmatch(text):
        raise ValueError("moet een mediatype zijn, zoals application/x-msdownload of video/*")
    return text.lower()


def mediatype_or_empty(text: str) -> str:
    """A media type in lower case, or nothing."""
    return mediatype(text) if text else text


def formaatnaam(text: str) -> str:
    """The name of a form of domain data, as messages write it."""
    if ";" in text or "\n" in text:
        raise ValueError("mag geen puntkomma of regeleinde bevatten")
    return text


_TERMIJN = re.compile(r"([1-9][0-9]{0,2}) (jaar|maand|maanden|dag|dagen)")


def termijn(text: str) -> str:
    """A length of time that counts from a day: a number, a space, and jaar, maanden or dagen."""
    if not _TERMIJN.fullmatch(text):
        raise ValueError('moet een termijn zijn, zoals "15 jaar", "6 maanden" of "42 dagen"')
    return text


def procestermijn(text: str) -> str:
    """The length of a process by the Selectielijst: a length of time, or that there is none."""
    return text if text == "nihil" else termijn(text)


def extension(text: str) -> str:
    """The end of a file name in lower case, without its dot."""
    if not text.isalnum():
        raise ValueError("moet een extensie zijn, zonder punt, zoals exe")
    return text.lower()


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


def delivery_address(text: str) -> str:
    """The address where an applicatie receives: http or https, or empty."""
    if not text:
        return text
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise ValueError("is geen goed adres") from None
    if parts.scheme not in {"http", "https"} or not host or re.search(r"\s", text):
        raise ValueError('moet een adres zijn zoals "https://backoffice.voorbeeld.nl/stuf", of leeg')
    if parts.username is not None:
        raise ValueError("mag geen gebruiker of wachtwoord bevatten: dit bestand wordt bewaard en getoond")
    return readable(text)


def absolute_uri(text: str) -> str:
    """A URI with a scheme (RFC 3986), as Logboek Dataverwerkingen wants for a verwerkingsactiviteit."""
    if not _URI.fullmatch(text):
        raise ValueError('moet een URI zijn, zoals "https://www.voorbeeldgemeente.nl/verwerkingen/sociaal-domein"')
    return readable(text)


def username(text: str) -> str:
    """Our name for basic authentication, which may have no colon (RFC 7617)."""
    if ":" in text or any(ord(character) < 32 or ord(character) == 127 for character in text):
        raise ValueError("mag geen dubbele punt of stuurteken bevatten")
    return readable(text)


def file_path(text: str) -> str:
    """The full path of a file: a process in another directory must find the same file."""
    if text and (not text.startswith("/") or "\0" in text):
        raise ValueError("moet een volledig pad zijn, dat begint met /")
    return readable(text)


FINGERPRINT: Final = "sha256:"
OIN: Final = "OIN="


def certificaat(text: str) -> str:
    """A way to name a client certificate: by its fingerprint, its OIN, or attributes of its subject (RFC 4514)."""
    if text.lower().startswith(FINGERPRINT):
        digits = text[len(FINGERPRINT) :].replace(":", "").replace(" ", "").lower()
        if not re.fullmatch(r"[0-9a-f]{64}", digits):
            raise ValueError("moet na sha256: 64 hexadecimale cijfers hebben")
        return FINGERPRINT + digits
    if text.startswith(OIN):
        if not re.fullmatch(r"[0-9]{20}", text[len(OIN) :]):
            raise ValueError("moet na OIN= 20 cijfers hebben")
        return text
    try:
        oids = [oid for oid, _ in subject_of(text)]
    except ValueError:
        raise ValueError('moet zijn als "sha256:...", "OIN=00000001..." of "CN=backoffice.voorbeeld.nl"') from None
    if len(set(oids)) < len(oids) or not _NAMES_ONE.intersection(oids):
        raise ValueError("moet de CN of het serialNumber noemen: de rest van een subject heeft een ander ook")
    return text


@lru_cache(maxsize=1024)
def subject_of(text: str) -> tuple[tuple[str, str], ...]:
    """The attributes of a subject as text: object identifier and value. Raises ValueError."""
    name = x509.Name.from_rfc4514_string(text, {"serialNumber": NameOID.SERIAL_NUMBER})
    return tuple((attribute.oid.dotted_string, str(attribute.value)) for attribute in name)


def star(waarde: object) -> object:
    """Let ``"*"`` stand for ``["*"]``."""
    return ("*",) if waarde == "*" else waarde


def single(waarde: object) -> object:
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
    return readable(waarde.strip())


def persoonsnummer(waarde: str) -> str:
    """A BSN or another identificatie of a person; nine digits that are no BSN would find nobody."""
    if MASK in waarde:
        raise ValueError("is een gemaskeerd nummer; vul het nummer zelf in")
    for form in persoon_forms(waarde):
        if nine_digits(form) and len(waarde) >= len(form) and not elfproef(form):
            raise ValueError("is geen burgerservicenummer: de elfproef klopt niet")
    return waarde


def persoon_forms(waarde: str) -> tuple[str, ...]:
    """The forms of an identificatie in a zaak: as it is; without the 11 of RGBZ; with a zero that a BSN lost."""
    if waarde.startswith("11") and nine_digits(waarde[2:]):
        return waarde, waarde[2:]
    return bsn_forms(waarde)


def masked(waarde: str) -> str:
    """The form of an identificatie that may be shown: all that can be a BSN is masked."""
    return MASK if any(map(nine_digits, persoon_forms(waarde))) else waarde


def folded(text: str) -> str:
    """The form of a text that is compared: without capitals and without differences in white space."""
    return " ".join(text.split()).casefold()


REFUSED_TYPES: Final = (
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
REFUSED_EXTENSIONS: Final = (
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
Archiefnominatie = Literal["vernietigen", "blijvend bewaren"]
Afleidingswijze = Literal[
    "afgehandeld",
    "termijn",
    "hoofdzaak",
    "gerelateerde_zaak",
    "eigenschap",
    "zaakobject",
    "ingangsdatum_besluit",
    "vervaldatum_besluit",
    "ander_datumkenmerk",
]


def text(lowest: int, highest: int, pattern: str | None = None) -> Any:
    """A text of a bounded length, without the white space around it."""
    return StringConstraints(
        strict=True, strip_whitespace=True, min_length=lowest, max_length=highest, pattern=pattern
    )  # fmt: skip


Code = Annotated[str, text(1, 10), AfterValidator(readable)]
Omschrijving = Annotated[str, text(1, 80), AfterValidator(readable)]
Lang = Annotated[str, text(1, 1000), AfterValidator(readable)]


def issuer(address: str) -> str:
    """The issuer of an OpenID provider: an https address; http only on this machine."""
    parts = urlsplit(address)
    safe = parts.scheme == "https" or (parts.scheme == "http" and is_this_machine(address))
    if not safe or not parts.hostname or parts.query or parts.fragment or parts.username:
        raise ValueError("moet een https-adres zijn, zonder gebruiker, ? of #")
    return address


Rolnaam = Annotated[str, text(1, 50), AfterValidator(readable)]
Naam = Annotated[str, text(1, 200), AfterValidator(readable)]
Applicatienaam = Annotated[str, text(3, 50), AfterValidator(readable)]
Dagen = Annotated[int, Field(strict=True, ge=1, le=999)]
Datum = Annotated[str, BeforeValidator(stuf_datum)]
Volgnummer = Annotated[int, Field(strict=True, ge=1, le=9999)]
Termijn = Annotated[str, text(1, 20), AfterValidator(termijn)]
Procestermijn = Annotated[str, text(1, 20), AfterValidator(procestermijn)]
Mediatype = Annotated[str, text(1, 255), AfterValidator(mediatype)]
Formaatnaam = Annotated[str, text(1, 100), AfterValidator(readable), AfterValidator(formaatnaam)]
Extension = Annotated[str, text(1, 20), AfterValidator(extension)]
Certificaat = Annotated[str, text(1, 1000), AfterValidator(readable), AfterValidator(certificaat)]
Path = Annotated[str, text(0, 1000), AfterValidator(file_path)]
Verwerkingsactiviteit = Annotated[str, text(1, 500), AfterValidator(absolute_uri)]

FIXED = ConfigDict(extra="forbid")
"""A key that the table does not have is an error."""
