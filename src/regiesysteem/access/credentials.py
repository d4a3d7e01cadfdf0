"""The proof of a sender: what a request showed, against what the inrichting has (RZS 7, ZDS 3).

Several applicaties may share a way to prove themselves (a certificate names an organisatie, and that may have more than
one), so a proof is of a set of them; the zender of the message says which one sends, and has to be in it.
"""

from datetime import UTC, datetime
from typing import Final

from regiesysteem.access.caller import Caller, Login, Proof, Shown, grant_of
from regiesysteem.access.certificates import Certificate, CertificateError, read_certificate
from regiesysteem.access.failures import Failures
from regiesysteem.access.passwords import Busy, PasswordCheck
from regiesysteem.inrichting.current import Inrichting
from regiesysteem.inrichting.model import Applicatie
from regiesysteem.stuf.faults import StufFout, shorten
from regiesysteem.stuf.message import Stuurgegevens, Systeem

_HOW: Final = (
    "Stuur de naam en het wachtwoord van de applicatie mee, met HTTP basic of een UsernameToken (PasswordText), of "
    "bied het clientcertificaat aan dat de beheerder kent."
)
UNAUTHORIZED: Final = "401 Unauthorized"
_TOO_OFTEN: Final = "429 Too Many Requests"
_BUSY_S: Final = 2


class ProofFailed(StufFout):
    """A sender is not who it says (StUF013).

    `status` is that of HTTP, "" for that of the fault; `retry_after` the seconds to wait, 0 when waiting does not help;
    `proven` are the applicaties that the credential did prove, when the message names another; `reason` is what the
    record of refused messages says of it, without a value.
    """

    def __init__(
        self,
        details: str,
        status: str = "",
        *,
        reason: str,
        retry_after: int = 0,
        proven: tuple[Applicatie, ...] = (),
    ) -> None:
        super().__init__("StUF013", details, kinds=(reason.rstrip("."),))
        self.status = status
        self.retry_after = retry_after
        self.proven = proven


class Prover:
    """Proves senders for one process. For many threads.

    With `without_credential` an applicatie that has no credential at all may come in: only this machine, or something
    else that guards it, can reach the server.
    """

    def __init__(self, *, without_credential: bool = True) -> None:
        self._without_credential = without_credential
        self._passwords = PasswordCheck()
        self._failures = Failures()
        self._versie = -1

    def prove(self, data: Stuurgegevens, shown: Shown, inrichting: Inrichting) -> Caller:
        """Give the caller of a message; a sender that is not listed has no applicatie. Raises ProofFailed."""
        zender = data.zender or Systeem()
        applicatie = inrichting.applicatie(*zender.sleutel)
        if inrichting.regels.autorisatie == "open":
            return Caller(zender, applicatie, grant=grant_of(inrichting, applicatie))
        self._take_over(inrichting)
        proof, proven = self._verify(shown, inrichting)
        if proof == "geen":
            self._allow_without(applicatie, inrichting)
        elif not any(zender.sleutel):
            applicatie = _only(proven)
            zender = Systeem(*inrichting.sleutel_of(applicatie), gebruiker=zender.gebruiker)
        elif applicatie not in proven:
            names = f"Gekregen: {name_of(zender)}. Het bewijs dat meekwam is niet van deze zender."
            raise ProofFailed(names, reason="het bewijs is van een ander dan de zender", proven=proven)
        return Caller(zender, applicatie, proof, grant_of(inrichting, applicatie))

    def vouches(self, shown: Shown, inrichting: Inrichting) -> bool:
        """Tell whether the headers of a request alone prove somebody; a wrong password counts as an attempt."""
        if shown.certificate or shown.fingerprint:
            return not shown.objection  # a proxy that is trusted passed it
        try:
            return shown.basic is not None and bool(self._logged_in(shown.basic, shown.address, inrichting))
        except ProofFailed:
            return False

    def _take_over(self, inrichting: Inrichting) -> None:
        """Forget passwords when any was changed; a thread with an older inrichting only verifies them again."""
        if inrichting.versie != self._versie:
            self._versie = inrichting.versie
            self._passwords.forget_when_changed(frozenset(inrichting.wachtwoorden.values()))

    def _allow_without(self, applicatie: Applicatie | None, inrichting: Inrichting) -> None:
        if not self._without_credential or (applicatie is not None and inrichting.has_credential(applicatie)):
            raise _refused("Dit systeem moet weten wie zendt.")

    def _verify(self, shown: Shown, inrichting: Inrichting) -> tuple[Proof, tuple[Applicatie, ...]]:
        """Give the applicaties that all that was shown proves; none of it is "geen"."""
        if shown.objection:
            raise _refused(shown.objection)
        claims: list[tuple[Proof, tuple[Applicatie, ...]]] = []
        if shown.certificate or shown.fingerprint:
            claims.append(("certificaat", _certified(shown, inrichting)))
        if shown.basic:
            claims.append(("basic", self._logged_in(shown.basic, shown.address, inrichting)))
        if shown.token and shown.token != shown.basic:
            claims.append(("token", self._logged_in(shown.token, shown.address, inrichting)))
        if not claims:
            return "geen", ()
        proof, proven = claims[0]
        for _, others in claims[1:]:
            proven = tuple(one for one in proven if one in others)
        if not proven:
            raise _refused("De bewijzen die meekwamen, zijn niet van één applicatie.")
        return proof, proven

    def _logged_in(self, login: Login, address: str, inrichting: Inrichting) -> tuple[Applicatie, ...]:
        """Give the applicaties with this name and password. Raises ProofFailed when there is none.

        A password that held before goes through at once: failures of another, who has the same address or uses the same
        name, do not hold up a sender that is at work.
        """
        named = [one for one in inrichting.applicaties if one.naam == login.naam]
        hashes = [(one, stored) for one in named if (stored := inrichting.password_of(one))]
        if remembered := self._remembered(login, hashes):
            return remembered
        try:
            return self._passwords.together(
                address, login.naam, login.password, lambda: self._verify_login(login, address, hashes)
            )
        except Busy:
            raise _later(_BUSY_S) from None

    def _remembered(self, login: Login, hashes: list[tuple[Applicatie, str]]) -> tuple[Applicatie, ...]:
        return tuple(one for one, stored in hashes if self._passwords.remembers(login.password, stored))

    def _verify_login(self, login: Login, address: str, hashes: list[tuple[Applicatie, str]]) -> tuple[Applicatie, ...]:
        """Verify a password that is not known yet; a failure counts. Raises Busy, and ProofFailed."""
        if remembered := self._remembered(login, hashes):
            return remembered  # another thread verified it a moment ago
        if wait := self._failures.count(address, login.naam):
            raise _later(wait)
        try:
            proven = tuple(one for one, stored in hashes if self._passwords.holds(login.password, stored))
            if not hashes:
                self._passwords.holds(login.password, None)
        except Busy:
            self._failures.take_back(address, login.naam)
            raise
        if proven:
            self._failures.take_back(address, login.naam)
            return proven
        raise _refused("De naam of het wachtwoord klopt niet.")


def _certified(shown: Shown, inrichting: Inrichting) -> tuple[Applicatie, ...]:
    """Give the applicaties that the client certificate names. Raises ProofFailed when there is none."""
    try:
        certificate = read_certificate(shown.certificate) if shown.certificate else Certificate(shown.fingerprint)
    except CertificateError as error:
        raise _refused(f"Het clientcertificaat: {error}.") from None
    if shown.fingerprint not in ("", certificate.fingerprint):
        raise _refused("Het clientcertificaat en zijn vingerafdruk horen niet bij elkaar.")
    if not certificate.is_valid_at(datetime.now(UTC)):
        raise _refused("Het clientcertificaat is verlopen, of nog niet geldig.")
    if named := tuple(one for one in inrichting.applicaties if any(map(certificate.answers_to, one.certificaat))):
        return named
    raise _refused("Dit clientcertificaat is niet van een applicatie die de beheerder heeft toegelaten.")


def _later(seconds: int) -> ProofFailed:
    text = f"Er wordt te vaak een wachtwoord geprobeerd; probeer het over {seconds} seconden opnieuw."
    return ProofFailed(text, _TOO_OFTEN, reason="te vaak een wachtwoord geprobeerd", retry_after=seconds)


def _refused(reason: str) -> ProofFailed:
    return ProofFailed(f"{reason} {_HOW}", UNAUTHORIZED, reason=reason)


def _only(proven: tuple[Applicatie, ...]) -> Applicatie:
    if len(proven) > 1:
        text = "Het bewijs past bij meer dan één applicatie; geef een zender mee."
        raise ProofFailed(text, reason=text, proven=proven)
    return proven[0]


def name_of(systeem: Systeem | None) -> str:
    """Name a zender or ontvanger in a text to a sender."""
    if systeem is None or not any(systeem.sleutel):
        return "geen zender"
    return " / ".join(shorten(part, 60) or "-" for part in systeem.sleutel)
