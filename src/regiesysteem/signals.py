"""Signals that say stop, heard by a thread of their own.

A handler in Python does not do. It runs in the main thread, between two of its steps: if that thread holds the lock
that the handler wants (an Event has one), it waits for itself; if it was just about to wait for a lock, nothing wakes
it. What Python does at once, in C and whichever thread the kernel gave the signal, is to write its number to a file
descriptor; a thread reads it there. No signal is blocked, so a process that is started here has nothing to undo.
"""

import os
import signal
import threading
from collections.abc import Callable, Iterable
from typing import Final

STOP: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
"""What an operator, Ctrl-C and a terminal that closes send."""


def on_signal(act: Callable[[], object], signals: Iterable[signal.Signals] = STOP) -> None:
    """From now on, call `act` in a thread for each of `signals` that comes; a second call replaces the first.

    Only in the main thread. A process that was forked must call it for itself: it has the descriptor of its parent.
    """
    reader = signal_pipe(signals)
    threading.Thread(target=_listen, args=(reader, act), name="signals", daemon=True).start()


def signal_pipe(signals: Iterable[signal.Signals] = STOP) -> int:
    """Give a descriptor on which there is a byte for each of `signals` that comes from now on.

    For who waits for other descriptors too, and has no use for a thread; else as `on_signal`. SIGHUP stays ignored
    where whoever started us had it ignored (nohup).
    """
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    # First the descriptor, then the handlers: what comes in between is heard by the old handler, or by both.
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
