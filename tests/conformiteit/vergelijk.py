"""Puts one message before both schemas and tells when their verdicts differ without a listed reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field

from lxml import etree
from tests.conformiteit.verschillen import NAAMRUIMTEN, VERSCHILLEN


@dataclass
class Vergelijker:
    """Our compiled schema, the published one's `check`, and what has been compared so far."""

    eigen: etree.XMLSchema
    check: Callable[[etree._Element], list[str]]
    counted: Counter[str] = field(default_factory=Counter)

    def compare(self, bericht: etree._Element) -> str | None:
        """None when the verdicts agree or differ for a listed reason, else both verdicts and the message."""
        kern = _parsed(bericht)
        us, hun = self.verdicts(kern)
        self.counted["geldig" if not hun else "ongeldig"] += 1
        if bool(us) == bool(hun):
            return None
        bare = deepcopy(kern)
        # a place where ours accepts more explains nothing when ours is the one that refuses
        soorten = ("strenger",) if us else ("open", "soepeler")
        removed = [remove(bare, difference.plek) for difference in VERSCHILLEN if difference.soort in soorten]
        if any(removed):
            without = self.verdicts(_parsed(bare))
            if bool(without[0]) == bool(without[1]):
                self.counted["met verschil"] += 1
                return None
        text = etree.tostring(kern, encoding="unicode")
        return f"ours: {us[:2] or 'valid'}\npublished: {hun[:2] or 'valid'}\n{text[:3000]}"

    def verdicts(self, kern: etree._Element) -> tuple[list[str], list[str]]:
        """The objections of our schema and of the published one to the message."""
        valid = self.eigen.validate(kern)
        return [] if valid else [error.message for error in self.eigen.error_log], self.check(kern)


def _parsed(bericht: etree._Element) -> etree._Element:
    """The message as a receiver reads it from the wire."""
    return etree.fromstring(etree.tostring(bericht))  # noqa: TID251 - made here, not from outside


def remove(kern: etree._Element, spot: str) -> bool:
    """Remove what an XPath finds; tells whether that was anything."""
    found = kern.xpath(spot, namespaces=NAAMRUIMTEN)
    for vondst in found:
        if isinstance(vondst, etree._Element):
            if (parent := vondst.getparent()) is not None:
                parent.remove(vondst)
        else:
            del vondst.getparent().attrib[vondst.attrname]
    return bool(found)
