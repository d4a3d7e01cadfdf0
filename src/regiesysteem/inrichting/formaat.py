"""Forms of domain data, as the TOML of the inrichting names them."""

from typing import Annotated

from pydantic import AfterValidator
from pydantic.dataclasses import dataclass

from regiesysteem.inrichting.velden import VAST, Formaatnaam, tekst
from regiesysteem.inrichting.waarden import leesbaar, mediatype_of_leeg


@dataclass(frozen=True, kw_only=True, config=VAST)
class Formaat:
    """[[formaat]]: a form of domain data; ``xsd`` is a path from the directory of the file.

    A document with this ``documenttype`` (dct.omschrijving) and ``documentformaat`` (formaat) is a payload of its
    zaken; with neither no document is.
    """

    naam: Formaatnaam
    mediatype: Annotated[str, tekst(0, 200), AfterValidator(mediatype_of_leeg)] = ""
    xsd: Annotated[str, tekst(0, 1000), AfterValidator(leesbaar)] = ""
    documenttype: Annotated[str, tekst(0, 80), AfterValidator(leesbaar)] = ""
    documentformaat: Annotated[str, tekst(0, 85), AfterValidator(leesbaar)] = ""
