"""What a back office shows on the terminal: a block for each message that came, and for each thing it did."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from rich.console import Console
from rich.text import Text

from regiesysteem.backoffice.ontvangst import Ontvangen
from regiesysteem.stuf.answers import TIJDZONE

_INSPRONG = 10
_LABEL = 14


class Scherm:
    """Writes blocks; each goes to the terminal in one piece, from whatever thread."""

    def __init__(self, console: Console) -> None:
        self.console = console

    def ontvangen(self, bericht: Ontvangen) -> None:
        """Show a message that came and what it was answered."""
        zender = bericht.stuurgegevens.zender
        van = f" van {zender.applicatie}" if zender is not None and zender.applicatie else ""
        gelezen = bericht.gelezen
        with self.blok(f"ontvangen: {gelezen.soort if gelezen else 'een bericht'}{van}", bericht.moment):
            for naam, tekst in gelezen.regels if gelezen else ():
                self.regel(naam, tekst)
            if bericht.waarschuwing:
                self.regel("let op", bericht.waarschuwing, "yellow")
            uitkomst = f"{bericht.uitkomst}, hetzelfde antwoord: dit bericht was er al" if bericht.dubbel else ""
            self.regel("geantwoord", uitkomst or bericht.uitkomst, "green" if gelezen else "red")

    @contextmanager
    def blok(self, kop: str, moment: datetime | None = None) -> Iterator[None]:
        """Begin a block with a heading; what is printed inside belongs to it."""
        tijd = (moment or datetime.now(UTC)).astimezone(TIJDZONE)
        with self.console:
            self.console.print(Text.assemble((f"{tijd:%H:%M:%S}  ", "dim"), (kop, "bold cyan")), soft_wrap=True)
            yield

    @contextmanager
    def gedaan(self, kop: str, deels: str = "") -> Iterator[None]:
        """Show as a block what is printed inside, once that ends; as `deels` when it broke off halfway."""
        # The heading cannot go first: it would tell of what may yet fail.
        gelukt = False
        try:
            with self.console.capture() as gevangen:
                yield
            gelukt = True
        finally:
            if inhoud := gevangen.get():
                with self.blok(kop if gelukt else deels or kop):
                    self.console.print(Text.from_ansi(inhoud), soft_wrap=True)

    def zeg(self, kop: str, *regels: tuple[str, str], stijl: str = "") -> None:
        """Show a block of lines, as label and text."""
        with self.blok(kop):
            for naam, tekst in regels:
                self.regel(naam, tekst, stijl)

    def regel(self, naam: str, tekst: str, stijl: str = "") -> None:
        """Show a line of a block."""
        regel = Text.assemble(" " * _INSPRONG, (f"{naam:<{_LABEL - 1}} ", "dim"), (tekst, stijl))
        self.console.print(regel, soft_wrap=True)
