"""The words of a receiver that may be kept: it may quote our message, and so name people, in any words.

Kept are the words of the fault tables of StUF, the names of elements of the contract, the codes of StUF, and the words
below, in which servers say what is wrong with them. Another word, and every longer number, becomes an ellipsis.
"""

import re
from functools import cache
from typing import Final

from regiesysteem.stuf.faults import FOUTEN, as_code
from regiesysteem.stuf.schema import is_element

_OTHER: Final = "…"
_MAX_DIGITS: Final = 3
_TOKEN: Final = re.compile(r"[^\W_][\w.-]*\w|\w")
_MORE_THAN_ONE: Final = re.compile(rf"{_OTHER}(?:\W*{_OTHER})+")
_OF_SERVERS: Final = """
    a aan aangeboden aangemeld aanroep abnormaal action afgebroken afgehandeld al algemene already als an and
    antwoord argument at authenticatie authentication authorization autorisatie bad be been before bekend bericht
    beschikbaar bestaat bestand bezet bij bijlage body bytes cannot certificaat client code conform connectie
    connection content could dat data database dataencodingunknown de deadlock denied dienst dit document does door
    dossier dubbel duplicate een element empty en encoding endpoint er error exceeded exception exist exists
    expected failed failure fault field file for forbidden found fout fouten foutmelding fouttekst from gateway
    geautoriseerd gebruiker geen gegevens geldig geldige gevonden geweigerd groot had has header het http in index
    inhoud input instance intern internal interne invalid is it kan key klant kon kunnen large later leeg length
    limit locked mag mandatory maximaal message met method mislukt missing moet must mustunderstand na naam name
    namespace niet no nodig nog not null object occurred of om onbekend onbekende onderhoud ongeldig ongeldige
    ontbreekt ontbrekende ontvangen ontvanger op operation opnieuw opslaan opslag out parameter parse parsing
    permission persoon please policy probeer proces process processen processing reached reading received receiver
    reeds reference referentienummer refused rejected request required reset resource response retry root schema
    security sender server service set soap soapaction stack state status storing string such supported systeem te
    temporarily than the this tijd tijdelijk time timed timeout timestamp to toegang toegestaan toegevoegd token too
    tot try type uit unable unauthorized unavailable unexpected unknown unsupported user valid validation value van
    veld veldnaam verbinding verkeerd verplicht verplichte version versionmismatch verwacht verwerken verwerking
    verwerkt violation voldoet volgnummer voor waarde wachtwoord was weigering werd while with worden wordt write
    wrong xml xsd zaak zaaknummer zaaktype zender zie zijn
"""


def known_words(text: str) -> str:
    """Give a text with an ellipsis for every word that is not known, and for runs of them."""
    return _MORE_THAN_ONE.sub(_OTHER, _TOKEN.sub(_masked, text))


def _masked(found: re.Match[str]) -> str:
    word = found[0]
    if word.isdecimal():
        return word if len(word) <= _MAX_DIGITS else _OTHER
    known = word.casefold() in _words() or as_code(word) or is_element(word)
    return word if known else _OTHER


@cache
def _words() -> frozenset[str]:
    standard = " ".join(kind.omschrijving for kind in FOUTEN.values())
    return frozenset(one.casefold() for one in (*_TOKEN.findall(standard), *_OF_SERVERS.split()))
