"""Documents as the subject of a question: criteria on them and on their zaken, and the orders of StUF-ZKN for EDC."""

from collections.abc import Iterable
from typing import Final

from regiesysteem.stuf.entity import Relatie
from regiesysteem.stuf.values import NO_WAARDE
from regiesysteem.zakenmagazijn.rows import DOCUMENT_REST, GERELATEERDE, holds
from regiesysteem.zakenmagazijn.select.conditions import (
    NEVER,
    Build,
    Source,
    and_,
    condition,
    json_text,
    source,
)
from regiesysteem.zakenmagazijn.select.question import Criterium
from regiesysteem.zakenmagazijn.select.sql import gerelateerde_condition, zaak_conditions
from regiesysteem.zakenmagazijn.select.subject import QuestionSubject, SortField
from regiesysteem.zkn.document import EDC, IS_RELEVANT_VOOR, KAN_VASTLEGGING_ZIJN_VAN
from regiesysteem.zkn.documentgegevens import INHOUD

# --- Criteria on a document and on its zaken (StUF 03.01, 6.3.1)

_ROW: Final = Source("d", f"d.{DOCUMENT_REST}")


def _conditions(build: Build, criteria: Iterable[Criterium]) -> str:
    """A file is no criterion, nor is a samengesteld document: those are ignored, and named as such."""
    parts = []
    for criterium in criteria:
        element = EDC.element(criterium.naam)
        if element is not None and element is not INHOUD:
            part = condition(build, _ROW, element, criterium)
        elif criterium.naam == IS_RELEVANT_VOOR.naam:
            part = _of_zaak(build, IS_RELEVANT_VOOR, criterium)
        elif criterium.naam == KAN_VASTLEGGING_ZIJN_VAN.naam:
            part = _of_besluit(build, KAN_VASTLEGGING_ZIJN_VAN, criterium)
        else:
            part = build.ignore(criterium.naam)
        parts.append(build.effect(criterium, part))
    return and_(*parts)


def _of_zaak(build: Build, relatie: Relatie, criterium: Criterium) -> str:
    """The condition that a document belongs to such a zaak, or, asked with geenWaarde, to none that the caller sees."""
    build.ignore_waarde(criterium)
    r, z = source(build.alias("r")), source(build.alias("z"), zaak=True)
    to = f"document_zaak {r.alias} JOIN zaak {z.alias} ON {z.alias}.id = {r.alias}.zaak_id"
    there_is = holds(f"{r.alias}.beeindigd")
    if criterium.empty:
        none = f"NOT EXISTS (SELECT FROM {to} WHERE {r.alias}.document_id = d.id AND {there_is})"
        return none if criterium.empty == NO_WAARDE else ""
    parts = []
    for child in criterium.children:
        element = relatie.element(child.naam)
        if child.naam == GERELATEERDE and child.empty == NO_WAARDE:
            part = NEVER  # the relation leads to a zaak
        elif child.naam == GERELATEERDE:
            part = zaak_conditions(build, z, child.children, relatie.gerelateerde[0].entiteit)
        else:
            part = condition(build, r, element, child) if element is not None else build.ignore(child.naam)
        parts.append(build.effect(child, part))
    if criterium.range_ is not None or (criterium.children and not any(parts)):
        return ""
    return f"d.id IN (SELECT {r.alias}.document_id FROM {to} WHERE {and_(there_is, *parts)})"


def _of_besluit(build: Build, relatie: Relatie, criterium: Criterium) -> str:
    """The condition that a document records such a besluit of a zaak that the caller sees, or none."""
    build.ignore_waarde(criterium)
    b, r, z, o = (build.alias(letter) for letter in "brzo")
    to = (
        f"besluit_document {b} JOIN zaak_relatie {r} ON {r}.id = {b}.relatie_id"
        f" JOIN zaak {z} ON {z}.id = {r}.zaak_id JOIN object {o} ON {o}.id = {r}.object_id"
    )
    there_is = and_(holds(f"{b}.beeindigd"), holds(f"{r}.beeindigd"))
    if criterium.empty:
        none = f"NOT EXISTS (SELECT FROM {to} WHERE {b}.document_id = d.id AND {there_is})"
        return none if criterium.empty == NO_WAARDE else ""
    besluit = Source(o, f"{o}.inhoud", supplement=f"({r}.inhoud -> '{GERELATEERDE}')")
    parts = [
        build.effect(
            child,
            gerelateerde_condition(build, besluit, relatie, child)
            if child.naam == GERELATEERDE
            else build.ignore(child.naam),
        )
        for child in criterium.children
    ]
    if criterium.range_ is not None or (criterium.children and not any(parts)):
        return ""
    return f"d.id IN (SELECT {b}.document_id FROM {to} WHERE {and_(there_is, *parts)})"


# --- The orders


def _field(naam: str, *, descending: bool = False) -> SortField:
    element = next(one for one in EDC.elementen if one.naam == naam)
    text = f"d.{element.kolom}" if element.kolom else json_text(f"({_ROW.json(naam)})")
    return SortField(f"coalesce({text}, '')", (naam,), descending)


_IDENTIFICATIE: Final = SortField("d.identificatie", ("identificatie",))
_ZAAK: Final = SortField(
    "coalesce((SELECT min(sz.identificatie) FROM document_zaak sr JOIN zaak sz ON sz.id = sr.zaak_id"
    f" WHERE sr.document_id = d.id AND {holds('sr.beeindigd')}), '')",
    (IS_RELEVANT_VOOR.naam, "identificatie"),
)
_BESLUIT: Final = SortField(
    "coalesce((SELECT min(so.identificatie) FROM besluit_document sb JOIN zaak_relatie sr ON sr.id = sb.relatie_id"
    " JOIN zaak sz ON sz.id = sr.zaak_id JOIN object so ON so.id = sr.object_id"
    f" WHERE sb.document_id = d.id AND {holds('sb.beeindigd')} AND {holds('sr.beeindigd')}), '')",
    (KAN_VASTLEGGING_ZIJN_VAN.naam, "identificatie"),
)
_PER_NUMBER: Final[dict[int, tuple[SortField, ...]]] = {
    0: (),
    1: (),
    2: (_field("dct.categorie"), _field("dct.omschrijvingGeneriek")),
    3: (_field("dct.omschrijving"),),
    4: (_field("titel"), _field("versie")),
    5: (_field("auteur"), _field("versie")),
    6: (_field("creatiedatum", descending=True), _field("dct.omschrijving")),
    7: (_field("ontvangstdatum", descending=True), _field("dct.omschrijving")),
    8: (_ZAAK,),
    9: (_BESLUIT,),
}

DOCUMENTEN: Final = QuestionSubject(
    entiteit=EDC,
    noun="document",
    table="document",
    row="d",
    sorteringen={number: (*fields, _IDENTIFICATIE) for number, fields in _PER_NUMBER.items()},
    joins={},
    conditions=_conditions,
)
"""Documents in their newest version, as row `d`."""
