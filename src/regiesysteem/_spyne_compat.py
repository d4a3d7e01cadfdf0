"""Makes spyne 2.14 importable on Python 3.12 and newer; `regiesysteem.soap` loads this before spyne.

Spyne carries a copy of six (1.8) whose import hook Python 3.12 no longer understands, and it imports `cgi`, which
Python 3.13 no longer has. The real six and legacy-cgi (which installs a `cgi`) take their places.
"""

import importlib
import math
import operator
import sys
import types
import warnings
from typing import Any

import six

_SIX_IN_SPYNE = "spyne.util.six"


def _put_six_in_place() -> None:
    """Register six, its `moves` and every module below it under the names by which spyne imports its own copy."""
    if _SIX_IN_SPYNE in sys.modules:
        return
    eigen: Any = types.ModuleType(_SIX_IN_SPYNE)
    vars(eigen).update({naam: inhoud for naam, inhoud in vars(six).items() if not naam.startswith("__")})
    eigen.get_function_name = operator.attrgetter("__name__")  # an addition of spyne to its copy
    sys.modules[_SIX_IN_SPYNE] = eigen
    for name in ("moves", "moves.urllib", "moves.urllib.parse", "moves.urllib.request", "moves.urllib.error"):
        sys.modules[f"{_SIX_IN_SPYNE}.{name}"] = importlib.import_module(f"six.{name}")
    # These two are lazy modules of six, found by attribute only.
    for name in ("http_cookies", "collections_abc"):
        sys.modules[f"{_SIX_IN_SPYNE}.moves.{name}"] = getattr(six.moves, name)


def _switch_off_gc() -> None:
    """Keep spyne from collecting garbage itself.

    It runs a full `gc.collect()` after a request, at most once a second per worker: tens of milliseconds in which that
    worker answers nobody. Python's own generational collector does the work.
    """
    const: Any = importlib.import_module("spyne.const")
    const.MIN_GC_INTERVAL = math.inf


_put_six_in_place()
_switch_off_gc()
with warnings.catch_warnings():
    # spyne uses deprecated functions; we mend that here, and a log does not mention it.
    warnings.simplefilter("ignore")
    for _naam in ("spyne", "spyne.protocol.soap", "spyne.server.wsgi"):
        importlib.import_module(_naam)
