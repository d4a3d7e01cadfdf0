"""The elements that a change changes, against the known values, guarded by `was` (StUF 03.01, 3.4.1 and 5.2.5).

The rules are the same for the zaak itself, for its relations and for its statuses.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from regiesysteem.inrichting.current import Zaaktype
from regiesysteem.inrichting.model import Wasregel
from regiesysteem.logging_ import logger
from regiesysteem.stuf import extra, values
from regiesysteem.stuf.entity import Element
from regiesysteem.stuf.faults import StufFout
from regiesysteem.stuf.values import COMPLETE, Data, Waarde
from regiesysteem.zakenmagazijn.rows import TIJDVAK, merge

IS_SILENT: Final = frozenset({"nietOndersteund", "nietGeautoriseerd"})
"""Kinds of noValue by which a sender gives no information about an element (StUF 03.01, 3.4.1)."""
_SAYS_NOTHING: Final = IS_SILENT | {"waardeOnbekend"}
_TIMES: Final = frozenset({"tijdvakGeldigheid", "tijdstipRegistratie", "gerelateerde"})


@dataclass(slots=True)
class Guarding:
    """The guard against messages that overtook each other: `was` must equal the registration.

    `rule` is the reaction when it does not, `what` (Dutch) the guarded thing. `zonder` are elements that the sender
    never gets: the fault has the stored value, so these are not guarded.
    """

    rule: Wasregel
    what: str
    zonder: frozenset[str] = frozenset()
    different: list[tuple[str, str]] = field(default_factory=list)

    @property
    def looks(self) -> bool:
        """Tell whether `was` counts at all."""
        return self.rule != "negeren"

    def compare(self, path: str, was: Waarde | None, known: Waarde | None) -> None:
        """Note an element whose old value is not the one in `was`; one that the sender does not know is passed over."""
        if was is None or values.no_waarde(was) in _SAYS_NOTHING or same_value(was, known):
            return
        if self.zonder and not self.zonder.isdisjoint(path.split("/")):
            return
        whole = not self.zonder or known is None or isinstance(known, str)  # a group may have something hidden in it
        now = f", in de registratie {_show(known)}" if whole else ""
        self.different.append((path, f"{path}: in was {_show(was)}{now}"))

    def decide(self) -> None:
        """React to the noted elements as `rule` says. Raises StUF063 naming element, sent and stored value."""
        if not self.different:
            return
        if self.rule == "weigeren":
            texts = "; ".join(text for _, text in self.different)
            raise StufFout("StUF063", f"{self.what} is intussen gewijzigd; {texts}")
        logger().warning("was_wijkt_af", **self.log_context(), elementen=[path for path, _ in self.different])

    def log_context(self) -> dict[str, str]:
        """The part of it that a log line may have."""
        return {"wat": self.what}


class ZaakGuarding(Guarding):
    """The guard of a zaak, with the rule of its zaaktype."""

    def __init__(self, zaaktype: Zaaktype, zonder: frozenset[str] = frozenset()) -> None:
        super().__init__(zaaktype.was, "de zaak", zonder)
        self.zaaktype = zaaktype

    def log_context(self) -> dict[str, str]:
        """Name the zaaktype."""
        return {"zaaktype": self.zaaktype.code}


def modifications(guard: Guarding, path: str, known: Data, was: Data | None, wordt: Data) -> dict[str, Waarde]:
    """The elements that a message changes, each with its new value; a value for which `is_empty` holds clears one.

    Equal in `was` and `wordt` is identification, not change (docs/afwijkingen.md 7). A group changes field by field,
    and extraElementen naam by naam (3.2.4.1). Any other value is replaced as a whole, also all values of a repeating
    one: values in `was` that are not in `wordt` are removed (5.2.4). `path` goes before names in a fault.
    """
    old: Mapping[str, Waarde] = was if was is not None and guard.looks else {}
    out: dict[str, Waarde] = {}
    for naam, waarde in {**wordt, **_vanished(was or {}, wordt)}.items():
        said = _said(waarde)
        if said is None or (naam in old and same_value(old[naam], said)):
            continue
        if naam == extra.NAAM:
            new = _new_extra(guard, f"{path}{naam}", known.get(naam), (was or {}).get(naam), said)
        else:
            new = _new_waarde(guard, f"{path}{naam}", known.get(naam), old.get(naam), said)
        if not same_value(new, known.get(naam)):
            out[naam] = new
    return out


def guard_removal(guard: Guarding, path: str, known: Data, was: Data | None) -> None:
    """Guard a removal, an end or a next status (V, E, R): the elements in `was` must have the known values.

    The known begin is guarded, and no other time: an end is told in `was` with its new values (StUF 03.01, 5.2.6).
    """
    for naam, waarde in (was or {}).items() if guard.looks else ():
        said, now = _said(waarde), known.get(naam)
        if said is None or naam in _TIMES:
            continue
        if naam == TIJDVAK:
            begin = now.get("beginRelatie") if isinstance(now, dict) else None
            if begin is not None and isinstance(said, dict):
                guard.compare(f"{path}{naam}/beginRelatie", said.get("beginRelatie"), begin)
        elif naam == extra.NAAM and values.no_waarde(said) is None:
            held = extra.per_naam(now)
            for one, parts in extra.per_naam(said).items():
                guard.compare(f"{path}{naam}/{one}", extra.comparable(parts), extra.comparable(held.get(one)))
        elif isinstance(said, dict) and isinstance(now, dict) and _is_group(said) and _is_group(now):
            for field_name, inhoud in said.items():
                if field_name[0] != "@":
                    guard.compare(f"{path}{naam}/{field_name}", inhoud, now.get(field_name))
        else:
            guard.compare(f"{path}{naam}", said, now)


def guard_known(guard: Guarding, path: str, known: Data, was: Data) -> None:
    """Guard as `guard_removal` does, for an object that others report too: only its known elements."""
    guard_removal(guard, path, known, {naam: w for naam, w in was.items() if not values.is_empty(known.get(naam))})


def alters(was: Data, wordt: Data) -> bool:
    """Tell whether two halves differ in an element that the sender knows."""
    said = ((naam, _said(waarde)) for naam, waarde in {**wordt, **_vanished(was, wordt)}.items())
    return any(waarde is not None and not same_value(was.get(naam), waarde) for naam, waarde in said)


def taken_together(said: Sequence[Data]) -> Data | None:
    """Merge occurrences of one thing; None when they give one element, or one naam, different values."""
    if len(said) == 1:
        return said[0]
    out: Data = {}
    extras: extra.Parts = {}
    for data in said:
        for naam, waarde in data.items():
            if naam == extra.NAAM:
                for who, parts in extra.per_naam(waarde).items():
                    if not same_value(extra.comparable(extras.setdefault(who, parts)), extra.comparable(parts)):
                        return None
                out.setdefault(naam, waarde)
            elif not same_value(out.setdefault(naam, waarde), waarde):
                return None
    return out | ({extra.NAAM: extra.with_replaced(None, extras)} if extras else {})


def applied(elementen: Sequence[Element], known: Data, changed: Data) -> Data:
    """The known values after a change; values that were cleared are left out."""
    together = merge(elementen, known, changed)
    return {naam: waarde for naam, waarde in together.items() if naam not in changed or not values.is_empty(waarde)}


def same_value(one: Waarde | None, other: Waarde | None) -> bool:
    """Tell whether two values are the same, however they are written (no value, a complete date)."""
    return one == other or _normalised(one) == _normalised(other)


def _vanished(was: Data, wordt: Data) -> Data:
    """The repeating elements that `was` has values of and `wordt` does not name: none of their values is left."""
    gone: Data = {}
    for naam, waarde in was.items():
        said = _said(waarde) if naam not in wordt else None
        if naam == extra.NAAM and said is not None:
            gone[naam] = {}
        elif isinstance(said, list) and not values.is_empty(said):
            gone[naam] = []
    return gone


def _new_extra(guard: Guarding, path: str, known: Waarde | None, was: Waarde | None, said: Waarde) -> Waarde:
    """The extraElementen after a change: each naam is an element, and one that occurs twice a repeating one."""
    otherwise: Waarde = known if known is not None else {"@noValue": values.NO_WAARDE}
    soort = values.no_waarde(said)
    if soort is not None:
        return otherwise if soort in IS_SILENT else said
    now, old, new = (extra.per_naam(one) for one in (known, was, said))
    new |= {naam: [] for naam, parts in old.items() if len(parts) > 1 and naam not in new}
    replace: extra.Parts = {}
    for naam, parts in new.items():
        wordt = _said(extra.comparable(parts) or [])
        first = extra.comparable(old.get(naam)) if guard.looks else None
        if wordt is None or (first is not None and same_value(first, wordt)):
            continue
        guard.compare(f"{path}/{naam}", first, extra.comparable(now.get(naam)))
        replace[naam] = extra.having_value(parts)
    return extra.with_replaced(known, replace) if replace else otherwise


def _new_waarde(guard: Guarding, path: str, known: Waarde | None, was: Waarde | None, said: Waarde) -> Waarde:
    if not (isinstance(said, dict) and _is_group(said) and (known is None or _is_group(known))):
        guard.compare(path, was, known)
        return said
    fields: dict[str, Any] = dict(known) if isinstance(known, dict) else {}
    old = was if isinstance(was, dict) and _is_group(was) else None
    if old is None:
        guard.compare(path, was, known)
    for naam, waarde in said.items():
        if old is not None and naam[0] != "@":
            if naam in old and same_value(old[naam], waarde):
                continue
            guard.compare(f"{path}/{naam}", old.get(naam), fields.get(naam))
        fields[naam] = waarde
    filled = {naam: waarde for naam, waarde in fields.items() if naam[0] == "@" or not values.is_empty(waarde)}
    return filled if any(naam[0] != "@" for naam in filled) else {"@noValue": values.NO_WAARDE}


def _said(waarde: Waarde) -> Waarde | None:
    """A value without the elements that the sender gives no information about; None when nothing is left."""
    if isinstance(waarde, list):
        parts = [part for single in waarde if (part := _said(single)) is not None]
        return parts if parts or not waarde else None
    if isinstance(waarde, dict) and "#" not in waarde:
        if values.no_waarde(waarde) in IS_SILENT:
            return None
        if _is_group(waarde):
            fields = {naam: w if naam[0] == "@" else _said(w) for naam, w in waarde.items()}
            return {naam: inhoud for naam, inhoud in fields.items() if inhoud is not None}
    return waarde


def _is_group(waarde: Waarde | None) -> bool:
    return isinstance(waarde, dict) and "_" not in waarde and "#" not in waarde and values.no_waarde(waarde) is None


def _normalised(waarde: Waarde | None) -> Waarde | None:
    """One form for values that can be written in several: no value is None, a complete date is its text."""
    if values.is_empty(waarde):
        return None
    if isinstance(waarde, list):
        norms = [norm for single in waarde if (norm := _normalised(single)) is not None]
        # The values of a repeating element have no order.
        return sorted(norms, key=lambda norm: orjson.dumps(norm, option=orjson.OPT_SORT_KEYS))
    if not isinstance(waarde, dict) or "#" in waarde:
        return waarde
    out = {
        naam: norm
        for naam, inhoud in waarde.items()
        if (naam, inhoud) != ("@indOnvolledigeDatum", COMPLETE)
        and (norm := inhoud if naam[0] in "@_" else _normalised(inhoud)) is not None
    }
    return out["_"] if list(out) == ["_"] else out


def _show(waarde: Waarde | None) -> str:
    if values.is_empty(waarde):
        return "geen waarde"
    if isinstance(waarde, list):
        return " en ".join(map(_show, waarde))
    single = values.text(waarde) or values.no_waarde(waarde)
    if single or not isinstance(waarde, dict):
        return repr(single or waarde)
    return ", ".join(f"{naam} {_show(part)}" for naam, part in sorted(waarde.items()) if naam[0] not in "@_#")
