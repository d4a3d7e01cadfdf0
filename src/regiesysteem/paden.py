"""Finds the files of the product that are not Python: beside `src` in a checkout, in the package when installed."""

from pathlib import Path
from typing import Final

_PAKKET = Path(__file__).parent


def _map(naam: str) -> Path:
    geinstalleerd = _PAKKET / naam
    return geinstalleerd if geinstalleerd.is_dir() else _PAKKET.parents[1] / naam


def wsdl_map() -> Path:
    """Directory of the published WSDL files."""
    return _map("wsdl")


def xsd_map() -> Path:
    """Directory of the published XSD files."""
    return _map("xsd")


HOOFDSCHEMA: Final = "rzs0310.xsd"
"""The XSD file that imports all others."""


def migraties_map() -> Path:
    """Directory of the alembic environment (env.py, versions/)."""
    return _map("migrations")


def voorbeeld_inrichting() -> Path:
    """The inrichting that is used when none is configured."""
    return _PAKKET / "inrichting" / "voorbeeld.toml"
