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

import urllib3.exceptions as u3
from lxml import etree

from regiesysteem.inrichting.secrets import SecretError, unreadable
from regiesysteem.logging_ import MASK, without_bsn
from regiesysteem.notifications.receiver import Ontvanger
from regiesysteem.notifications.wording import known_words
from regiesysteem.stuf.faults import FOUTEN, as_code, shorten

# --- Errors on the way to a receiver, in Dutch for its administrator; never the message

MAX_ANSWER: Final = 1_000_000
"""Bytes of an answer that are read, after decompression."""


class AnswerTooLarge(Exception):
    """The answer has more than `MAX_ANSWER` bytes; the rest was not read."""


FAILURES = (u3.HTTPError, OSError, http.client.HTTPException, UnicodeError, SecretError,
             AnswerTooLarge)  # fmt: skip
"""The errors of sending that are no mistake of ours."""

_CERTIFICATE = {
    10: "het is verlopen",
    18: "het is door de ontvanger zelf uitgegeven; zet het in het bestand van de sleutel ca",
    19: "de uitgever is niet bekend; zet hem in het bestand van de sleutel ca",
    20: "de uitgever is niet bekend; zet hem in het bestand van de sleutel ca",
    62: "het staat op een andere naam dan die in adres",
    64: "het staat op een ander IP-adres dan dat in adres",
    85: "het zegt niet welke sleutel van de uitgever het tekende (AuthorityKeyIdentifier)",
}
_CERTIFICATE_ASKED = ("CERTIFICATE_REQUIRED", "HANDSHAKE_FAILURE", "BAD_CERTIFICATE", "CERTIFICATE_UNKNOWN")


def reason_of(error: BaseException, ontvanger: Ontvanger) -> str:
    """Give the reason why a message did not get through."""
    if isinstance(error, SecretError):
        return f"ons geheim voor de ontvanger is niet te gebruiken: {error}"
    if isinstance(error, AnswerTooLarge):
        return f"het antwoord is groter dan {MAX_ANSWER // 1000} kB"
    chain = list(_chain(error))
    for soorten, text in _REASONS:
        for link in chain:
            if isinstance(link, soorten):
                return text(link, ontvanger) if callable(text) else text
    return _file(chain[-1], ontvanger)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """An error and all errors that it wraps: urllib3 keeps them in arguments and in `reason`."""
    todo, seen = [error], set[int]()
    while todo:
        link = todo.pop(0)
        if id(link) in seen:
            continue
        seen.add(id(link))
        yield link
        deeper = (*link.args, getattr(link, "reason", None), link.__cause__, link.__context__)
        todo += [part for part in deeper if isinstance(part, BaseException)]


def _file(error: BaseException, ontvanger: Ontvanger) -> str:
    for path in (ontvanger.ca, ontvanger.clientcertificaat, ontvanger.clientsleutel):
        if path and (reason := unreadable(path)):
            return reason
    return f"de verbinding mislukte ({type(error).__name__})"


def _certificate(error: BaseException, _ontvanger: Ontvanger) -> str:
    code = getattr(error, "verify_code", 0)
    reason = _CERTIFICATE.get(code, f"controle geeft code {code}")
    return f"het certificaat van de ontvanger wordt niet vertrouwd: {reason}"


def _tls(error: BaseException, ontvanger: Ontvanger) -> str:
    soort = str(getattr(error, "reason", "") or "")
    if any(part in soort for part in _CERTIFICATE_ASKED):
        own = "weigert ons clientcertificaat" if ontvanger.clientcertificaat else "vraagt een clientcertificaat"
        return f"de ontvanger {own} (TLS: {soort})"
    if "encrypted" in str(error):
        return "de sleutel van ons clientcertificaat heeft een wachtwoord; geef een sleutel zonder"
    return f"de beveiligde verbinding (TLS) kwam niet tot stand{f' ({soort})' if soort else ''}"


def _broken(_error: BaseException, ontvanger: Ontvanger) -> str:
    """A server that wants a client certificate may close before we read its reason."""
    text = "de ontvanger verbrak de verbinding zonder volledig antwoord"
    if ontvanger.adres.casefold().startswith("https:") and not ontvanger.clientcertificaat:
        return f"{text}; misschien vraagt hij een clientcertificaat"
    return text


def _no_connection(_error: BaseException, ontvanger: Ontvanger) -> str:
    return f"er kwam binnen {ontvanger.timeout_s:g} seconden geen verbinding tot stand"


def _too_late(_error: BaseException, ontvanger: Ontvanger) -> str:
    return f"binnen {ontvanger.timeout_s:g} seconden was er geen volledig antwoord"


_REASONS = (
    ((u3.LocationValueError, UnicodeError), "het adres van de ontvanger is onbruikbaar"),
    (ssl.SSLCertVerificationError, _certificate),
    ((FileNotFoundError, PermissionError), _file),
    ((u3.NameResolutionError, socket.gaierror), "de naam in het adres van de ontvanger is niet te vinden (DNS)"),
    (ConnectionRefusedError, "op het adres van de ontvanger luistert niemand (verbinding geweigerd)"),
    (u3.ConnectTimeoutError, _no_connection),
    ((u3.TimeoutError, TimeoutError), _too_late),
    ((http.client.IncompleteRead, u3.IncompleteRead), "het antwoord brak halverwege af"),
    ((http.client.RemoteDisconnected, ConnectionResetError, ConnectionAbortedError, BrokenPipeError,
      ssl.SSLEOFError, ssl.SSLZeroReturnError), _broken),
    (ssl.SSLError, _tls),
    (u3.SSLError, _tls),
    (u3.DecodeError, "het gecomprimeerde antwoord is niet te lezen"),
    (http.client.HTTPException, "wat op het adres antwoordt, spreekt geen HTTP"),
)  # fmt: skip
"""Kinds of error, the most specific first, and the meaning of each."""


# --- The outcome of an attempt: the meaning of the many answers of real receivers for a message

Soort = Literal["bevestigd", "tijdelijk", "geweigerd"]

MAX_OMSCHRIJVING: Final = 500
MAX_WAIT_S: Final = 3600.0
_MAX_CODE: Final = 40

_BEVESTIGING: Final = frozenset({"Bv01", "Bv02", "Bv03", "Bv04", "Du01", "Du02"})
_ANSWER: Final = frozenset({"Du01", "Du02"})
_ERROR: Final = frozenset({"Fo01", "Fo02", "Fo03"})
_BERICHTCODE: Final = re.compile(r"Bv0[1-4]|Fo0[1-3]|Du0[12]")
_WAS_THERE_ALREADY: Final = "StUF016"
_EMPTY_ASSUMED: Final = 202
_TOO_LARGE: Final = 413
# A receiver may quote anything: every run that may hold a BSN goes, also one that fails the elfproef.
_DIGITS: Final = re.compile(r"[0-9]{8,}")
_MAX_QUOTATION: Final = (
    200  # characters of an omschrijving by the standard (StUF 03.01, table 4.1), and of other quotes
)
_LAYOUT: Final = re.compile(r"\s*<[/!?A-Za-z]")  # where a text begins to repeat our message, or a page
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
class Outcome:
    """An attempt: `bevestigd` is done, `tijdelijk` is worth another try, `geweigerd` never will be.

    `omschrijving` (Dutch, bounded) is for people; `quotes` marks words of the receiver, of which it has those that are
    known only, and which go in no log. `code` and `plek` are those of a StUF fault, "" for words that are none;
    `berichtcode` is the kind of message that answered. `antwoord` is that message when it is a Du01 or Du02.
    `waarschuwing` names an oddity of an answer that counts nevertheless; `wait_s` is how long the receiver asks us to
    wait.
    """

    soort: Soort
    omschrijving: str
    quotes: bool = False
    berichtcode: str = ""
    code: str = ""
    plek: str = ""
    http_status: int | None = None
    took_s: float = 0.0
    wait_s: float | None = None
    waarschuwing: str = ""
    antwoord: etree._Element | None = field(default=None, repr=False, compare=False)


def temporary(omschrijving: str, **fields: str | int | float | None) -> Outcome:
    """An attempt that failed and may be repeated; the text is made fit for people and logs."""
    return Outcome(soort="tijdelijk", omschrijving=safe_line(omschrijving), **fields)  # type: ignore[arg-type]


def safe_line(text: str) -> str:
    """A text on one line, without possible BSNs, and no longer than MAX_OMSCHRIJVING."""
    line = " ".join(text[: 10 * MAX_OMSCHRIJVING].split())
    return shorten(_DIGITS.sub(MASK, without_bsn(line)), MAX_OMSCHRIJVING)


def quotation(text: str) -> str:
    """The beginning of the words of a receiver, up to where they repeat a message or are a page; known words only."""
    begin = known_words(_LAYOUT.split(text[: 10 * MAX_OMSCHRIJVING], maxsplit=1)[0])
    return shorten(f"{begin} …".lstrip() if _LAYOUT.search(text) else begin, _MAX_QUOTATION)


def error_text(soort: str, code: str, omschrijving: str, details: str) -> str:
    """The text of a foutbericht, as it is kept and shown."""
    said = " - ".join(quotation(part) for part in (omschrijving, details) if part)
    return safe_line(f"{soort} {as_code(code) or 'zonder code'}: {said}")


def read_empty(status: int) -> Outcome:
    """The meaning of an answer without content: only 202 says that the message was taken."""
    if status == _EMPTY_ASSUMED:
        return Outcome(
            soort="bevestigd",
            omschrijving="aangenomen (HTTP 202 zonder bericht)",
            http_status=status,
            waarschuwing="de ontvanger stuurt geen Bv03",
        )
    return _to_status(status, "zonder inhoud")


def read_answer(status: int, root: etree._Element, referentienummer: str) -> Outcome:
    """The meaning of an answer: `root` is its SOAP envelope, of either version, or a message without one.

    `referentienummer` is that of the message that was sent; an answer to another one counts, with a waarschuwing.
    """
    bericht, error = _bericht_in(root)
    soort = _berichtcode(bericht) if bericht is not None else ""
    if bericht is not None and soort in _ERROR:
        return _foutbericht(status, soort, bericht, referentienummer)
    if error is not None:
        return _soap_error(status, error)
    if bericht is not None and soort in _BEVESTIGING:
        is_answer = soort in _ANSWER
        # An answer to our message proves that it arrived, whatever the status is; a bevestiging could be anybody's.
        proves = is_answer and _text(bericht, "crossRefnummer") == referentienummer
        if 200 <= status < 300 or (proves and referentienummer):
            return Outcome(
                soort="bevestigd",
                omschrijving=f"bevestigd met {soort}",
                berichtcode=soort,
                http_status=status,
                waarschuwing=_other_kenmerk(bericht, referentienummer) or _other_status(status),
                antwoord=bericht if is_answer else None,
            )
    if not 200 <= status < 300:
        return _to_status(status, f"met een {soort}" if soort else "")
    naam = "niets" if bericht is None else known_words(etree.QName(bericht).localname[:_MAX_CODE])
    return temporary(
        f"de ontvanger antwoordt met {naam} in plaats van een bevestiging", quotes=True, http_status=status
    )


def read_unreadable(status: int) -> Outcome:
    """The meaning of an answer that is no XML, such as a page for people."""
    if 200 <= status < 300:
        return temporary("het antwoord is geen leesbare XML; is dit het adres van een SOAP-dienst?", http_status=status)
    return _to_status(status, "")


def _to_status(status: int, detail: str) -> Outcome:
    """Only a message that is too large will never be taken; a wrong address or password can be mended here."""
    if 300 <= status < 400:
        what = "verwijst naar een ander adres; zet dat in de inrichting als het klopt"
    else:
        what = _HTTP.get(status, "meldt een storing" if status >= 500 else "geeft geen bevestiging")
    text = f"de ontvanger {what} (HTTP {' '.join(filter(None, (str(status), detail)))})"
    if status == _TOO_LARGE:
        return Outcome(soort="geweigerd", omschrijving=text, http_status=status)
    return temporary(text, http_status=status)


def _foutbericht(status: int, soort: str, bericht: etree._Element, referentienummer: str) -> Outcome:
    """The meaning of a Fo01, Fo02 or Fo03, by its plek, else by that of its code; in doubt it may be repeated."""
    code = as_code(_text(bericht, "code"))
    plek = _text(bericht, "plek").casefold()
    if plek not in {"client", "server"}:
        plek = FOUTEN[code].plek if code in FOUTEN else ""
    text = error_text(soort, code, _text(bericht, "omschrijving"), _text(bericht, "details"))
    warning = _other_kenmerk(bericht, referentienummer)
    outcome: Soort = "geweigerd" if plek == "client" else "tijdelijk"
    if code == _WAS_THERE_ALREADY:
        # Our referentienummers are unique and a message never changes, so the receiver has this message (4.4).
        outcome, warning = "bevestigd", "de ontvanger had een bericht met dit referentienummer al"
    return Outcome(
        soort=outcome,
        omschrijving=text,
        quotes=True,
        berichtcode=soort,
        code=code,
        plek=plek,
        http_status=status,
        waarschuwing=warning,
    )


def _soap_error(status: int, error: etree._Element) -> Outcome:
    """A SOAP fault without a foutbericht does not show who is at fault, so the message is repeated."""
    text = _text(error, "faultstring") or _text(error, "Text")
    code = known_words((_text(error, "faultcode") or _text(error, "Value")).rpartition(":")[2])
    return temporary(
        f"de ontvanger geeft een SOAP-fout {code[:_MAX_CODE]}: {quotation(text)}", quotes=True, http_status=status
    )


def _bericht_in(root: etree._Element) -> tuple[etree._Element | None, etree._Element | None]:
    """The StUF message in an answer, and the SOAP fault, where they are there."""
    if _naam(root) != "Envelope":
        return root, None
    body = next((child for child in _children(root) if _naam(child) == "Body"), None)
    inhoud = next(_children(body), None) if body is not None else None
    if inhoud is None or _naam(inhoud) != "Fault":
        return inhoud, None
    for element in inhoud.iter(etree.Element):
        if _BERICHTCODE.match(_naam(element)):
            return element, inhoud
    return None, inhoud


def _berichtcode(bericht: etree._Element) -> str:
    """The kind of a message: by its stuurgegevens, else by its name."""
    named = _BERICHTCODE.fullmatch(_text(bericht, "berichtcode")) or _BERICHTCODE.match(_naam(bericht))
    if named is None:
        named = re.search(r"(?<=_)(?:Du0[12])$", _naam(bericht))
    return named[0] if named else ""


def _other_kenmerk(bericht: etree._Element, referentienummer: str) -> str:
    kenmerk = _text(bericht, "crossRefnummer")
    if not kenmerk or not referentienummer or kenmerk == referentienummer:
        return ""
    return "het antwoord noemt het referentienummer van een ander bericht"


def _other_status(status: int) -> str:
    return "" if 200 <= status < 300 else f"een antwoord op ons bericht, maar met HTTP {status}"


def _text(element: etree._Element, naam: str) -> str:
    """The text of the first element of this name, whatever its namespace: receivers do not agree on that."""
    found = next(element.iter(f"{{*}}{naam}"), None)
    return (found.text or "").strip() if found is not None else ""


def _children(element: etree._Element) -> Iterator[etree._Element]:
    return element.iterchildren(tag=etree.Element)


def _naam(element: etree._Element) -> str:
    return etree.QName(element).localname
