"""The caller of an operation: who it proved to be and what it may, as one value that travels with its message."""

from dataclasses import dataclass, field
from typing import Final, Literal

from regiesysteem.inrichting.current import Inrichting
from regiesysteem.inrichting.model import Applicatie
from regiesysteem.stuf.message import Systeem

Proof = Literal["geen", "basic"]
"""The way in which a caller proved who it is; "geen" where nobody has to."""


@dataclass(frozen=True, slots=True)
class Login:
    """A name and a password; no text of it shows the password."""

    naam: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Shown:
    """The credentials that came with a request; nobody has believed them yet.

    Attributes:
        basic: the login of HTTP basic (RFC 7617).
        objection: why what was shown can prove nothing (Dutch), "" when it may.
        address: the machine that the request comes from, as far as it can be believed; "" when nobody knows.
    """

    basic: Login | None = None
    objection: str = ""
    address: str = ""


NOTHING_SHOWN: Final = Shown()


@dataclass(frozen=True, slots=True)
class Grant:
    """The rights of a caller.

    Attributes:
        diensten: the operations that it may call; None for all of them.
    """

    diensten: frozenset[str] | None = None

    def allows(self, dienst: str) -> bool:
        """Tell whether the caller may call an operation."""
        return self.diensten is None or dienst in self.diensten


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody who asks: an applicatie, or (on the pages) a person in a role.

    Attributes:
        zender: the sender of its messages (RZS 7: rights are those of an applicatie).
        applicatie: its entry in the inrichting; None for one that is not listed.
        proof: how it proved that.
        grant: what it may.
        persoon: the person who looks, "" for an application.
        rol: the role of that person.
    """

    zender: Systeem
    applicatie: Applicatie | None = None
    proof: Proof = "geen"
    grant: Grant = Grant()
    persoon: str = ""
    rol: str = ""


NOBODY: Final = Caller(Systeem())
"""The caller of a message that nobody admitted."""


def grant_of(inrichting: Inrichting, applicatie: Applicatie | None) -> Grant:
    """Give the rights of an applicatie; None is a sender that is not listed."""
    if applicatie is None:
        return Grant() if inrichting.regels.unknown_zenders_allowed else Grant(diensten=frozenset())
    if inrichting.regels.autorisatie == "open" or "*" in applicatie.diensten:
        return Grant()
    return Grant(diensten=frozenset(applicatie.diensten))
