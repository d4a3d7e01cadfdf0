"""Signals that say stop, heard by a thread of their own.

A handler in Python is not enough. It runs in the main thread, between two of its steps. If that thread holds the lock
that the handler needs (an Event has one), the handler waits for itself. If the thread is just about to wait for a lock,
nothing wakes it. Python writes the number of a signal to a file descriptor at once, in C and in whichever thread the
kernel interrupts; a thread reads it there. No signal is blocked, so a child process has nothing to undo.
"""

import os
import signal
import threading
from collections.abc import Callable, Iterable
from typing import Final

STOP: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
"""The signals of an operator, of Ctrl-C and of a terminal that closes."""


def on_signal(act: Callable[[], object], signals: Iterable[signal.Signals] = STOP) -> None:
    """From now on, call `act` in a thread for each of `signals` that comes; a second call replaces the first.

    Only in the main thread. A process that was forked must call it for itself: it has the descriptor of its parent.
    """
    reader = signal_pipe(signals)
    threading.Thread(target=_listen, args=(reader, act), name="signals", daemon=True).start()


def signal_pipe(signals: Iterable[signal.Signals] = STOP) -> int:
    """Give a descriptor on which there is a byte for each of `signals` that comes from now on.

    It is for a caller that waits for other descriptors too and needs no thread; else use `on_signal`. SIGHUP stays
    ignored when the parent ignored it (nohup).
    """
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    # First the descriptor, then the handlers: a signal between the two goes to the old handler, or to both.
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    for number in signals:
        if not (number is signal.SIGHUP and signal.getsignal(number) is signal.SIG_IGN):
            signal.signal(number, _nothing)
    return reader


def _listen(reader: int, act: Callable[[], object]) -> None:
    while os.read(reader, 1):
        act()


def _nothing(*_: object) -> None:
    """A handler, so that Python has one: without it the signal ends the process."""
