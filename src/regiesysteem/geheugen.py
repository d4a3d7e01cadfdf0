"""Gives memory back to the system after a large answer.

The tree of an answer of some megabytes takes a hundred, in pieces of a few dozen bytes. Spyne's context of a request
refers to itself, so it lives, with the trees, until a garbage collection; and what is freed then, glibc keeps for the
next, for each thread apart. A process would stay as large as its largest answers together.
"""

import ctypes
import gc
from collections.abc import Callable
from functools import cache


def geef_terug() -> None:
    """Free what nobody can reach, and return what the C library (glibc) does not use. Takes tens of milliseconds."""
    gc.collect()
    trim = _malloc_trim()
    if trim is not None:
        trim(0)


@cache
def _malloc_trim() -> Callable[[int], int] | None:
    return getattr(ctypes.CDLL(None), "malloc_trim", None)
