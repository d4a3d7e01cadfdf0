"""The meaning of an answer, and of an error on the way to one.

StUF 03.01, 4.4 and protocolbindingen 03.02, 3; docs/gebruiken/notificaties.md has the same as a table for people.
"""

import http.client
import re
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, Literal

import requests
import urllib3.exceptions as u3
from lxml import etree

from regiesysteem.inrichting.secrets import GeheimFout, onleesbaar
from regiesysteem.logging_ import MASKER, zonder_bsn
from regiesysteem.notifications.receiver import Ontvanger
from regiesysteem.stuf.faults import FOUTEN, as_code

# --- Errors on the way to a receiver, in Dutch for its administrator; never the message

MAX_ANTWOORD: Final = 1_000_000
"""Bytes of an answer that are read, after decompression."""


class AntwoordTeGroot(Exception):
    """The answer has more than MAX_ANTWOORD bytes; the rest was not read."""


STORINGEN = (requests.RequestException, u3.HTTPError, OSError, http.client.HTTPException, UnicodeError, GeheimFout,
             AntwoordTeGroot)  # fmt: skip
"""The errors of sending that are no mistake of ours."""

_CERTIFICAAT = {
    10: "het is verlopen",
    18: "het is door de ontvanger zelf uitgegeven; zet het in het bestand van de sleutel ca",
    19: "de uitgever is niet bekend; zet hem in het bestand van de sleutel ca",
    20: "de uitgever is niet bekend; zet hem in het bestand van de sleutel ca",
    62: "het staat op een andere naam dan die in adres",
    64: "het staat op een ander IP-adres dan dat in adres",
}
_CERTIFICAAT_GEVRAAGD = ("CERTIFICATE_REQUIRED", "HANDSHAKE_FAILURE", "BAD_CERTIFICATE", "CERTIFICATE_UNKNOWN")


def reden_van(fout: BaseException, ontvanger: Ontvanger) -> str:
    """Give the reason why a message did not get through."""
    if isinstance(fout, GeheimFout):
        return f"het wachtwoord voor de ontvanger ontbreekt: {fout}"
    if isinstance(fout, AntwoordTeGroot):
        return f"het antwoord is groter dan {MAX_ANTWOORD // 1000} kB"
    keten = list(_keten(fout))
    for soorten, tekst in _REDENEN:
        for schakel in keten:
            if isinstance(schakel, soorten):
                return tekst(schakel, ontvanger) if callable(tekst) else tekst
    for pad in (ontvanger.ca, ontvanger.clientcertificaat, ontvanger.clientsleutel):
        if pad and (reden := onleesbaar(pad)):
            return reden
    return f"de verbinding mislukte ({type(keten[-1]).__name__})"


def _keten(fout: BaseException) -> Iterator[BaseException]:
    """An error and all errors that it wraps: requests and urllib3 keep them in arguments and in `reason`."""
    te_doen, gezien = [fout], set[int]()
    while te_doen:
        schakel = te_doen.pop(0)
        if id(schakel) in gezien:
            continue
        gezien.add(id(schakel))
        yield schakel
        dieper = (*schakel.args, getattr(schakel, "reason", None), schakel.__cause__, schakel.__context__)
        te_doen += [deel for deel in dieper if isinstance(deel, BaseException)]


def _certificaat(fout: BaseException, _ontvanger: Ontvanger) -> str:
    code = getattr(fout, "verify_code", 0)
    reden = _CERTIFICAAT.get(code, f"controle geeft code {code}")
    return f"het certificaat van de ontvanger wordt niet vertrouwd: {reden}"


def _tls(fout: BaseException, ontvanger: Ontvanger) -> str:
    soort = str(getattr(fout, "reason", "") or "")
    if any(deel in soort for deel in _CERTIFICAAT_GEVRAAGD):
        eigen = "weigert ons clientcertificaat" if ontvanger.clientcertificaat else "vraagt een clientcertificaat"
        return f"de ontvanger {eigen} (TLS: {soort})"
    if "encrypted" in str(fout):
        return "de sleutel van ons clientcertificaat heeft een wachtwoord; geef een sleutel zonder"
    return f"de beveiligde verbinding (TLS) kwam niet tot stand{f' ({soort})' if soort else ''}"


def _verbroken(_fout: BaseException, ontvanger: Ontvanger) -> str:
    """A server that wants a client certificate may close before we read its reason."""
    tekst = "de ontvanger verbrak de verbinding zonder volledig antwoord"
    if ontvanger.adres.casefold().startswith("https:") and not ontvanger.clientcertificaat:
        return f"{tekst}; misschien vraagt hij een clientcertificaat"
    return tekst


def _geen_verbinding(_fout: BaseException, ontvanger: Ontvanger) -> str:
    return f"er kwam binnen {ontvanger.timeout_s:g} seconden geen verbinding tot stand"


def _te_laat(_fout: BaseException, ontvanger: Ontvanger) -> str:
    return f"binnen {ontvanger.timeout_s:g} seconden was er geen volledig antwoord"


_REDENEN = (
    ((requests.exceptions.InvalidURL, requests.exceptions.MissingSchema, requests.exceptions.InvalidSchema,
      u3.LocationParseError, UnicodeError), "het adres van de ontvanger is onbruikbaar"),
    (ssl.SSLCertVerificationError, _certificaat),
    ((u3.NameResolutionError, socket.gaierror), "de naam in het adres van de ontvanger is niet te vinden (DNS)"),
    (ConnectionRefusedError, "op het adres van de ontvanger luistert niemand (verbinding geweigerd)"),
    ((requests.ConnectTimeout, u3.ConnectTimeoutError), _geen_verbinding),
    ((requests.Timeout, u3.TimeoutError, TimeoutError), _te_laat),
    ((http.client.IncompleteRead, u3.IncompleteRead), "het antwoord brak halverwege af"),
    ((http.client.RemoteDisconnected, ConnectionResetError, ConnectionAbortedError, BrokenPipeError,
      ssl.SSLEOFError, ssl.SSLZeroReturnError), _verbroken),
    (ssl.SSLError, _tls),
    ((u3.SSLError, requests.exceptions.SSLError), _tls),
    (u3.DecodeError, "het gecomprimeerde antwoord is niet te lezen"),
    (http.client.HTTPException, "wat op het adres antwoordt, spreekt geen HTTP"),
)  # fmt: skip
"""Kinds of error, the most specific first, and the meaning of each."""


# --- The outcome of an attempt: the meaning of the many answers of real receivers for a message

Soort = Literal["bevestigd", "tijdelijk", "geweigerd"]

MAX_OMSCHRIJVING: Final = 500
MAX_WACHT_S: Final = 3600.0
_MAX_CODE: Final = 40

_BEVESTIGING: Final = frozenset({"Bv01", "Bv02", "Bv03", "Bv04", "Du01", "Du02"})
_ANTWOORD: Final = frozenset({"Du01", "Du02"})
_FOUT: Final = frozenset({"Fo01", "Fo02", "Fo03"})
_BERICHTCODE: Final = re.compile(r"Bv0[1-4]|Fo0[1-3]|Du0[12]")
_WAS_ER_AL: Final = "StUF016"
_LEEG_AANGENOMEN: Final = 202
_TE_GROOT: Final = 413
# A receiver may quote anything: every run that may hold a BSN goes, also one that fails the elfproef.
_CIJFERS: Final = re.compile(r"[0-9]{8,}")
_MAX_CITAAT: Final = 200  # characters of an omschrijving by the standard (StUF 03.01, table 4.1), and of other quotes
_OPMAAK: Final = re.compile(r"\s*<[/!?A-Za-z]")  # where a text begins to repeat our message, or a page
_HTTP: Final = {
    400: "kan met het bericht niets beginnen",
    401: "weigert de gebruiker of het wachtwoord",
    403: "weigert ons de toegang",
    404: "kent dit adres niet",
    405: "neemt op dit adres geen berichten aan",
    407: "zit achter een proxy die om een aanmelding vraagt",
    408: "wachtte te lang op het bericht",
    410: "kent dit adres niet meer",
    413: "vindt het bericht te groot",
    415: "wil een andere versie van SOAP (de sleutel soap) of een ander soort bericht",
    429: "krijgt te veel berichten tegelijk",
    500: "meldt een storing",
    502: "is achter zijn gateway niet bereikbaar",
    503: "is tijdelijk niet beschikbaar",
    504: "antwoordt zijn gateway niet op tijd",
}


@dataclass(frozen=True, kw_only=True)
class Uitkomst:
    """An attempt: `bevestigd` is done, `tijdelijk` is worth another try, `geweigerd` never will be.

    `omschrijving` (Dutch, bounded, no BSN) is for people; `citeert` marks words of the receiver, which may name people
    and go in no log. `code` and `plek` are those of a StUF fault, "" for words that are none; `berichtcode` is the kind
    of message that answered. `antwoord` is that message when it is a Du01 or Du02. `waarschuwing` names an oddity of an
    answer that counts nevertheless; `wacht_s` is how long the receiver asks us to wait.
    """

    soort: Soort
    omschrijving: str
    citeert: bool = False
    berichtcode: str = ""
    code: str = ""
    plek: str = ""
    http_status: int | None = None
    duur_s: float = 0.0
    wacht_s: float | None = None
    waarschuwing: str = ""
    antwoord: etree._Element | None = field(default=None, repr=False, compare=False)


def tijdelijk(omschrijving: str, **velden: str | int | float | None) -> Uitkomst:
    """An attempt that failed and may be repeated; the text is made fit for people and logs."""
    return Uitkomst(soort="tijdelijk", omschrijving=leesbaar(omschrijving), **velden)  # type: ignore[arg-type]


def leesbaar(tekst: str) -> str:
    """A text on one line, without possible BSNs, and no longer than MAX_OMSCHRIJVING."""
    regel = " ".join(tekst[: 10 * MAX_OMSCHRIJVING].split())
    return _kort(_CIJFERS.sub(MASKER, zonder_bsn(regel)), MAX_OMSCHRIJVING)


def citaat(tekst: str) -> str:
    """The beginning of the words of a receiver, up to where they repeat a message or are a page."""
    begin = _OPMAAK.split(tekst, maxsplit=1)[0]
    return _kort(begin if begin == tekst else f"{begin} …".lstrip(), _MAX_CITAAT)


def _kort(tekst: str, lengte: int) -> str:
    return tekst if len(tekst) <= lengte else tekst[: lengte - 1] + "…"


def fouttekst(soort: str, code: str, omschrijving: str, details: str) -> str:
    """The text of a foutbericht, as it is kept and shown."""
    return leesbaar(f"{soort} {code}: {' - '.join(citaat(deel) for deel in (omschrijving, details) if deel)}")


def lees_leeg(status: int) -> Uitkomst:
    """The meaning of an answer without content: only 202 says that the message was taken."""
    if status == _LEEG_AANGENOMEN:
        return Uitkomst(
            soort="bevestigd",
            omschrijving="aangenomen (HTTP 202 zonder bericht)",
            http_status=status,
            waarschuwing="de ontvanger stuurt geen Bv03",
        )
    return _naar_status(status, "zonder inhoud")


def lees_antwoord(status: int, wortel: etree._Element, referentienummer: str) -> Uitkomst:
    """The meaning of an answer: `wortel` is its SOAP envelope, of either version, or a message without one.

    `referentienummer` is that of the message that was sent; an answer to another one counts, with a waarschuwing.
    """
    bericht, fout = _bericht_in(wortel)
    soort = _berichtcode(bericht) if bericht is not None else ""
    if bericht is not None and soort in _FOUT:
        return _foutbericht(status, soort, bericht, referentienummer)
    if fout is not None:
        return _soap_fout(status, fout)
    if bericht is not None and soort in _BEVESTIGING:
        is_antwoord = soort in _ANTWOORD
        # An answer to our message proves that it arrived, whatever the status is; a bevestiging could be anybody's.
        bewijst = is_antwoord and _tekst(bericht, "crossRefnummer") == referentienummer
        if 200 <= status < 300 or (bewijst and referentienummer):
            return Uitkomst(
                soort="bevestigd",
                omschrijving=f"bevestigd met {soort}",
                berichtcode=soort,
                http_status=status,
                waarschuwing=_ander_kenmerk(bericht, referentienummer) or _andere_status(status),
                antwoord=bericht if is_antwoord else None,
            )
    if not 200 <= status < 300:
        return _naar_status(status, f"met een {soort}" if soort else "")
    naam = "niets" if bericht is None else etree.QName(bericht).localname[:_MAX_CODE]
    return tijdelijk(
        f"de ontvanger antwoordt met {naam} in plaats van een bevestiging", citeert=True, http_status=status
    )


def lees_onleesbaar(status: int) -> Uitkomst:
    """The meaning of an answer that is no XML, such as a page for people."""
    if 200 <= status < 300:
        return tijdelijk("het antwoord is geen leesbare XML; is dit het adres van een SOAP-dienst?", http_status=status)
    return _naar_status(status, "")


def _naar_status(status: int, bijzonderheid: str) -> Uitkomst:
    """Only a message that is too large will never be taken; a wrong address or password can be mended here."""
    if 300 <= status < 400:
        wat = "verwijst naar een ander adres; zet dat in de inrichting als het klopt"
    else:
        wat = _HTTP.get(status, "meldt een storing" if status >= 500 else "geeft geen bevestiging")
    tekst = f"de ontvanger {wat} (HTTP {' '.join(filter(None, (str(status), bijzonderheid)))})"
    if status == _TE_GROOT:
        return Uitkomst(soort="geweigerd", omschrijving=tekst, http_status=status)
    return tijdelijk(tekst, http_status=status)


def _foutbericht(status: int, soort: str, bericht: etree._Element, referentienummer: str) -> Uitkomst:
    """The meaning of a Fo01, Fo02 or Fo03, by its plek, else by that of its code; in doubt it may be repeated."""
    code = _tekst(bericht, "code")[:_MAX_CODE]
    plek = _tekst(bericht, "plek").casefold()
    if plek not in {"client", "server"}:
        plek = FOUTEN[code].plek if code in FOUTEN else ""
    tekst = fouttekst(soort, code, _tekst(bericht, "omschrijving"), _tekst(bericht, "details"))
    waarschuwing = _ander_kenmerk(bericht, referentienummer)
    uitkomst: Soort = "geweigerd" if plek == "client" else "tijdelijk"
    if code == _WAS_ER_AL:
        # Our referentienummers are unique and a message never changes, so the receiver has this message (4.4).
        uitkomst, waarschuwing = "bevestigd", "de ontvanger had een bericht met dit referentienummer al"
    return Uitkomst(
        soort=uitkomst,
        omschrijving=tekst,
        citeert=True,
        berichtcode=soort,
        code=as_code(code),
        plek=plek,
        http_status=status,
        waarschuwing=waarschuwing,
    )


def _soap_fout(status: int, fout: etree._Element) -> Uitkomst:
    """A SOAP fault without a foutbericht does not show who is at fault, so the message is repeated."""
    tekst = _tekst(fout, "faultstring") or _tekst(fout, "Text")
    code = _tekst(fout, "faultcode") or _tekst(fout, "Value")
    return tijdelijk(
        f"de ontvanger geeft een SOAP-fout {code[:_MAX_CODE]}: {citaat(tekst)}", citeert=True, http_status=status
    )


def _bericht_in(wortel: etree._Element) -> tuple[etree._Element | None, etree._Element | None]:
    """The StUF message in an answer, and the SOAP fault, where they are there."""
    if _naam(wortel) != "Envelope":
        return wortel, None
    body = next((kind for kind in _kinderen(wortel) if _naam(kind) == "Body"), None)
    inhoud = next(_kinderen(body), None) if body is not None else None
    if inhoud is None or _naam(inhoud) != "Fault":
        return inhoud, None
    for element in inhoud.iter(etree.Element):
        if _BERICHTCODE.match(_naam(element)):
            return element, inhoud
    return None, inhoud


def _berichtcode(bericht: etree._Element) -> str:
    """The kind of a message: by its stuurgegevens, else by its name."""
    genoemd = _BERICHTCODE.fullmatch(_tekst(bericht, "berichtcode")) or _BERICHTCODE.match(_naam(bericht))
    if genoemd is None:
        genoemd = re.search(r"(?<=_)(?:Du0[12])$", _naam(bericht))
    return genoemd[0] if genoemd else ""


def _ander_kenmerk(bericht: etree._Element, referentienummer: str) -> str:
    kenmerk = _tekst(bericht, "crossRefnummer")
    if not kenmerk or not referentienummer or kenmerk == referentienummer:
        return ""
    return "het antwoord noemt het referentienummer van een ander bericht"


def _andere_status(status: int) -> str:
    return "" if 200 <= status < 300 else f"een antwoord op ons bericht, maar met HTTP {status}"


def _tekst(element: etree._Element, naam: str) -> str:
    """The text of the first element of this name, whatever its namespace: receivers do not agree on that."""
    gevonden = next(element.iter(f"{{*}}{naam}"), None)
    return (gevonden.text or "").strip() if gevonden is not None else ""


def _kinderen(element: etree._Element) -> Iterator[etree._Element]:
    return element.iterchildren(tag=etree.Element)


def _naam(element: etree._Element) -> str:
    return etree.QName(element).localname
