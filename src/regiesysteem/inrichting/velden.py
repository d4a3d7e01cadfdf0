"""The kinds of values that the TOML of the inrichting has, by the names that its tables (``model``) give them."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, StringConstraints

from regiesysteem.inrichting.waarden import bestandspad, extensie, formaatnaam, leesbaar, mediatype, stuf_datum

Soort = Literal["gezinsplan", "levensdomeinplan", "deelplan", "overig"]
Gebeurtenis = Literal[
    "Creeer zaak",
    "Actualiseer zaakstatus",
    "Update zaak",
    "Voeg zaakdocument toe",
    "Update zaakdocument",
    "*",
]
Notificatiebericht = Literal["notificeerOverZaak", "zakLk01"]


def tekst(laagst: int, hoogst: int, patroon: str | None = None) -> Any:
    """A text of so many characters, without the white space around it."""
    return StringConstraints(
        strict=True, strip_whitespace=True, min_length=laagst, max_length=hoogst, pattern=patroon
    )  # fmt: skip


Code = Annotated[str, tekst(1, 10), AfterValidator(leesbaar)]
Omschrijving = Annotated[str, tekst(1, 80), AfterValidator(leesbaar)]
Lang = Annotated[str, tekst(1, 1000), AfterValidator(leesbaar)]
Naam = Annotated[str, tekst(1, 200), AfterValidator(leesbaar)]
Applicatienaam = Annotated[str, tekst(3, 50), AfterValidator(leesbaar)]
Dagen = Annotated[int, Field(strict=True, ge=1, le=999)]
Datum = Annotated[str, BeforeValidator(stuf_datum)]
Volgnummer = Annotated[int, Field(strict=True, ge=1, le=9999)]
Mediatype = Annotated[str, tekst(1, 255), AfterValidator(mediatype)]
Formaatnaam = Annotated[str, tekst(1, 100), AfterValidator(leesbaar), AfterValidator(formaatnaam)]
Extensie = Annotated[str, tekst(1, 20), AfterValidator(extensie)]
Pad = Annotated[str, tekst(0, 1000), AfterValidator(bestandspad)]

VAST = ConfigDict(extra="forbid")
"""What is not a key of a table is an error."""
