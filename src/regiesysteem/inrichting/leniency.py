"""How strictly the message at hand is judged, and in what it deviates.

What StUF, ZDS or the schema asks and a sender does not give is refused of a sender who is `streng`. Of one who is
`soepel` it is accepted as far as it is understood, and reported: `regie afwijkingen` shows what it was
(`zakenmagazijn.afwijkingen`). Code that meets such a thing asks `Leniency.allows`, or calls `Leniency.report` where it
is accepted of everybody.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from regiesysteem.inrichting.model import Bsnregel, Identificatieregel, Nilregel, Schemaregel
from regiesysteem.stuf.schema import Kind

Rule = Literal[
    "schema_element",
    "schema_ontbreekt",
    "schema_waarde",
    "schema_attribuut",
    "schema_nil",
    "schema_inhoud",
    "schema_anders",
    "soapaction",
    "tijdstip_bericht",
    "referentienummer",
    "relatie_leeg",
]
"""What a message may deviate in: keys that stay, for pages, scripts and questions to a supplier."""

RULES: Final[Mapping[Rule, str]] = {
    "schema_element": "een element dat daar niet hoort, of in een andere volgorde",
    "schema_ontbreekt": "een element dat het schema verplicht ontbreekt",
    "schema_waarde": "een waarde die het schema niet toelaat",
    "schema_attribuut": "een attribuut dat ontbreekt, daar niet hoort of een andere waarde heeft",
    "schema_nil": "xsi:nil waar het schema dat niet toelaat",
    "schema_inhoud": "tekst of elementen waar het schema die niet toelaat",
    "schema_anders": "een andere afwijking van het schema",
    "soapaction": "SOAPAction met andere hoofdletters dan in de WSDL",
    "tijdstip_bericht": "een tijdstipBericht dat niet bestaat",
    "referentienummer": "een kennisgeving zonder referentienummer",
    "relatie_leeg": "een nieuwe relatie die niemand noemt",
}
"""What each rule is about, in Dutch, for people."""

SCHEMA_RULES: Final[Mapping[Kind, Rule]] = {
    "element": "schema_element",
    "ontbreekt": "schema_ontbreekt",
    "waarde": "schema_waarde",
    "attribuut": "schema_attribuut",
    "nil": "schema_nil",
    "inhoud": "schema_inhoud",
    "anders": "schema_anders",
}
"""The rule for each way in which a message differs from the schema."""

_MAX_PLACE: Final = 200
_NUMBER: Final = re.compile(r"[0-9]{5,}")


@dataclass(slots=True)
class Leniency:
    """What holds for the messages of a sender, and what of the message at hand was reported.

    `schema`: whether it is held to the schema and to what ZDS requires. The other rules may differ from that, as the
    inrichting says. `deviations`: rule to the first place where it was met, names of elements and never a value.
    """

    schema: Schemaregel = "streng"
    bsn: Bsnregel = "elfproef"
    identificatie: Identificatieregel = "rgbz"
    nil_zonder_novalue: Nilregel = "geenWaarde"
    deviations: dict[Rule, str] = field(default_factory=dict)

    def allows(self, rule: Rule, place: str) -> bool:
        """Tell whether a deviation is accepted of this sender, and report it when it is."""
        if self.schema == "soepel":
            self.report(rule, place)
        return self.schema == "soepel"

    def report(self, rule: Rule, place: str) -> None:
        """Note a deviation that is accepted; `place` is a path of element names, without any value of the message.

        The message is counted once for each rule. Long numbers in a place are hidden: also a name of an element may be
        somebody's number.
        """
        self.deviations.setdefault(rule, _NUMBER.sub("...", place)[:_MAX_PLACE])

    def copy(self) -> "Leniency":
        """The same, with the deviations of its own: for an attempt that may have to be made again."""
        return replace(self, deviations=dict(self.deviations))
