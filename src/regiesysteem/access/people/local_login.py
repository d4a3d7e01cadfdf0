"""Logging in with a password and a code: for accounts of our own, where no OpenID provider knows the person.

An unknown name costs what a wrong password costs, and gets the same answer. Attempts are bounded per name and per
address (`access.failures`); wrong codes behind a right password are bounded per account, for all processes.
"""

import time
from typing import Final

import pyotp
from sqlalchemy import Connection, Engine

from regiesysteem.access.failures import Failures
from regiesysteem.access.passwords import Busy, PasswordCheck, check_password, hash_password
from regiesysteem.db import Sql

_STEP_S: Final = 30
_BESIDE: Final = 1  # steps that a clock may be off (RFC 6238, 5.2)
_MOST_WRONG: Final = 10  # codes behind a right password; after that a beheerder gives a link
_BUSY_S: Final = 2

_FIND: Final = Sql("""
    SELECT id, versie, wachtwoord, factor, factor_mislukt FROM account
    WHERE naam = :naam AND uitgever IS NULL AND NOT geblokkeerd
""")
_USE_STEP: Final = Sql("""
    -- a code counts once: two requests with the same code take turns at the row, and one of them finds the step used
    UPDATE account SET factor_stap = :stap, factor_mislukt = 0 WHERE id = :id AND factor_stap < :stap
""")
_WRONG_CODE: Final = Sql("UPDATE account SET factor_mislukt = factor_mislukt + 1 WHERE id = :id")
_SET: Final = Sql("""
    -- a new password, and with it a new second factor or none; every session of the account ends
    UPDATE account SET wachtwoord = :wachtwoord, factor = CAST(:factor AS text), factor_stap = :stap,
        factor_mislukt = 0, versie = versie + 1
    WHERE id = :id
""")


class LoginRefused(Exception):
    """Somebody does not get in; `wait` is the seconds before he may try again, 0 when he may do so at once."""

    def __init__(self, wait: int = 0) -> None:
        super().__init__()
        self.wait = wait


class LocalLogin:
    """Verifies names, passwords and codes, for one process. For many threads.

    `factor_needed`: who has no second factor does not get in.
    """

    def __init__(self, engine: Engine, *, factor_needed: bool) -> None:
        self._engine = engine
        self._factor_needed = factor_needed
        self._check = PasswordCheck()
        self._failures = Failures()

    def log_in(self, address: str, naam: str, password: str, code: str) -> int:
        """The account that somebody proves to have. Raises LoginRefused, the same for whatever is wrong.

        No connection is held while a password is hashed.
        """
        if wait := self._failures.count(address, naam):
            raise LoginRefused(wait)
        with self._engine.connect() as connection:
            row = _FIND.run(connection, {"naam": naam}).one_or_none()
        try:
            held = self._check.holds(password, row.wachtwoord if row else None)
        except Busy:
            self._failures.take_back(address, naam)
            raise LoginRefused(_BUSY_S) from None
        if not held or row is None:
            raise LoginRefused
        if row.factor is None and self._factor_needed:
            raise LoginRefused
        if row.factor is not None:
            with self._engine.begin() as connection:
                right = row.factor_mislukt < _MOST_WRONG and _use_code(connection, row.id, row.factor, code)
                if not right:
                    _WRONG_CODE.run(connection, {"id": row.id})
            if not right:
                raise LoginRefused
        self._failures.take_back(address, naam)
        return int(row.id)


def set_login(connection: Connection, account: int, password: str, factor: str = "", code: str = "") -> bool:
    """Give an account a password, and a second factor that `code` proves; False when the code is wrong.

    Raises PasswordError for a password that is not taken. The sessions of the account end.
    """
    check_password(password)
    step = matching_step(factor, code) if factor else 0
    if step is None:
        return False
    row = {"id": account, "wachtwoord": hash_password(password), "factor": factor or None, "stap": step}
    _SET.run(connection, row)
    return True


def new_factor() -> str:
    """A new secret for a second factor, in base32: 160 bits (RFC 4226, 4)."""
    return pyotp.random_base32()


def factor_address(naam: str, factor: str, where: str) -> str:
    """The otpauth address of a second factor, that an app reads from a QR code."""
    return pyotp.TOTP(factor).provisioning_uri(name=naam, issuer_name=f"Regiesysteem {where}")


def matching_step(factor: str, code: str) -> int | None:
    """The time step of which this is the code, now or one beside it; None for a wrong code. Every step is compared."""
    given = "".join(code.split())
    now = int(time.time()) // _STEP_S
    totp = pyotp.TOTP(factor)
    found = [step for step in range(now - _BESIDE, now + _BESIDE + 1) if totp.verify(given, for_time=step * _STEP_S)]
    return found[-1] if found else None


def _use_code(connection: Connection, account: int, factor: str, code: str) -> bool:
    step = matching_step(factor, code)
    return step is not None and _USE_STEP.run(connection, {"id": account, "stap": step}).rowcount == 1
