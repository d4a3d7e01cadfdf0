"""The messages that we send: templates below `sjablonen/`, one envelope around them, and their SOAPAction.

A template is the whole message in its own namespace. It gets the values of a step (`met`), and `profiel`, `referentie`,
`tijdstip`, `vandaag` and `personen`. A value is a text, which is escaped, or a number or list that the template counts
or walks. The kit and the SoapUI project are made of the same templates.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

import jinja2

from regiesysteem.config import TIME_ZONE
from regiesysteem.conformance.in_zds12 import action_in_zds12, message_in_zds12
from regiesysteem.conformance.profile import Profile
from regiesysteem.stuf.namespaces import SECTOR_FAMILY, SOAP11
from regiesysteem.zkn.names import RZS
from regiesysteem.zkn.operations import OPERATIONS

_RZS_ACTIONS: Final = f"{SECTOR_FAMILY}rzs/0310"

TEMPLATES: Final = Path(__file__).parent / "sjablonen"


class NobodysData(NamedTuple):
    """A person who does not exist: the numbers are of the range 99999, which nobody has."""

    bsn: str
    geslachtsnaam: str
    voornamen: str
    geboortedatum: str


PEOPLE: Final = tuple(
    NobodysData(f"9999900{bsn}", *rest)
    for bsn, *rest in (
        ("07", "Jansen", "Anna", "19840312"),
        ("19", "Jansen", "Bram", "20110708"),
        ("20", "Jansen", "Carla", "20140221"),
        ("32", "de Vries", "Dirk", "19791130"),
        ("44", "Bakker", "Eva", "19900504"),
        ("56", "Visser", "Farid", "19650917"),
        ("68", "Smit", "Greet", "19521225"),
        ("81", "Mulder", "Hugo", "20080101"),
    )
)
"""Each has a BSN that keeps the elfproef."""


@dataclass(frozen=True)
class Outgoing:
    """A message that is ready to go: the envelope as bytes, its SOAPAction and its referentienummer."""

    operation: str
    envelope: bytes
    action: str
    referentie: str


def template_names() -> frozenset[str]:
    """List the templates, without the parts that they share (those begin with _)."""
    return frozenset(one.name for one in TEMPLATES.glob("*.xml") if not one.name.startswith("_"))


@cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def action_of(operation: str) -> str:
    """Give the SOAPAction of an operation, as the WSDL has it: for RZS 1.0 that is not the namespace."""
    namespace = OPERATIONS[operation].element[1:].partition("}")[0]
    return f"{_RZS_ACTIONS if namespace == RZS else namespace}/{operation}"


def render(template: str, values: dict[str, Any], profile: Profile, *, referentie: str, moment: datetime) -> str:
    """Render a template to a message without an envelope. Raises jinja2.UndefinedError for a missing value."""
    local = moment.astimezone(TIME_ZONE)
    given = {"profiel": profile, "referentie": referentie, "personen": PEOPLE} | {
        "tijdstip": local.strftime("%Y%m%d%H%M%S") + f"{local.microsecond // 1000:03d}",
        "vandaag": local.strftime("%Y%m%d"),
    }
    return _environment().get_template(template).render(given | values)


def envelope_around(message: str) -> str:
    """Put a message in a SOAP 1.1 envelope."""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<soap:Envelope xmlns:soap="{SOAP11}">\n<soap:Body>\n'
        f"{message.strip()}\n</soap:Body>\n</soap:Envelope>\n"
    )


def make_message(
    operation: str, template: str, values: dict[str, Any], profile: Profile, moment: datetime, *, zds12: bool = False
) -> Outgoing:
    """Make a message of a template with a referentienummer of its own, unless the values have one; of ZDS 1.2 if so."""
    referentie = str(values.get("referentie") or uuid.uuid4())
    if zds12:
        message = render(template, values | {"zds12": True}, profile, referentie=referentie, moment=moment)
        envelope = envelope_around(message_in_zds12(message, operation)).encode()
        return Outgoing(operation, envelope, action_in_zds12(operation), referentie)
    message = render(template, values, profile, referentie=referentie, moment=moment)
    return Outgoing(operation, envelope_around(message).encode(), action_of(operation), referentie)
