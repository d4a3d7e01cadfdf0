"""Passwords of applicaties: kept as an argon2 hash, and verified at the price of one hash per credential."""

import hashlib
import hmac
import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from datetime import datetime
from typing import Any, Final, TypeVar

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects.postgresql import insert

from regiesysteem.errors import Reportable
from regiesysteem.inrichting.load import lock_inrichting, raise_versie
from regiesysteem.inrichting.tables import PasswordRow

SHORTEST: Final = 12
LONGEST: Final = 200

_HASHER: Final = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1, type=Type.ID)
"""argon2id with the least that OWASP advises (19 MiB, 2 rounds, 1 lane): some 20 ms and 19 MiB for each hash."""

_DUMMY: Final = "$argon2id$v=19$m=19456,t=2,p=1$dqjck1g6bNLNfFHvD7AZGQ$DK7h/ehAo7UQwGwuC4MpiuuATinXjII8hc+TWx8iwPU"
"""The hash of a password that was thrown away: an unknown name costs what a wrong password costs."""

_AT_A_TIME: Final = 2  # hashes of one process, so 38 MiB
_AT_THE_DOOR: Final = 4  # threads of one process that hash or wait for that; the others serve whoever is known
_WAIT_S: Final = 1.0  # of a thread for its turn
_DOOR_S: Final = 0.25  # of a thread for a place among those
_TOGETHER_S: Final = 10.0  # of a thread for the outcome of another
_REMEMBERED: Final = 1024  # credentials of one process

Outcome = TypeVar("Outcome")
Key = tuple[str, str, str]
"""Organisatie, naam and administratie of an applicatie."""


class PasswordError(Reportable):
    """A password that is not taken; the text (Dutch) says why."""


class Busy(Exception):
    """Too many passwords are being verified now."""


def check_password(password: str) -> None:
    """Refuse a password that is too short, too long, or cannot be typed in a header. Raises PasswordError."""
    if len(password) < SHORTEST:
        raise PasswordError(f"Het wachtwoord is te kort: minstens {SHORTEST} tekens. Er is niets gewijzigd.")
    if len(password) > LONGEST:
        raise PasswordError(f"Het wachtwoord is te lang: hoogstens {LONGEST} tekens. Er is niets gewijzigd.")
    if not password.isprintable():
        raise PasswordError("In het wachtwoord staat een teken dat niet te zien is. Er is niets gewijzigd.")


def set_password(connection: Connection, key: Key, password: str) -> None:
    """Keep the hash of a password; a running server knows it at the next message. Raises PasswordError."""
    check_password(password)
    keep_hash(connection, key, hash_password(password))


def hash_password(password: str) -> str:
    """The hash of a password, as it is kept."""
    return _HASHER.hash(password)


def keep_hash(connection: Connection, key: Key, stored: str) -> None:
    """Keep a hash as the password of an applicatie."""
    lock_inrichting(connection)
    new = insert(PasswordRow).values(**_row(key), hash=stored)
    again = {"hash": new.excluded.hash, "gezet_op": new.excluded.gezet_op}
    connection.execute(new.on_conflict_do_update(index_elements=list(_row(key)), set_=again))
    raise_versie(connection)


def forget_password(connection: Connection, key: Key) -> bool:
    """Delete the hash of a password; False when there was none."""
    lock_inrichting(connection)
    gone = connection.execute(delete(PasswordRow).filter_by(**_row(key))).rowcount > 0
    if gone:
        raise_versie(connection)
    return gone


def password_since(connection: Connection, key: Key) -> datetime | None:
    """The moment at which the password was set, None when there is none."""
    found: datetime | None = connection.scalar(select(PasswordRow.gezet_op).filter_by(**_row(key)))
    return found


def _row(key: Key) -> dict[str, str]:
    return dict(zip(("organisatie", "naam", "administratie"), key, strict=True))


class PasswordCheck:
    """Verifies passwords for one process. For many threads.

    A password that held is remembered as a digest with a key of this process and of its hash, so that the next message
    costs a digest; nothing of it is on disk.
    """

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._turn = threading.BoundedSemaphore(_AT_A_TIME)
        self._door = threading.BoundedSemaphore(_AT_THE_DOOR)
        self._lock = threading.Lock()
        self._held: OrderedDict[bytes, str] = OrderedDict()
        self._hashes: frozenset[str] = frozenset()
        self._under_way: dict[bytes, Future[Any]] = {}

    def remembers(self, password: str, stored: str) -> bool:
        """Tell whether this password held before against this hash."""
        digest = self._digest(password, stored)
        with self._lock:
            if digest not in self._held:
                return False
            self._held.move_to_end(digest)
            return True

    def holds(self, password: str, stored: str | None) -> bool:
        """Verify a password against its hash; None, for a name without one, takes as long. Raises Busy."""
        if not self._door.acquire(timeout=_DOOR_S):
            raise Busy
        try:
            held = self._verify(password, stored or _DUMMY)
        finally:
            self._door.release()
        if stored is None or not held:
            return False
        with self._lock:
            self._held[self._digest(password, stored)] = stored
            if len(self._held) > _REMEMBERED:
                self._held.popitem(last=False)
        return True

    def _verify(self, password: str, stored: str) -> bool:
        if not self._turn.acquire(timeout=_WAIT_S):
            raise Busy
        try:
            return _HASHER.verify(stored, password)
        except (VerificationError, InvalidHashError):
            return False
        finally:
            self._turn.release()

    def forget_when_changed(self, hashes: frozenset[str]) -> None:
        """Forget what held against a hash that is none of these any more; others go on without a new hash."""
        with self._lock:
            if hashes != self._hashes:
                self._hashes = hashes
                for digest in [digest for digest, stored in self._held.items() if stored not in hashes]:
                    del self._held[digest]

    def together(self, address: str, name: str, password: str, work: Callable[[], Outcome]) -> Outcome:
        """Do the work for a login, once for all threads that have the same one from the same address at a time.

        A sender that opens several connections at once so costs one hash and one attempt, as one that opens them one
        after the other does.
        """
        key = self._digest(password, f"{address}\0{name}")
        with self._lock:
            other = self._under_way.get(key)
            own: Future[Any] = self._under_way.setdefault(key, Future())
        if other is not None:
            try:
                found: Outcome = other.result(_TOGETHER_S)
            except TimeoutError:
                raise Busy from None
            return found
        try:
            outcome = work()
            own.set_result(outcome)
        except BaseException as error:
            own.set_exception(error)
            raise
        finally:
            with self._lock:
                del self._under_way[key]
        return outcome

    def _digest(self, password: str, stored: str) -> bytes:
        return hmac.digest(self._key, f"{stored}\0{password}".encode("utf-8", "surrogatepass"), hashlib.sha256)
