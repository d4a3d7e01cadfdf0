"""The caller of an operation: who it proved to be and what it may, as one value that travels with its message."""

from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

from regiesysteem.inrichting.current import Inrichting, Zaaktype
from regiesysteem.inrichting.fields import AANDUIDINGEN, HIGHEST
from regiesysteem.inrichting.model import Applicatie, Rol
from regiesysteem.stuf.message import Systeem

SIGNAAL: Final = frozenset({"zakLv01"})
"""The one operation of a caller that may only ask for the signaal."""

_AANDUIDING: Final = "vertrouwelijkAanduiding"
_PLANS: Final = ("gezinsplan", "levensdomeinplan")

Proof = Literal["geen", "basic", "token", "certificaat", "sessie"]
"""The way in which a caller proved who it is; "geen" where nobody has to, "sessie" for a person on a page."""


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
        token: the login of a UsernameToken (WS-Security 1.0).
        certificate: the client certificate that a trusted proxy accepted, in DER; empty for none.
        fingerprint: its SHA-256 in hexadecimals, when the proxy passes that; alone, or beside the certificate.
        objection: why what was shown can prove nothing (Dutch), "" when it may.
        address: the machine that the request comes from, as far as it can be believed; "" when nobody knows.
    """

    basic: Login | None = None
    token: Login | None = None
    certificate: bytes = field(default=b"", repr=False)
    fingerprint: str = ""
    objection: str = ""
    address: str = ""


NOTHING_SHOWN: Final = Shown()


class Kinds(NamedTuple):
    """The rights that narrow which zaken a caller sees: all that the text of a statement for it depends on."""

    zaaktypen: bool = False
    aanduidingen: bool = False
    eigen: bool = False
    lopend: bool = False


EVERYTHING: Final = Kinds()
"""Nothing narrows."""


@dataclass(frozen=True, slots=True)
class Grant:
    """The rights of a caller; the value of each field that is left out narrows nothing.

    Attributes:
        diensten: the operations that it may call; None for all of them.
        zaaktypen: ids of the zaaktypen of which it may see zaken; None for all of them.
        aanduidingen: the vertrouwelijkAanduidingen of documents that it may see; None for all, also for no aanduiding.
            A zaak has that of its zaaktype: StUF-ZKN 3.10 knows none of its own.
        eigenaar: who must have made a zaak, or have been given it, for the caller to see it; None for any.
        organisaties: the ways in which messages of the eigenaar name its organisatie.
        zonder: names of elements that it never gets.
        signaal: whether it may only ask who directs the running gezinsplan of somebody.
        maximum: zaken in one answer; None for what the inrichting says of all.
        archief: whether it may say that and when a zaak is destroyed.
    """

    diensten: frozenset[str] | None = None
    zaaktypen: frozenset[int] | None = None
    aanduidingen: frozenset[str] | None = None
    eigenaar: Systeem | None = None
    organisaties: tuple[str, ...] = ()
    zonder: frozenset[str] = frozenset()
    signaal: bool = False
    maximum: int | None = None
    archief: bool = True

    @property
    def kinds(self) -> Kinds:
        """The kinds of right that narrow which zaken the caller sees."""
        return Kinds(
            zaaktypen=self.zaaktypen is not None,
            aanduidingen=self.aanduidingen is not None,
            eigen=self.eigenaar is not None,
            lopend=self.signaal,
        )

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


UNBOUNDED: Final = Grant()
"""The rights of whoever may do and see everything, as our own work does."""

NOBODY: Final = Caller(Systeem())
"""The caller of a message that nobody admitted."""


def grant_of(inrichting: Inrichting, applicatie: Applicatie | None) -> Grant:
    """Give the rights of an applicatie; None is a sender that is not listed."""
    if applicatie is None:
        return Grant() if inrichting.regels.unknown_zenders_allowed else Grant(diensten=frozenset(), archief=False)
    if inrichting.regels.autorisatie == "open":
        return Grant(maximum=applicatie.max_antwoorden)
    diensten = None if "*" in applicatie.diensten else frozenset(applicatie.diensten)
    seen = [zaaktype.id for zaaktype in inrichting.zaaktypen if _sees_zaaktype(applicatie, zaaktype)]
    organisatie = applicatie.organisatie or inrichting.gemeente.code
    return Grant(
        diensten=_signaal(diensten) if applicatie.signaal else diensten,
        zaaktypen=frozenset(seen) if _by_zaaktype(applicatie) else None,
        aanduidingen=_aanduidingen(applicatie.vertrouwelijkheid),
        eigenaar=Systeem(organisatie, applicatie.naam, applicatie.administratie) if applicatie.eigen_zaken else None,
        # A message without organisatie is one from within the municipality.
        organisaties=(organisatie, "") if organisatie == inrichting.gemeente.code else (organisatie,),
        zonder=frozenset(applicatie.zonder),
        signaal=applicatie.signaal,
        maximum=applicatie.max_antwoorden,
        archief=applicatie.archief,
    )


def grant_of_role(inrichting: Inrichting, rol: Rol) -> Grant:
    """Give the zaken that people in a role may see at all; its `zaaktypen` say which deelplannen, not which plans.

    What a person may do with one of them depends on his relation to it (`access.people`).
    """
    aanduidingen = _aanduidingen(rol.vertrouwelijkheid)
    seen = [
        zaaktype.id
        for zaaktype in inrichting.zaaktypen
        if ("*" in rol.zaaktypen or zaaktype.code in rol.zaaktypen or zaaktype.soort in _PLANS)
        and (aanduidingen is None or zaaktype.inhoud.get(_AANDUIDING) in aanduidingen)
    ]
    narrows = "*" not in rol.zaaktypen or aanduidingen is not None
    return Grant(zaaktypen=frozenset(seen) if narrows else None, aanduidingen=aanduidingen)


def _signaal(diensten: frozenset[str] | None) -> frozenset[str]:
    return SIGNAAL if diensten is None else SIGNAAL & diensten


def _by_zaaktype(applicatie: Applicatie) -> bool:
    listed = "*" not in applicatie.zaaktypen or bool(applicatie.soort)
    return listed or applicatie.signaal or _below(applicatie.vertrouwelijkheid)


def _below(vertrouwelijkheid: str | None) -> bool:
    return vertrouwelijkheid not in (None, HIGHEST)


def _sees_zaaktype(applicatie: Applicatie, zaaktype: Zaaktype) -> bool:
    """Tell whether an applicatie may see zaken of a zaaktype; one that names no vertrouwelijkheid has the highest."""
    named = "*" in applicatie.zaaktypen or zaaktype.code in applicatie.zaaktypen
    soort = (not applicatie.soort or zaaktype.soort in applicatie.soort) and (
        not applicatie.signaal or zaaktype.soort == "gezinsplan"
    )
    aanduidingen = _aanduidingen(applicatie.vertrouwelijkheid)
    return named and soort and (aanduidingen is None or zaaktype.inhoud.get(_AANDUIDING) in aanduidingen)


def _aanduidingen(vertrouwelijkheid: str | None) -> frozenset[str] | None:
    """The aanduidingen up to and including one; None for all."""
    if vertrouwelijkheid is None or not _below(vertrouwelijkheid):
        return None
    return frozenset(AANDUIDINGEN[AANDUIDINGEN.index(vertrouwelijkheid) :])
