"""The load generator for documents: clients in threads, since one large message would keep all others of one thread.

Requests are made piece by piece while they are sent, answers are counted and thrown away.
"""

import socket
import threading
import time
from typing import Final

from tests.belasting.documentberichten import request
from tests.belasting.klant import inhoudslengte
from tests.belasting.opdracht import Beurten, Command, Report, Stroom, lever_in, report_ready, take_to

_BLOCK: Final = 1024 * 1024
_BEGIN: Final = 64 * 1024
"""Bytes of an answer that are kept, to see whether it is good."""
_QUIET_S: Final = 60
_MAX_FOUTEN: Final = 3


class Documentklant:
    """One client on one connection that stays open."""

    _lock = threading.Lock()

    def __init__(self, port: int, stroom: Stroom, report: Report) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=_QUIET_S)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._stroom = stroom
        self._report = report
        self._buffer = bytearray(_BLOCK)

    def run(self, beurten: Beurten) -> None:
        """Send requests as long as there are turns; what goes wrong stands in the report."""
        try:
            with self._socket:
                for keer in beurten:
                    self._question(keer)
        except (OSError, ValueError) as error:
            self._report.fouten.append(f"{type(error).__name__}: {error}")

    def _question(self, keer: int) -> None:
        parts, expected = request(self._stroom, keer)
        begin = time.perf_counter()
        for part in parts:
            self._socket.sendall(part)
        answer, length = self._answer()
        self._report.duur.append(time.perf_counter() - begin)
        with self._lock:
            self._report.heen += sum(map(len, parts))
            self._report.terug += length
        if not answer.startswith(b"HTTP/1.1 200") or expected not in answer:
            self._report.fouten.append(answer[:2000].decode(errors="replace"))
            del self._report.fouten[_MAX_FOUTEN:]

    def _answer(self) -> tuple[bytes, int]:
        """Take in an answer: its beginning, and how long it is."""
        begin, parsed, length = b"", 0, -1
        while length < 0 or parsed < length:
            count = self._socket.recv_into(self._buffer)
            if not count:
                raise ConnectionError("the server closed the connection")
            if len(begin) < _BEGIN:
                begin += self._buffer[: min(count, _BEGIN - len(begin))]
            parsed += count
            if length < 0 and (head := begin.find(b"\r\n\r\n")) >= 0:
                length = head + 4 + inhoudslengte(begin[:head])
        return begin, parsed


def work(command: Command) -> Report:
    """Connect, wait for the sign to start, send the requests, and report."""
    [stroom] = command.stromen
    report = Report()
    clients = [Documentklant(int(command.where), stroom, report) for _ in range(command.gelijktijdig)]
    request(stroom, 0)  # makes what all requests share
    report_ready()
    cpu, begin = time.process_time(), time.perf_counter()
    beurten = Beurten(command.aantal, command.seconden)
    threads = [threading.Thread(target=client.run, args=(beurten,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    report.seconden, report.cpu = time.perf_counter() - begin, time.process_time() - cpu
    return report


if __name__ == "__main__":
    lever_in(work(take_to()))
