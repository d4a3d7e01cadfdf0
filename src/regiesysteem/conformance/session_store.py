"""The real store behind a session: our own server with a database and an inrichting of its own, made of the profile."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from regiesysteem.conformance.listener import ListenerError
from regiesysteem.conformance.profile import Profile, ZaaktypeCodes

_READY: Final = re.compile(r"Regiesysteem is klaar.*?(http://127\.0\.0\.1:\d+)", re.DOTALL)
_START_S: Final = 120
_STOP_S: Final = 30


@contextmanager
def running_store(directory: Path, profile: Profile) -> Iterator[str]:
    """Start the store in a directory and give its address; stops it afterwards. Raises ListenerError."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    inrichting, log = directory / "inrichting.toml", directory / "logboek"
    inrichting.write_text(inrichting_of(profile), "utf-8")
    log.unlink(missing_ok=True)
    own = {
        "REGIE_DATA_DIR": str(directory / "data"),
        "REGIE_INRICHTING": str(inrichting),
        "REGIE_HOST": "127.0.0.1",
        "REGIE_PORT": "0",
        "REGIE_WORKERS": "1",
        "REGIE_MET_WORKER": "false",
    }
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("REGIE_", "PROMETHEUS_"))}
    with log.open("w") as output:
        # In a session of its own, so that Ctrl-C comes to us first.
        process = subprocess.Popen(
            [sys.executable, "-m", "regiesysteem", "serve"],
            env=kept | own,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield _address(process, log)
    finally:
        process.terminate()
        try:
            process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _address(process: subprocess.Popen[bytes], log: Path) -> str:
    until = time.monotonic() + _START_S
    while time.monotonic() < until and process.poll() is None:
        if found := _READY.search(log.read_text("utf-8", "replace")):
            return found[1]
        time.sleep(0.1)
    raise ListenerError(f"Het register van deze sessie start niet; zie {log}.")


def inrichting_of(profile: Profile) -> str:
    """Write the inrichting of the store: zaaktypen of the profile; other statuses and documenttypen are taken over."""
    types = {one.code: (kind, one) for kind, one in reversed(profile.zaaktype.items())}
    return "\n".join(
        (
            f'[gemeente]\ncode = {_quoted(profile.gemeentecode)}\nnaam = "Testgemeente"',
            f"[systeem]\napplicatie = {_quoted(profile.zender.applicatie)}",
            '[regels]\nautorisatie = "open"\nonbekende_status = "overnemen"',
            *(_zaaktype(kind, one) for kind, one in types.values()),
        )
    )


def _zaaktype(kind: str, one: ZaaktypeCodes) -> str:
    lines = [
        "[[zaaktype]]",
        f"code = {_quoted(one.code)}",
        f"omschrijving = {_quoted(one.omschrijving)}",
        f"soort = {_quoted(kind)}",
        'andere_documenten = "overnemen"',
    ]
    for number in range(1, max(one.statussen) + 1):
        last = "\neindstatus = true" if number == one.statussen[2] else ""
        lines.append(
            f'[[zaaktype.status]]\nvolgnummer = {number}\ncode = "{number}"\nomschrijving = "Status {number}"{last}'
        )
    return "\n".join(lines)


def _quoted(text: str) -> str:
    """Write a text of TOML; a text of JSON is one."""
    return json.dumps(text, ensure_ascii=False)
