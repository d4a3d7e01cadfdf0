"""The load generator: some clients that each send their next message as soon as they have the answer to the last.

One thread with raw sockets and bodies made beforehand, because it shares the machine with what it measures.
"""

import selectors
import socket
import time
from collections.abc import Iterator
from typing import Final

from tests.belasting.opdracht import Command, Report, lever_in, report_ready, take_to

_BLOCK: Final = 256 * 1024
_MAX_FOUTEN: Final = 3
_QUIET_S: Final = 60
Request = tuple[bytes, bytes]
"""A request, header included, and what its answer must hold."""


class Client:
    """One client on one connection that stays open."""

    def __init__(self, port: int, verzoeken: Iterator[Request], report: Report) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._verzoeken = verzoeken
        self._report = report
        self._answer = bytearray()
        self._length = -1
        self._begin = 0.0
        self._expected = b""

    def send(self) -> bool:
        """Send the next request; False when there is none."""
        request = next(self._verzoeken, None)
        if request is None:
            return False
        bericht, self._expected = request
        self._report.heen += len(bericht)
        self._begin = time.perf_counter()
        self.socket.sendall(bericht)
        return True

    def receive(self) -> bool:
        """Take in what is there; True when the answer is complete, and then it is in the report."""
        part = self.socket.recv(_BLOCK)
        if not part:
            raise ConnectionError("the server closed the connection")
        self._answer += part
        if self._length < 0 and (head := self._answer.find(b"\r\n\r\n")) >= 0:
            self._length = head + 4 + inhoudslengte(bytes(self._answer[:head]))
        if self._length < 0 or len(self._answer) < self._length:
            return False
        self._note()
        return True

    def _note(self) -> None:
        report = self._report
        report.duur.append(time.perf_counter() - self._begin)
        report.terug += len(self._answer)
        if not self._answer.startswith(b"HTTP/1.1 200") or self._expected not in self._answer:
            report.fouten.append(self._answer[:2000].decode(errors="replace"))
            del report.fouten[_MAX_FOUTEN:]
        self._answer.clear()
        self._length = -1


def work(command: Command) -> Report:
    """Prepare the requests, wait for the sign to start, send them, and report."""
    made = list(_verzoeken(command))
    report = Report()
    source = tijdig(made, command.seconden)
    clients = [Client(int(command.where), source, report) for _ in range(command.gelijktijdig)]
    report_ready()
    cpu, begin = time.process_time(), time.perf_counter()
    _run(clients)
    report.seconden, report.cpu = time.perf_counter() - begin, time.process_time() - cpu
    return report


def tijdig(verzoeken: list[Request], seconds: float) -> Iterator[Request]:
    """The requests, as long as the time lasts from the first one on."""
    uiterlijk = time.perf_counter() + seconds
    for request in verzoeken:
        if time.perf_counter() > uiterlijk:
            return
        yield request


def _run(clients: list[Client]) -> None:
    with selectors.EpollSelector() as wachter:
        busy = 0
        for client in clients:
            if client.send():
                wachter.register(client.socket, selectors.EVENT_READ, client)
                busy += 1
        while busy:
            ready = wachter.select(_QUIET_S)
            if not ready:
                raise TimeoutError("no answer")
            for sleutel, _ in ready:
                if sleutel.data.receive() and not sleutel.data.send():
                    wachter.unregister(sleutel.fileobj)
                    sleutel.data.socket.close()
                    busy -= 1


def _verzoeken(command: Command) -> Iterator[Request]:
    heads = [(stroom.kop(), stroom.soort().expected.encode()) for stroom in command.stromen]
    for number in range(command.aantal):
        keer, which = divmod(number, len(heads))
        head, expected = heads[which]
        yield head + command.stromen[which].body(keer), expected


def inhoudslengte(head: bytes) -> int:
    """The length that the header of an answer gives."""
    for regel in head.lower().split(b"\r\n"):
        if regel.startswith(b"content-length:"):
            return int(regel.partition(b":")[2])
    raise ValueError("an answer without Content-Length")


if __name__ == "__main__":
    lever_in(work(take_to()))
