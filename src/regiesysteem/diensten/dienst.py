"""The form of a row in the table of diensten."""

from dataclasses import dataclass
from typing import Literal, Protocol

from lxml import etree

from regiesysteem.diensten.werk import Werk
from regiesysteem.stuf.bericht import Bericht
from regiesysteem.stuf.sturing import Soort

Deur = Literal["OntvangAsynchroon", "BeantwoordVraag", "VrijeBerichten", "RegieZaakServices"]


class Dienstfunctie(Protocol):
    """What an operation does with a message; None stands for the standard acknowledgement, Bv03."""

    def __call__(self, bericht: Bericht, werk: Werk, /) -> etree._Element | None: ...  # noqa: D102


@dataclass(frozen=True)
class Dienst:
    """An operation.

    `naam` as in the WSDL; `element` the qualified name of its message; `berichtcode`, `entiteittype` and `stuurfunctie`
    what its stuurgegevens say; `deur` the address whose WSDL has it, `ook_op` where it is taken too, beside /stuf;
    `functie` does the work, and gives the answer or None for a Bv03; `foutcode` which fault message it answers with;
    `muteert`: it leaves something behind, so the duplicate rule holds; `meldt`: it may change zaken, which others may
    want to know; `bestanden` where in its message files of documents stand, as ElementPath from the message.
    """

    naam: str
    element: str
    berichtcode: str
    deur: Deur
    functie: Dienstfunctie
    foutcode: Literal["Fo02", "Fo03"]
    muteert: bool
    meldt: bool = False
    entiteittype: str = ""
    stuurfunctie: str = ""
    bestanden: tuple[str, ...] = ()
    ook_op: tuple[Deur, ...] = ()

    def is_op(self, deur: str) -> bool:
        """Whether a door other than the common one takes it."""
        return deur == self.deur or deur in self.ook_op

    @property
    def soort(self) -> Soort:
        """The sort of message that table 4.1 of StUF 03.01 checks."""
        return Soort(self.berichtcode, self.entiteittype, self.stuurfunctie)
