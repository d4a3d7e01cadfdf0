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
    """Our compiled schema, the published one's `controleer`, and what has been compared so far."""

    eigen: etree.XMLSchema
    controleer: Callable[[etree._Element], list[str]]
    geteld: Counter[str] = field(default_factory=Counter)

    def vergelijk(self, bericht: etree._Element) -> str | None:
        """None when the verdicts agree or differ for a listed reason, else both verdicts and the message."""
        kern = _gelezen(bericht)
        ons, hun = self.oordelen(kern)
        self.geteld["geldig" if not hun else "ongeldig"] += 1
        if bool(ons) == bool(hun):
            return None
        kaal = deepcopy(kern)
        # a place where ours accepts more explains nothing when ours is the one that refuses
        soorten = ("strenger",) if ons else ("open", "soepeler")
        verwijderd = [_verwijder(kaal, verschil.plek) for verschil in VERSCHILLEN if verschil.soort in soorten]
        if any(verwijderd):
            zonder = self.oordelen(_gelezen(kaal))
            if bool(zonder[0]) == bool(zonder[1]):
                self.geteld["met verschil"] += 1
                return None
        tekst = etree.tostring(kern, encoding="unicode")
        return f"ours: {ons[:2] or 'valid'}\npublished: {hun[:2] or 'valid'}\n{tekst[:3000]}"

    def oordelen(self, kern: etree._Element) -> tuple[list[str], list[str]]:
        """What our schema and the published one have against the message."""
        geldig = self.eigen.validate(kern)
        return [] if geldig else [fout.message for fout in self.eigen.error_log], self.controleer(kern)


def _gelezen(bericht: etree._Element) -> etree._Element:
    """The message as a receiver reads it from the wire."""
    return etree.fromstring(etree.tostring(bericht))  # noqa: TID251 - made here, not from outside


def _verwijder(kern: etree._Element, plek: str) -> bool:
    gevonden = kern.xpath(plek, namespaces=NAAMRUIMTEN)
    for vondst in gevonden:
        if isinstance(vondst, etree._Element):
            if (ouder := vondst.getparent()) is not None:
                ouder.remove(vondst)
        else:
            del vondst.getparent().attrib[vondst.attrname]
    return bool(gevonden)
