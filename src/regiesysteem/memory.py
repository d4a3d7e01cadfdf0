"""Gives memory back to the system after a large answer.

The tree of an answer of some megabytes takes a hundred, in pieces of a few dozen bytes. spyne's context of a request
refers to itself, so it lives, with the trees, until a garbage collection. Then glibc keeps the freed memory for the
next request, for each thread apart. A process would stay as large as its largest answers together.
"""

import ctypes
import gc
from collections.abc import Callable
from functools import cache


def give_back() -> None:
    """Free unreachable objects, and return the unused memory of the C library (glibc); takes tens of milliseconds."""
    gc.collect()
    trim = _malloc_trim()
    if trim is not None:
        trim(0)


@cache
def _malloc_trim() -> Callable[[int], int] | None:
    return getattr(ctypes.CDLL(None), "malloc_trim", None)
