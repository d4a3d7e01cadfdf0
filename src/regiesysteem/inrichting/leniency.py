"""Judges a deviation of a message from StUF, ZDS or the schema, by how strict the inrichting is with its sender.

From a sender that is `streng` every deviation is refused. From one that is `soepel` it is accepted as far as it is
understood, and reported: `regie afwijkingen` shows it (`zakenmagazijn.deviations`). Code that meets a deviation asks
`Leniency.allows`, or calls `Leniency.report` for one that is accepted from everybody.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from regiesysteem.inrichting.model import (
    Applicatie,
    Bsnregel,
    Identificatieregel,
    Nilregel,
    Regels,
    Schemaregel,
)
from regiesysteem.stuf.checks import bsn_objection, elfproef, nine_digits
from regiesysteem.stuf.schema import DeviationKind

Rule = Literal[
    "schema_element",
    "schema_ontbreekt",
    "schema_waarde",
    "schema_attribuut",
    "schema_nil",
    "schema_inhoud",
    "schema_anders",
    "soapaction",
    "referentienummer",
    "berichtcode",
    "mutatiesoort",
    "identificatie",
    "bsn",
    "initiator_ontbreekt",
    "initiator_nummer",
    "relatie_leeg",
    "status_code",
    "titel",
    "nil_zonder_novalue",
]
"""The rules that a message may break. Pages, scripts and questions to a supplier use these keys, so they stay."""

RULES: Final[Mapping[Rule, str]] = {
    "schema_element": "een element dat daar niet hoort, of in een andere volgorde",
    "schema_ontbreekt": "een element dat het schema verplicht ontbreekt",
    "schema_waarde": "een waarde die het schema niet toelaat",
    "schema_attribuut": "een attribuut dat ontbreekt, daar niet hoort of een andere waarde heeft",
    "schema_nil": "xsi:nil waar het schema dat niet toelaat",
    "schema_inhoud": "tekst of elementen waar het schema die niet toelaat",
    "schema_anders": "een andere afwijking van het schema",
    "soapaction": "SOAPAction anders geschreven dan in de WSDL",
    "referentienummer": "een kennisgeving zonder referentienummer",
    "berichtcode": "stuurgegevens zonder berichtcode",
    "mutatiesoort": "mutatiesoort of verwerkingssoort T waar W hoort, of geen mutatiesoort",
    "identificatie": "een nieuwe zaak of een nieuw document met een nummer zonder gemeentecode",
    "bsn": "een burgerservicenummer dat niet door de elfproef komt",
    "initiator_ontbreekt": "een zaak zonder initiator",
    "initiator_nummer": "een initiator zonder nummer",
    "relatie_leeg": "een nieuwe relatie die niemand noemt",
    "status_code": "een onbekende code naast het volgnummer van een bekende status",
    "titel": "een document zonder titel",
    "nil_zonder_novalue": "xsi:nil zonder StUF:noValue: het wijzigt niets en stelt in een vraag geen eis",
}
"""The subject of each rule, in Dutch, for people."""

SCHEMA_RULES: Final[Mapping[DeviationKind, Rule]] = {
    "element": "schema_element",
    "ontbreekt": "schema_ontbreekt",
    "waarde": "schema_waarde",
    "attribuut": "schema_attribuut",
    "nil": "schema_nil",
    "inhoud": "schema_inhoud",
    "anders": "schema_anders",
}
"""The rule for each kind of deviation from the schema."""

_RGBZ: Final = re.compile(r"[0-9]{4}.{1,36}")
_FREE: Final = re.compile(r".{5,40}")
_MAX_PLACE: Final = 200
_NUMBER: Final = re.compile(r"[0-9]{5,}")


PER_SENDER: Final = ("schema", "bsn", "identificatie", "nil_zonder_novalue")
"""The keys of the inrichting that say how strict we are with a sender."""


@dataclass(slots=True)
class Leniency:
    """The rules for the messages of a sender, and the reported deviations of one message.

    `schema` tells whether the sender is held to the schema and to the requirements of ZDS. The other rules may differ
    from that, as the inrichting says. `deviations` has for each broken rule its first place: names of elements, never a
    value.
    """

    schema: Schemaregel = "streng"
    bsn: Bsnregel = "elfproef"
    identificatie: Identificatieregel = "rgbz"
    nil_zonder_novalue: Nilregel = "geenWaarde"
    deviations: dict[Rule, str] = field(default_factory=dict)

    def allows(self, rule: Rule, place: str) -> bool:
        """Tell whether a deviation is accepted from this sender, and report it when it is."""
        if self.schema == "soepel":
            self.report(rule, place)
        return self.schema == "soepel"

    def report(self, rule: Rule, place: str) -> None:
        """Note a deviation that is accepted; `place` is a path of element names, without any value of the message.

        The message is counted once for each rule. Long numbers in a place are hidden: also the name of an element may
        be somebody's number.
        """
        self.deviations.setdefault(rule, _NUMBER.sub("...", place)[:_MAX_PLACE])

    def bsn_objection(self, number: str, place: str) -> str | None:
        """Give the objection to a burgerservicenummer (Dutch, for the sender); None when it is accepted.

        No text of the standard asks for the elfproef, and its test messages use numbers that fail it.
        """
        if elfproef(number):
            return None
        if self.bsn == "cijfers" and nine_digits(number):
            self.report("bsn", place)
            return None
        return bsn_objection(number) if self.bsn == "elfproef" else f"{number!r} heeft geen negen cijfers"

    def identificatie_objection(self, number: str, what: str, paragraph: str) -> str | None:
        """Give the objection to the number of a new zaak or document (Dutch); None when it is accepted.

        RGBZ wants a gemeentecode in front; without it the bounds of the schema still hold.
        """
        if _RGBZ.fullmatch(number):
            return None
        if self.identificatie == "vrij" and _FREE.fullmatch(number):
            self.report("identificatie", "object/identificatie")
            return None
        form = "gemeentecode (4 cijfers) voorop, " if self.identificatie == "rgbz" else ""
        by = " volgens het RGBZ" if form else ""
        return f"object/identificatie {number!r} is geen {what}{by}: {form}5 tot en met 40 tekens ({paragraph})"

    def copy(self) -> "Leniency":
        """Copy the rules and deviations, for an attempt that may have to be made again."""
        return replace(self, deviations=dict(self.deviations))


def leniency_for(regels: Regels, applicatie: Applicatie | None) -> Leniency:
    """Give the leniency for the message of a sender; None is a sender that is not listed.

    A key that the applicatie does not have is that of [regels]. A key that [regels] does not have either follows the
    schema of the sender: the strict value for streng, the lenient one for soepel.
    """
    schema = (applicatie and applicatie.schema) or regels.schema
    soepel = schema == "soepel"
    return Leniency(
        schema=schema,
        bsn=(applicatie and applicatie.bsn) or regels.bsn or ("cijfers" if soepel else "elfproef"),
        identificatie=(applicatie and applicatie.identificatie)
        or regels.identificatie
        or ("vrij" if soepel else "rgbz"),
        nil_zonder_novalue=(applicatie and applicatie.nil_zonder_novalue)
        or regels.nil_zonder_novalue
        or ("ongewijzigd" if soepel else "geenWaarde"),
    )
