"""When a closed zaak may be destroyed: archiefnominatie and datumVernietigingDossier, derived as the inrichting says.

The term of a resultaat counts from a brondatum, which its afleidingswijze finds (ZTC 2; docs/afwijkingen.md 60). The
date is derived in the transaction that closes the zaak, and again when the data that it came from changes.
"""

import calendar
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import Connection

from regiesysteem.db import Sql
from regiesysteem.inrichting.current import Inrichting
from regiesysteem.inrichting.model import Bewaarregel
from regiesysteem.stuf import extra, values
from regiesysteem.stuf.values import Data, Waarde
from regiesysteem.zakenmagazijn.events import UPDATE_ZAAK
from regiesysteem.zakenmagazijn.relations import as_json
from regiesysteem.zakenmagazijn.rows import Row, from_row
from regiesysteem.zkn.zaak import HEEFT_BETREKKING_OP, LEIDT_TOT, ZAK

NOMINATIE: Final = "archiefnominatie"
DATUM: Final = "datumVernietigingDossier"
TOLD: Final = frozenset({NOMINATIE, DATUM})
"""The elements of a zaak that say whether and when it is destroyed."""

VERNIETIGEN: Final = "J"
BEWAREN: Final = "N"
_CODES: Final = {"vernietigen": VERNIETIGEN, "blijvend bewaren": BEWAREN}
"""How StUF-ZKN writes an archiefnominatie (docs/afwijkingen.md 60)."""

_LOCK_OTHERS: Final = Sql("""
    -- the zaken whose date may depend on a zaak that closes or opens: its deelzaken, and those that it is related to
    SELECT id FROM zaak WHERE id IN (
        SELECT naar_id FROM zaak_zaak WHERE van_id = :id AND regie_geldt(beeindigd)
        UNION SELECT van_id FROM zaak_zaak WHERE naar_id = :id AND regie_geldt(beeindigd))
    ORDER BY id FOR NO KEY UPDATE
""")
_READ: Final = Sql("""
    -- zaken with all that a brondatum may come from
    SELECT z.id, z.zaaktype_id, z.einddatum, z.archiefnominatie, z.datum_vernietiging_dossier, z.inhoud,
           coalesce(a.met_de_hand, false) AS met_de_hand, a.brondatum AS was_brondatum,
           ARRAY(SELECT coalesce(h.einddatum, '') FROM zaak_zaak r JOIN zaak h ON h.id = r.van_id
                 WHERE r.naar_id = z.id AND r.relatie = 'heeftAlsDeelzaak' AND regie_geldt(r.beeindigd)) AS hoofdzaken,
           ARRAY(SELECT coalesce(g.einddatum, '')
                 FROM zaak_zaak r JOIN zaak g ON g.id = r.van_id + r.naar_id - z.id
                 WHERE z.id IN (r.van_id, r.naar_id) AND r.relatie = 'heeftBetrekkingOpAndere'
                   AND regie_geldt(r.beeindigd)) AS gerelateerden,
           (SELECT coalesce(jsonb_agg(jsonb_build_object(
                       'relatie', r.relatie, 'soort', o.entiteittype,
                       'data', o.inhoud || coalesce(r.inhoud -> 'gerelateerde', '{}'))), '[]')
            FROM zaak_relatie r JOIN object o ON o.id = r.object_id
            WHERE r.zaak_id = z.id AND r.relatie IN ('heeftBetrekkingOp', 'leidtTot')
              AND regie_geldt(r.beeindigd)) AS objecten
    FROM zaak z LEFT JOIN archief a ON a.zaak_id = z.id
    WHERE z.id = ANY(:ids) ORDER BY z.id
""")
_WRITE: Final = Sql("""
    -- what was derived; the zaak of the message has its audit line already, the others get one
    WITH nieuw AS (
        SELECT * FROM jsonb_to_recordset(CAST(:rijen AS jsonb)) AS n (id bigint, nominatie text, datum text,
            brondatum text, termijn text, afleidingswijze text, selectielijst text, open boolean)
    ), weg AS (
        DELETE FROM archief WHERE zaak_id IN (SELECT id FROM nieuw WHERE open)
    ), gezet AS (
        INSERT INTO archief (zaak_id, brondatum, termijn, afleidingswijze, selectielijst)
        SELECT id, brondatum, termijn, afleidingswijze, selectielijst FROM nieuw WHERE NOT open
        ON CONFLICT (zaak_id) DO UPDATE SET brondatum = excluded.brondatum, termijn = excluded.termijn,
            afleidingswijze = excluded.afleidingswijze, selectielijst = excluded.selectielijst, met_de_hand = false
    ), anders AS (
        UPDATE zaak z SET archiefnominatie = n.nominatie, datum_vernietiging_dossier = n.datum,
               inhoud = z.inhoud - 'archiefnominatie' - 'datumVernietigingDossier'
        FROM nieuw n WHERE z.id = n.id
          AND (z.archiefnominatie, z.datum_vernietiging_dossier) IS DISTINCT FROM (n.nominatie, n.datum)
        RETURNING z.id
    )
    INSERT INTO audit (zaak_id, bericht_id, gebeurtenis, gewijzigd)
    SELECT id, :bericht_id, :gebeurtenis, '["archiefnominatie", "datumVernietigingDossier"]'
    FROM anders WHERE id IS DISTINCT FROM CAST(:zaak_id AS bigint)
""")
_BY_HAND: Final = Sql("""
    INSERT INTO archief (zaak_id, met_de_hand) VALUES (:zaak_id, true)
    ON CONFLICT (zaak_id) DO UPDATE SET met_de_hand = true, brondatum = NULL, termijn = NULL, afleidingswijze = NULL,
                                        selectielijst = NULL
""")
_CLOSED: Final = Sql("""
    SELECT id FROM zaak WHERE id > :vanaf AND einddatum IS NOT NULL
        AND (CAST(:zaken AS bigint[]) IS NULL OR id = ANY(:zaken))
        AND NOT EXISTS (SELECT FROM archief a WHERE a.zaak_id = zaak.id AND a.met_de_hand)
    ORDER BY id LIMIT :aantal FOR NO KEY UPDATE
""")


_OF_OTHERS: Final = frozenset({"hoofdzaak", "gerelateerde_zaak"})
"""The afleidingswijzen whose brondatum is in another zaak."""


@dataclass(frozen=True, slots=True)
class Closing:
    """The einddatum of a zaak before and after a message, as text; None when the zaak is open."""

    before: str | None
    after: str | None


def set_by_hand(connection: Connection, zaak_id: int) -> None:
    """Mark that somebody said whether or when a zaak is destroyed: the rule of the inrichting leaves that."""
    _BY_HAND.run(connection, {"zaak_id": zaak_id})


def settle(
    connection: Connection, inrichting: Inrichting, zaak_id: int, closing: Closing, bericht_id: int, *, said: bool
) -> None:
    """Derive the date of a zaak that a message closed, opened, or changed while closed, and of those that follow it.

    No statement for a zaak that is and was open, two for one that closes, three where other zaken may follow. A zaak
    that opens loses its date, however it came, and so do the deelzaken that count from its end. `said`: the message
    itself says whether or when this zaak is destroyed.
    """
    if closing.before is None and closing.after is None:
        return
    ids = [] if said else [zaak_id]
    if closing.before != closing.after and inrichting.dates_by_other_zaken:
        ids += _LOCK_OTHERS.run(connection, {"id": zaak_id}).scalars()
    if ids:
        _derive(connection, inrichting, ids, zaak_id, bericht_id)


def derive_closed(connection: Connection, inrichting: Inrichting, after: int, count: int) -> int | None:
    """Derive the dates of the next closed zaken after an id, by the rules of now; gives the last id, None at the end.

    A date that somebody set by hand stays.
    """
    ids = list(_CLOSED.run(connection, {"vanaf": after, "aantal": count, "zaken": None}).scalars())
    _derive(connection, inrichting, ids, None, None)
    return ids[-1] if ids else None


def derive_again(connection: Connection, inrichting: Inrichting, zaken: Sequence[int]) -> None:
    """Derive the dates of those of these zaken that are closed, after a change of what they count from."""
    parameters = {"vanaf": 0, "aantal": len(zaken), "zaken": list(zaken)}
    _derive(connection, inrichting, list(_CLOSED.run(connection, parameters).scalars()), None, None)


def _derive(
    connection: Connection, inrichting: Inrichting, ids: list[int], subject: int | None, bericht_id: int | None
) -> None:
    rows = _READ.run(connection, {"ids": ids}).mappings()
    derived = [one for row in rows if (one := _row(inrichting, row, subject)) is not None]
    if derived:
        parameters = {"rijen": as_json(derived), "zaak_id": subject, "bericht_id": bericht_id}
        _WRITE.run(connection, parameters | {"gebeurtenis": UPDATE_ZAAK})


def _row(inrichting: Inrichting, row: Row, subject: int | None) -> dict[str, Any] | None:
    """The derived values of a zaak; None where what it has stays.

    `subject` is the zaak of the message: only that one opens, and others follow it only where they count from its end.
    """
    data = from_row(ZAK.elementen, row)
    follows = subject is not None and row["id"] != subject
    empty = dict.fromkeys(("nominatie", "datum", "brondatum", "termijn", "afleidingswijze", "selectielijst"))
    if values.text(data.get("einddatum")) is None:
        return None if follows else {"id": row["id"], **empty, "open": True}
    rule = rule_of(inrichting, row["zaaktype_id"], data)
    if rule is None or row["met_de_hand"] or (follows and rule.afleidingswijze not in _OF_OTHERS):
        return None
    found = {"nominatie": _CODES[rule.archiefnominatie or ""], "selectielijst": rule.selectielijst}
    if rule.archiefactietermijn is not None:
        source = brondatum(rule, data, row)
        found |= {
            "datum": plus_term(source, rule.archiefactietermijn) if source else None,
            "brondatum": source,
            "termijn": rule.archiefactietermijn,
            "afleidingswijze": rule.afleidingswijze,
        }
    return {"id": row["id"], **empty, **found, "open": False}


def agrees(inrichting: Inrichting, zaaktype_id: int, said: Data) -> bool:
    """Tell whether a date may be derived for a new zaak without undoing what its sender said."""
    rule = rule_of(inrichting, zaaktype_id, said)
    nominatie = _CODES[rule.archiefnominatie or ""] if rule else None
    return DATUM not in said and (NOMINATIE not in said or values.text(said[NOMINATIE]) == nominatie)


def rule_of(inrichting: Inrichting, zaaktype_id: int, data: Data) -> Bewaarregel | None:
    """The rule for a zaak with these values: that of its resultaat, else that of its zaaktype."""
    zaaktype = inrichting.zaaktype_with_id(zaaktype_id)
    return zaaktype.bewaarregel(resultaat_of(data)) if zaaktype else None


def resultaat_of(data: Data) -> str | None:
    """The omschrijving of the resultaat of a zaak."""
    resultaat = data.get("resultaat")
    return values.text(resultaat.get("omschrijving")) if isinstance(resultaat, dict) else None


# --- The brondatum, by afleidingswijze


def brondatum(rule: Bewaarregel, data: Data, row: Row) -> str | None:
    """The day from which the term of a zaak counts; None while it is not known."""
    return _BRONDATUM[rule.afleidingswijze](rule, data, row)


def _end(_: Bewaarregel, data: Data, __: Row) -> str | None:
    return complete(data.get("einddatum"))


def _after_process(rule: Bewaarregel, data: Data, _: Row) -> str | None:
    end = complete(data.get("einddatum"))
    return plus_term(end, rule.procestermijn) if end and rule.procestermijn else None


def _hoofdzaak(_: Bewaarregel, __: Data, row: Row) -> str | None:
    """A hoofdzaak that was destroyed, or a relation that ended, leaves the day that it gave."""
    return _latest(row["hoofdzaken"], whole=True) if row["hoofdzaken"] else row["was_brondatum"]


def _gerelateerde(_: Bewaarregel, __: Data, row: Row) -> str | None:
    return _latest(row["gerelateerden"], whole=True) if row["gerelateerden"] else row["was_brondatum"]


def _eigenschap(rule: Bewaarregel, data: Data, _: Row) -> str | None:
    nodes = extra.per_naam(data.get(extra.NAAM)).get(rule.datumkenmerk or "", ())
    return _latest((node.text or "").strip().replace("-", "") for node in nodes)


def _zaakobject(rule: Bewaarregel, _: Data, row: Row) -> str | None:
    return _of_objects(row, HEEFT_BETREKKING_OP.naam, rule.objecttype, rule.datumkenmerk)


def _ingang(_: Bewaarregel, __: Data, row: Row) -> str | None:
    return _of_objects(row, LEIDT_TOT.naam, "BSL", "ingangsdatumWerking")


def _verval(_: Bewaarregel, __: Data, row: Row) -> str | None:
    return _of_objects(row, LEIDT_TOT.naam, "BSL", "einddatumWerking")


def _by_hand(_: Bewaarregel, __: Data, ___: Row) -> str | None:
    return None


_BRONDATUM: Final[Mapping[str, Callable[[Bewaarregel, Data, Row], str | None]]] = {
    "afgehandeld": _end,
    "termijn": _after_process,
    "hoofdzaak": _hoofdzaak,
    "gerelateerde_zaak": _gerelateerde,
    "eigenschap": _eigenschap,
    "zaakobject": _zaakobject,
    "ingangsdatum_besluit": _ingang,
    "vervaldatum_besluit": _verval,
    "ander_datumkenmerk": _by_hand,
}


def _of_objects(row: Row, relatie: str, soort: str | None, naam: str | None) -> str | None:
    """The latest date that objects of a kind have in an element."""
    objecten = (one for one in row["objecten"] if (one["relatie"], one["soort"]) == (relatie, soort))
    return _latest(one["data"].get(naam) for one in objecten)


def _latest(found: Iterable[Waarde | None], *, whole: bool = False) -> str | None:
    """The latest complete date; with `whole` none as long as one of them is not there."""
    dates = [complete(one) for one in found]
    return None if whole and None in dates else max((one for one in dates if one), default=None)


def complete(waarde: Waarde | None) -> str | None:
    """A date of eight digits that exists; None for another text, and for a date that is said to be incomplete."""
    if isinstance(waarde, dict) and waarde.get("@indOnvolledigeDatum", "V") != "V":
        return None
    return values.plus_days((values.text(waarde) or "")[:8], 0)


def plus_term(datum: str, termijn: str) -> str | None:
    """A date after a term of the inrichting; None outside the calendar. In a shorter month it is the last day."""
    number, unit = termijn.split(" ")
    if unit.startswith("dag"):
        return values.plus_days(datum, int(number))
    months = int(number) * (12 if unit == "jaar" else 1) + int(datum[4:6]) - 1
    year, month = int(datum[:4]) + months // 12, months % 12 + 1
    if year > date.max.year:
        return None
    return f"{year:04d}{month:02d}{min(int(datum[6:8]), calendar.monthrange(year, month)[1]):02d}"
