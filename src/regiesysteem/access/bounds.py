"""How much a sender may send in a minute: requests and megabytes, counted for all server processes together.

A minute is one of the clock, the same for all processes. The counts are in memory that the processes share; each writes
in a part of its own and adds up all parts, so a count of a moment ago may be missed and none waits for another. All is
forgotten at a restart.
"""

import mmap
import struct
import threading
import time
from hashlib import blake2b
from typing import Final, NamedTuple, Protocol

from regiesysteem.access.caller import Caller, Shown
from regiesysteem.inrichting.current import Inrichting

_MINUTE_S: Final = 60
_MB: Final = 1_000_000
_ROW: Final = struct.Struct("<QQQQ")  # minute, key, requests, bytes
_ROWS: Final = 4096  # senders and addresses in a minute; those beyond share the last row
_LOOKS: Final = 8
_PART: Final = _ROW.size * (_ROWS + 1)


class TooFast(Exception):
    """A sender sent more in this minute than it may; `text` (Dutch) says so, and `retry_after` is in seconds."""

    def __init__(self, text: str, retry_after: int) -> None:
        super().__init__(text)
        self.text = text
        self.retry_after = retry_after


class Gate(Protocol):
    """Knows how much came from whom, around a request."""

    def before(self, shown: Shown, /) -> None:
        """Refuse a request before its body is parsed. Raises TooFast."""

    def after(self, shown: Shown, size: int, /) -> None:
        """Count a request that proved nothing."""


class Volume(NamedTuple):
    """The requests and bytes of a sender in a minute."""

    requests: int = 0
    bytes: int = 0


class SharedRates:
    """Memory for the counts of so many processes, made before them."""

    def __init__(self, parts: int = 1) -> None:
        memory = memoryview(mmap.mmap(-1, parts * _PART))
        self.parts = [memory[number * _PART : (number + 1) * _PART] for number in range(parts)]


class Rates:
    """The counts of one process, with those of the others; for many threads."""

    def __init__(self, shared: SharedRates | None = None, number: int = 0) -> None:
        self._parts = (shared or SharedRates()).parts
        self._own = self._parts[number]
        self._lock = threading.Lock()

    def add(self, key: str, size: int, minute: int) -> None:
        """Count a request of so many bytes."""
        digest = _digest(key)
        with self._lock:
            place, sent = _find(self._own, digest, minute)
            _ROW.pack_into(self._own, place, minute, digest, sent.requests + 1, sent.bytes + size)

    def sent(self, key: str, minute: int) -> Volume:
        """Give what all processes counted."""
        digest = _digest(key)
        found = [_find(part, digest, minute)[1] for part in self._parts]
        return Volume(sum(one.requests for one in found), sum(one.bytes for one in found))


def _digest(key: str) -> int:
    return int.from_bytes(blake2b(key.encode(), digest_size=8).digest())


def _find(part: memoryview, digest: int, minute: int) -> tuple[int, Volume]:
    """Give the place of a key in a part, and its counts; that of the shared row when there is no other."""
    free = None
    for step in range(_LOOKS):
        place = (digest + step) % _ROWS * _ROW.size
        row_minute, row_digest, requests, size = _ROW.unpack_from(part, place)
        if row_minute != minute:
            free = place if free is None else free
        elif row_digest == digest:
            return place, Volume(requests, size)
    if free is not None:
        return free, Volume()
    place = _ROWS * _ROW.size
    row_minute, _, requests, size = _ROW.unpack_from(part, place)
    return place, Volume(requests, size) if row_minute == minute else Volume()


class SenderBounds:
    """Holds senders to the bounds of the inrichting.

    A sender that proved who it is has a bound of its own; all that proves nothing has one for each address. Under
    ``autorisatie = "open"`` nothing is bounded: only this machine can reach the server then.
    """

    def __init__(self, rates: Rates | None = None) -> None:
        self._rates = rates or Rates()

    def before(self, inrichting: Inrichting, shown: Shown) -> None:
        """Refuse a request of an address that sent too much, before its body is parsed. Raises TooFast.

        It looks at what came from the address before and proved nothing; `after` counts this request.
        """
        regels = inrichting.regels
        if regels.autorisatie != "open":
            self._hold(f"adres {shown.address}", regels.verzoeken_per_minuut, regels.mb_per_minuut)

    def proven(self, inrichting: Inrichting, caller: Caller, size: int) -> None:
        """Count a request of a sender that proved who it is, and refuse it beyond its bounds. Raises TooFast."""
        one, regels = caller.applicatie, inrichting.regels
        if one is None or caller.proof == "geen":
            return
        key = "/".join(("applicatie", *inrichting.sleutel_of(one)))
        self._rates.add(key, size, _minute())
        requests = regels.verzoeken_per_minuut if one.verzoeken_per_minuut is None else one.verzoeken_per_minuut
        self._hold(key, requests, regels.mb_per_minuut if one.mb_per_minuut is None else one.mb_per_minuut)

    def after(self, shown: Shown, size: int) -> None:
        """Count a request that proved nothing, whatever became of it."""
        self._rates.add(f"adres {shown.address}", size, _minute())

    def _hold(self, key: str, requests: int, megabytes: int) -> None:
        sent = self._rates.sent(key, _minute())
        said = ""
        if requests and sent.requests > requests:
            said = f"{requests} berichten"
        elif megabytes and sent.bytes > megabytes * _MB:
            said = f"{megabytes} MB"
        if said:
            wait = _MINUTE_S - _now() % _MINUTE_S
            text = f"Dit is te veel in een minuut: hoogstens {said}. Bied het bericht over {wait} seconden opnieuw aan."
            raise TooFast(text, wait)


def _minute() -> int:
    return _now() // _MINUTE_S


def _now() -> int:
    return int(time.time())
