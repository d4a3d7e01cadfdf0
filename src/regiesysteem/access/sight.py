"""The part of the tables of zaken and documents that a caller sees, as SQL: its rights narrow the question itself.

A statement that reads for a caller gets in front of it, under the names of the tables, those parts of them that the
caller may see (`narrowed`). So whatever it looks for, counts, sorts by or shows is what would be there without the
rest. One that locks a row cannot have that, and adds the condition itself (`visible`).
"""

from functools import lru_cache
from typing import Any, Final

from regiesysteem.access.caller import EVERYTHING, Grant, Kinds

# Nobody said to which administratie a zaak was handed over.
_OWN: Final = """
    {row}.id IN (
        SELECT e.zaak_id FROM zaak_eigenaar e
        WHERE e.applicatie = :recht_applicatie AND e.organisatie = ANY(:recht_organisaties)
          AND (:recht_administratie = '' OR e.administratie = :recht_administratie OR e.overdracht_id IS NOT NULL)
    )
"""
_ZAKEN: Final = "SELECT gezien.* FROM zaak gezien WHERE {zaak}"
_BOTH_SEEN: Final = """
    SELECT k.* FROM zaak_zaak k
    WHERE (SELECT true FROM zaak gezien WHERE gezien.id = k.van_id)
      AND (SELECT true FROM zaak gezien WHERE gezien.id = k.naar_id)
"""
_DOCUMENTS: Final = "SELECT gezien.* FROM document gezien WHERE {document}"
_OF_A_ZAAK: Final = """
    EXISTS (SELECT FROM document_zaak bij JOIN zaak van ON van.id = bij.zaak_id
            WHERE bij.document_id = {row}.id AND regie_geldt(bij.beeindigd){zaak})
"""


def visible(kinds: Kinds, alias: str) -> str:
    """The condition that a caller with these rights may see a row of zaak; "" when nothing narrows.

    Its parameters are those of `parameters`.
    """
    parts = {
        f"{alias}.zaaktype_id = ANY(:recht_zaaktypen)": kinds.zaaktypen,
        _OWN.format(row=alias): kinds.eigen,
        f"{alias}.einddatum IS NULL": kinds.lopend,
    }
    return " AND ".join(part for part, wanted in parts.items() if wanted)


def visible_document(kinds: Kinds, alias: str) -> str:
    """The same for a row of document: seen when it belongs to a zaak that is, and is not too confidential itself."""
    of_zaak = visible(kinds, "van")
    if not of_zaak:
        return ""
    own = f"{alias}.vertrouwelijk_aanduiding = ANY(:recht_aanduidingen) AND " if kinds.aanduidingen else ""
    return f"{own}{_OF_A_ZAAK.format(row=alias, zaak=f' AND {of_zaak}')}"


def parameters(grant: Grant) -> dict[str, Any]:
    """The parameters of the conditions on what a caller sees."""
    out: dict[str, Any] = {}
    if grant.zaaktypen is not None:
        out["recht_zaaktypen"] = sorted(grant.zaaktypen)
    if grant.aanduidingen is not None:
        out["recht_aanduidingen"] = sorted(grant.aanduidingen)
    if grant.eigenaar is not None:
        out["recht_applicatie"] = grant.eigenaar.applicatie
        out["recht_organisaties"] = list(grant.organisaties)
        out["recht_administratie"] = grant.eigenaar.administratie
    return out


def narrowed(sql: str, kinds: Kinds) -> str:
    """A statement that reads, narrowed to what a caller sees; the same text when it sees all.

    It must not lock or change zaak, zaak_zaak or document. Its parameters get those of `parameters` beside them.
    """
    if kinds == EVERYTHING:
        return sql
    begin = sql.lstrip()
    rest = begin.removeprefix("WITH ")
    return f"{_tables(kinds)}, {rest}" if rest != begin else f"{_tables(kinds)} {sql}"


@lru_cache(maxsize=len(Kinds._fields) ** 2)
def _tables(kinds: Kinds) -> str:
    own = "gezien.vertrouwelijk_aanduiding = ANY(:recht_aanduidingen) AND " if kinds.aanduidingen else ""
    parts = {
        "zaak": _ZAKEN.format(zaak=visible(kinds, "gezien")),
        "zaak_zaak": _BOTH_SEEN,
        # Here `zaak` has only those that are seen already.
        "document": _DOCUMENTS.format(document=f"{own}{_OF_A_ZAAK.format(row='gezien', zaak='')}"),
    }
    return "WITH " + ", ".join(f"{table} AS NOT MATERIALIZED ({part})" for table, part in parts.items())
