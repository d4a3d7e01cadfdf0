"""The floor of delivery: a loop that posts the bytes of a notification, with the HTTP library that delivers them.

Like the other load processes; the header and body in the sjablonen of its order are those that the receiver got last.
"""

import time
from typing import Final

import requests
from tests.belasting.opdracht import Command, Report, lever_in, report_ready, take_to

_OWN: Final = frozenset({"host", "content-length", "connection"})
"""Headers that the HTTP library writes itself."""


def work(command: Command) -> Report:
    """Post the message `count` times, one after the other, on a connection that stays open."""
    head, body = command.sjablonen["kop"], command.sjablonen["body"].encode()
    regels = (regel.partition(": ") for regel in head.split("\r\n")[1:])
    headers = {naam: waarde for naam, _, waarde in regels if naam.lower() not in _OWN}
    report = Report()
    with requests.Session() as session:
        session.trust_env = False
        session.post(command.where, data=body, headers=headers, timeout=10).raise_for_status()
        report_ready()
        cpu, begin = time.process_time(), time.perf_counter()
        for _ in range(command.aantal):
            vanaf = time.perf_counter()
            answer = session.post(command.where, data=body, headers=headers, timeout=10)
            if b"Bv03" not in answer.content:
                report.fouten.append(answer.text[:1000])
                break
            report.duur.append(time.perf_counter() - vanaf)
            report.heen += len(body)
            report.terug += len(answer.content)
            if vanaf - begin > command.seconden:
                break
        report.seconden, report.cpu = time.perf_counter() - begin, time.process_time() - cpu
    return report


if __name__ == "__main__":
    lever_in(work(take_to()))
