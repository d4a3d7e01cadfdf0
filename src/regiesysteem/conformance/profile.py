"""The profile of a run: who sends and receives, which zaaktypen there are, and what the system does not support.

The default fits the shipped example inrichting, so that a run against `make run` needs no file.
"""

import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from regiesysteem.errors import Reportable
from regiesysteem.stuf.message import Systeem

_MINIMA: Final = ("Ontvangen", "In behandeling", "Afgehandeld")
_Filled = Annotated[str, Field(min_length=1)]


class ProfileError(Reportable):
    """A profile cannot be used; the text says in Dutch why."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class System(_Part):
    """A zender or ontvanger in stuurgegevens."""

    organisatie: str = ""
    applicatie: _Filled

    def as_systeem(self) -> Systeem:
        """The same, as messages have it."""
        return Systeem(self.organisatie, self.applicatie)


class ZaaktypeCodes(_Part):
    """A zaaktype that the system under test knows, with the numbers and names of two statuses and of its last one."""

    code: _Filled
    omschrijving: _Filled
    statussen: tuple[int, int, int] = (1, 2, 3)
    statusnamen: tuple[str, str, str] = ("", "", "")


class Profile(_Part):
    """All that a run must know of the system under test.

    `zender` is us, `ontvanger` the system under test. `gemeentecode` begins every identificatie. `zaaktype` has
    gezinsplan, levensdomeinplan, deelplan and overig. `documenttype` is a documenttype-omschrijving that it takes.
    `niet_ondersteund` lists operations that it does not have. `trekker` is a command that makes the system under test
    send: it gets the id of the scenario and the number of the step. `gebruiker` and `wachtwoord_bestand` are for HTTP
    basic.
    """

    gemeentecode: str = "1900"
    zender: System = System(organisatie="1900", applicatie="Testplatform")
    ontvanger: System = System(organisatie="1900", applicatie="Regiesysteem")
    zaaktype: dict[str, ZaaktypeCodes] = Field(
        default_factory=lambda: {
            "gezinsplan": ZaaktypeCodes(
                code="GEZINSPLAN",
                omschrijving="Opstellen en uitvoeren gezinsplan",
                statussen=(1, 2, 4),
                statusnamen=("Signaal geregistreerd", "Gezinsplan opgesteld", "Zaak afgerond"),
            ),
            "levensdomeinplan": ZaaktypeCodes(
                code="DOMEINPLAN",
                omschrijving="Opstellen en uitvoeren levensdomeinplan",
                statussen=(1, 2, 4),
                statusnamen=("Zaak geregistreerd", "Levensdomeinplan opgesteld", "Zaak afgerond"),
            ),
            "deelplan": ZaaktypeCodes(code="B1026", omschrijving="Aanvraag minima", statusnamen=_MINIMA),
            "overig": ZaaktypeCodes(code="B1026", omschrijving="Aanvraag minima", statusnamen=_MINIMA),
        }
    )
    documenttype: str = "Verslag"
    niet_ondersteund: tuple[str, ...] = ()
    trekker: str = ""
    gebruiker: str = ""
    wachtwoord_bestand: str = ""
    leverancier: str = ""
    product: str = ""
    versie: str = ""

    def without(self, services: Iterable[str]) -> str:
        """Say in Dutch which of some services the system does not have; "" when it has them all."""
        absent = [one for one in services if one in self.niet_ondersteund]
        return f"het profiel zegt dat {', '.join(absent)} er niet is" if absent else ""


DEFAULT: Final = Profile()
"""The shipped example inrichting."""


def read_profile(file: Path | None) -> Profile:
    """Read a profile; without a file the default. Raises ProfileError."""
    if file is None:
        return DEFAULT
    try:
        table = tomllib.loads(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ProfileError(f"Het profiel {file} is niet te lezen: {error}") from None
    return profile_of(table, file)


def profile_of(table: dict[str, Any], file: Path) -> Profile:
    """Make the profile that a file has. Raises ProfileError."""
    try:
        return Profile.model_validate(table)
    except ValidationError as error:
        first = error.errors()[0]
        raise ProfileError(f"{file}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from None


def example() -> str:
    """Give a profile that a supplier can fill in: the default, with a word about each key."""
    return (Path(__file__).parent / "profiel.toml").read_text("utf-8").rstrip()
