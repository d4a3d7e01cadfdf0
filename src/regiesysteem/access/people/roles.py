"""The rights of a role: what a person in it may do, by his relation to a plan.

A right is looked up twice: whether the role has it at all, before anything is read, and whether it holds for this plan.
A right that the table does not give is refused.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal

from regiesysteem.access.caller import UNBOUNDED, Grant, grant_of_role
from regiesysteem.inrichting.current import Inrichting

Right = Literal[
    "signaal",
    "dat",
    "inzien",
    "documenten",
    "wijzigen",
    "herverdelen",
    "beheer",
    "inzage",
    "toezicht",
    "cijfers",
    "bewaren",
    "conformiteit",
]
"""Something that a person may do: ask for the signaal, know that a plan is there, see it, read its documents, change
it and hand over its deelplannen, give it to somebody else, run the system, read the read log of a plan, read all of
the log and answer an inzageverzoek, see figures, destroy, see how messages of an applicatie keep to the standard."""

Relation = Literal["eigen", "team", "uitvoerende", "reden", "ander"]
"""The relation of a person to a plan: regisseur of it, in the team of its regisseur, named in it as uitvoerende, let in
for a reason that he gave, or none of these."""

ALL: Final = frozenset[Relation](("eigen", "team", "uitvoerende", "reden", "ander"))
_OWN: Final = frozenset[Relation](("eigen",))
_NAMED: Final = frozenset[Relation](("eigen", "team"))
_TEAM: Final = frozenset[Relation](("eigen", "team", "reden"))
_PART: Final = frozenset[Relation](("uitvoerende", "reden"))

ROLES: Final[Mapping[str, Mapping[Right, frozenset[Relation]]]] = {
    "regisseur": {
        "signaal": ALL,
        "dat": ALL,
        "inzien": _TEAM,
        "documenten": _TEAM,
        "wijzigen": _OWN,
        "inzage": _OWN,
        "cijfers": _OWN,
    },
    "teamlid": {"signaal": ALL, "dat": ALL, "inzien": _TEAM, "documenten": _TEAM},
    "uitvoerende": {"signaal": ALL, "dat": ALL, "inzien": _PART, "documenten": _PART},
    "signaal": {"signaal": ALL},
    "coordinator": {"signaal": ALL, "dat": ALL, "inzien": _TEAM, "herverdelen": _NAMED, "cijfers": _NAMED},
    "beheerder": {"beheer": ALL},
    "privacy": {"toezicht": ALL, "bewaren": ALL},
    "archivaris": {"bewaren": ALL},
    "manager": {"cijfers": ALL},
    "leverancier": {"conformiteit": ALL},
}
"""The roles that are shipped; roles are not stacked: each has what stands here and no more."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is logged in, in one of his roles.

    Attributes:
        account: the row of his account.
        naam: the name that he logs in with, as the read log has it.
        volledige_naam: the name that others see.
        rol: the role that he is in.
        rollen: all his roles.
        medewerker: his identificatie as a medewerker in StUF, "" when he has none.
        team: the identificatie of his organisatorische eenheid, "" when he has none.
        rechten: the shipped role whose rights his role has; "" for one that is not (any more) in the inrichting.
        doel: the verwerkingsactiviteit for which the role looks.
        grant: the zaken that the role may see at all.
        applicatie: whose messages a leverancier sees judged, "" when the inrichting names none.
    """

    account: int
    naam: str
    volledige_naam: str
    rol: str
    rollen: tuple[str, ...] = ()
    medewerker: str = ""
    team: str = ""
    rechten: str = ""
    doel: str = ""
    grant: Grant = UNBOUNDED
    applicatie: str = ""

    def has(self, right: Right) -> bool:
        """Tell whether the role has a right for any plan at all."""
        return right in ROLES.get(self.rechten, {})

    def may(self, right: Right, relation: Relation) -> bool:
        """Tell whether the role has a right for a plan with which the person has this relation."""
        return relation in ROLES.get(self.rechten, {}).get(right, frozenset())


def in_role(person: Person, inrichting: Inrichting) -> Person:
    """A person with the rights that his role has in this inrichting; none for a role that is not in it."""
    rol = inrichting.rollen.get(person.rol)
    if rol is None:
        return replace(person, rechten="")
    doel = rol.verwerkingsactiviteit or inrichting.regels.verwerkingsactiviteit
    grant = grant_of_role(inrichting, rol)
    return replace(person, rechten=rol.rights_of, doel=doel, grant=grant, applicatie=rol.applicatie)


def roles_of_groups(inrichting: Inrichting, groepen: Collection[str]) -> tuple[str, ...]:
    """The roles that somebody has by his groups at an OpenID provider, in the order of the inrichting."""
    return tuple(naam for naam, rol in inrichting.rollen.items() if not set(rol.groepen).isdisjoint(groepen))
