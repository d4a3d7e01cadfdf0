"""The reasons why a caller may or may not do something, rule by rule, in Dutch (`regie applicatie toets`)."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import Connection

from regiesysteem.access.caller import EVERYTHING, Caller, Grant, Kinds
from regiesysteem.access.sight import parameters, visible
from regiesysteem.db import Sql
from regiesysteem.inrichting.current import Inrichting
from regiesysteem.zkn.operations import OPERATIONS

_ZAAK: Final = "SELECT z.zaaktype_id, {visible} AS gezien FROM zaak z WHERE z.identificatie = :zaak"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule and its verdict: the key of the inrichting that it comes from, and a sentence about it (Dutch)."""

    sleutel: str
    allows: bool
    zin: str


def explain_rights(
    connection: Connection, inrichting: Inrichting, caller: Caller, dienst: str, zaak: str = ""
) -> list[Rule]:
    """List the rules about an operation on a zaak; it is allowed when each of them allows it.

    Without `zaak` those about the operation alone.
    """
    rules = [_of_dienst(inrichting, caller, dienst)]
    if zaak:
        rules += _of_zaak(connection, inrichting, caller.grant, zaak)
    return rules


def _of_dienst(inrichting: Inrichting, caller: Caller, dienst: str) -> Rule:
    if dienst not in OPERATIONS:
        return Rule("diensten", False, f"{dienst} is geen dienst van dit systeem")
    if caller.applicatie is None:
        allowed = inrichting.regels.unknown_zenders_allowed
        return Rule("onbekende_zender", allowed, f"de zender staat niet in de inrichting; {_word(allowed)}")
    if inrichting.regels.autorisatie == "open":
        return Rule("autorisatie", True, 'autorisatie is "open": iedereen mag alles')
    allowed = caller.grant.allows(dienst)
    if caller.grant.signaal:
        return Rule("signaal", allowed, f"signaal: alleen de vraag zakLv01 naar een BSN; {dienst} mag {_not(allowed)}")
    return Rule("diensten", allowed, f"diensten: {dienst} staat er {_not(allowed)} bij")


def _of_zaak(connection: Connection, inrichting: Inrichting, grant: Grant, zaak: str) -> Iterator[Rule]:
    """The rules about a zaak, one for each right that narrows."""
    if grant.kinds == EVERYTHING:
        yield Rule("zaaktypen", True, "de rechten verbergen geen enkele zaak")
        return
    for sleutel, kinds in _APART.items():
        if not any(map(min, grant.kinds, kinds)):
            continue
        only = _only(grant, kinds)
        sql = Sql(_ZAAK.format(visible=visible(only.kinds, "z")))
        row = sql.run(connection, {"zaak": zaak, **parameters(only)}).one_or_none()
        if row is None:
            yield Rule(sleutel, False, f"zaak {zaak} bestaat niet")
            return
        zaaktype = inrichting.zaaktype_with_id(row.zaaktype_id) if row.zaaktype_id is not None else None
        name = f"zaaktype {zaaktype.code} ({zaaktype.soort})" if zaaktype is not None else "een onbekend zaaktype"
        yield Rule(sleutel, bool(row.gezien), _sentence(sleutel, name, allowed=bool(row.gezien)))


_APART: Final = {
    "zaaktypen": Kinds(zaaktypen=True),
    "eigen_zaken": Kinds(eigen=True),
    "signaal": Kinds(lopend=True),
}
"""The keys that hide zaken; those that do it by the zaaktype (zaaktypen, soort, vertrouwelijkheid) are one."""


def _only(grant: Grant, kinds: Kinds) -> Grant:
    return replace(
        grant,
        zaaktypen=grant.zaaktypen if kinds.zaaktypen else None,
        aanduidingen=None,
        eigenaar=grant.eigenaar if kinds.eigen else None,
        signaal=kinds.lopend,
    )


def _sentence(sleutel: str, zaaktype: str, *, allowed: bool) -> str:
    if sleutel == "zaaktypen":
        return f"zaaktypen, soort en vertrouwelijkheid laten zaken van {zaaktype} {_not(allowed)} zien"
    if sleutel == "eigen_zaken":
        return f"eigen_zaken: de applicatie heeft de zaak {_not(allowed)} gemaakt of overgedragen gekregen"
    return f"signaal: de zaak is {_not(allowed)} lopend"


def _word(allowed: bool) -> str:
    return "dat mag hier" if allowed else "dat mag hier niet"


def _not(allowed: bool) -> str:
    return "wel" if allowed else "niet"
