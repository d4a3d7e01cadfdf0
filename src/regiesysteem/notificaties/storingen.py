"""What went wrong on the way to a receiver, said in Dutch to whoever looks after it; never what was sent."""

import http.client
import socket
import ssl
from collections.abc import Iterator

import requests
import urllib3.exceptions as u3

from regiesysteem.inrichting.secrets import GeheimFout, onleesbaar
from regiesysteem.notificaties.ontvanger import Ontvanger
from regiesysteem.notificaties.verbinding import MAX_ANTWOORD, AntwoordTeGroot

STORINGEN = (requests.RequestException, u3.HTTPError, OSError, http.client.HTTPException, UnicodeError, GeheimFout,
             AntwoordTeGroot)  # fmt: skip
"""What sending may raise that is no mistake of ours."""

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
    """Say why a message did not get through."""
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
    """An error with all that it wraps: requests and urllib3 keep them in arguments and in `reason`."""
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
    """Who wants a client certificate may close before we read that he does."""
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
"""Kinds of error, the most telling first, and what each means."""
