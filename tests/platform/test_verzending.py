"""Sending at the speed of the client: he is waited for, but not for ever."""

import asyncio
import os
from contextlib import suppress
from itertools import count
from typing import Any

import pytest

from regiesysteem import verzending
from regiesysteem.verzending import OntvangerWeg, verzend

GROOT = 8 * 1024 * 1024


class Lezer:
    """A client who takes a page at a time, each time that the loop gets to him, in the place of granian."""

    def __init__(self) -> None:
        self.gelezen = 0
        self._pijp = -1

    def response_file(self, _status: int, _kop: Any, pad: str) -> None:
        self._pijp = os.open(pad, os.O_RDONLY | os.O_NONBLOCK)

    async def lees(self) -> None:
        try:
            while True:
                with suppress(BlockingIOError):
                    self.gelezen += len(os.read(self._pijp, 4096))
                await asyncio.sleep(0)
        finally:
            os.close(self._pijp)


async def _verzend(lezer: Lezer) -> None:
    async with verzend(lezer, 200, [], 30) as schrijf:  # type: ignore[arg-type]
        taak = asyncio.create_task(lezer.lees())
        try:
            await schrijf(b"x" * GROOT)
        finally:
            taak.cancel()


def _elke_blik(monkeypatch: pytest.MonkeyPatch, seconden: float) -> None:
    monkeypatch.setattr(verzending, "monotonic", count(0.0, seconden).__next__)


def test_a_client_who_takes_a_page_now_and_then_is_not_waited_for_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    _elke_blik(monkeypatch, 20.0)  # that he takes over each page
    lezer = Lezer()
    with pytest.raises(OntvangerWeg):
        asyncio.run(_verzend(lezer))
    assert lezer.gelezen < GROOT / 2


def test_a_client_who_keeps_up_gets_all(monkeypatch: pytest.MonkeyPatch) -> None:
    _elke_blik(monkeypatch, 0.01)
    asyncio.run(_verzend(Lezer()))
