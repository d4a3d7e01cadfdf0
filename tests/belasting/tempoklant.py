"""A client that keeps its pace: a request every so often, whether the ones before it were answered or not.

Like the other load processes; the `seconds` of its order are those from one request to the next.
"""

import http.client
import itertools
import threading
import time
from contextlib import closing
from typing import Final

from tests.belasting.opdracht import Command, Report, lever_in, report_ready, take_to

_HEADERS: Final = {"Content-Type": "text/xml; charset=utf-8"}


def work(command: Command) -> Report:
    """Send the requests, each at its moment, by `gelijktijdig` threads; `duration` counts from that moment."""
    [stroom] = command.stromen
    soort = stroom.soort()
    bodies = [stroom.body(number) for number in range(command.aantal)]
    numbers = itertools.count()
    report = Report()
    report_ready()
    cpu, begin = time.process_time(), time.perf_counter()

    def thread() -> None:
        with closing(http.client.HTTPConnection("127.0.0.1", int(command.where))) as connection:
            while (number := next(numbers)) < command.aantal:
                moment = begin + number * command.seconden
                time.sleep(max(moment - time.perf_counter(), 0))
                connection.request("POST", soort.door, bodies[number], _HEADERS)
                text = connection.getresponse().read().decode(errors="replace")
                report.duur.append(time.perf_counter() - moment)
                if soort.expected not in text:
                    report.fouten.append(text[:2000])

    threads = [threading.Thread(target=thread) for _ in range(command.gelijktijdig)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    report.seconden, report.cpu = time.perf_counter() - begin, time.process_time() - cpu
    return report


if __name__ == "__main__":
    lever_in(work(take_to()))
