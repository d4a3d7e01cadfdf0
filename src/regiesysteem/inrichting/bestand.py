"""Read and check an inrichting: from path or text to the model, or to all errors at once."""

import hashlib
import re
import stat
import tomllib
from dataclasses import dataclass, field, replace
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from regiesysteem.inrichting.controles import controleer_samenhang
from regiesysteem.inrichting.meldingen import InrichtingFout, Melding, vertaal
from regiesysteem.inrichting.model import Inrichtingsbestand
from regiesysteem.inrichting.schemas import Schemas, lees_schemas
from regiesysteem.inrichting.waarden import gemaskeerd
from regiesysteem.logboek import MASKER
from regiesysteem.meldbaar import os_reden

MAX_BYTES = 5_000_000
_ADAPTER = TypeAdapter(Inrichtingsbestand)

_TOML_REDENEN = {
    "Cannot overwrite a value": "deze sleutel staat er twee keer",
    "Cannot declare": "deze tabel staat er twee keer",
    "Unterminated string": "een tekst zonder sluitend aanhalingsteken",
    "Illegal character": "een teken dat hier niet mag",
    "Invalid date": "een datum die niet bestaat",
    "Invalid value": "geen goede waarde; teksten staan tussen aanhalingstekens",
    "Unclosed array": "een lijst zonder sluitende ]",
    "Expected '='": "na een sleutel hoort een =",
}


@dataclass(frozen=True)
class Gelezen:
    """A checked inrichting with the text it came from; ``bron`` is how errors and `toon` name that.

    ``schemas`` are the XSDs that it names; those of a text alone are not read.
    """

    bron: str
    tekst: str
    inrichting: Inrichtingsbestand
    schemas: Schemas = field(default_factory=dict)

    @property
    def sha256(self) -> str:
        """Hexadecimal digest of the text."""
        return hashlib.sha256(self.tekst.encode()).hexdigest()


def lees_bestand(pad: Path) -> Gelezen:
    """Read and check a file. Raises InrichtingFout with everything that is wrong."""
    bron = str(pad)
    try:
        tekst = _inhoud(pad).decode("utf-8-sig")
    except FileNotFoundError:
        raise InrichtingFout(bron, [Melding("", "bestand bestaat niet")]) from None
    except UnicodeDecodeError as fout:
        regel = fout.object.count(b"\n", 0, fout.start) + 1
        reden = f"is geen UTF-8 (regel {regel}); sla het bestand op als UTF-8"
        raise InrichtingFout(bron, [Melding("", reden)]) from None
    except ValueError as fout:
        raise InrichtingFout(bron, [Melding("", str(fout))]) from None
    except OSError as fout:
        raise InrichtingFout(bron, [Melding("", f"kan niet gelezen worden ({os_reden(fout)})")]) from None
    gelezen = lees_tekst(tekst, bron)
    schemas, meldingen = lees_schemas(gelezen.inrichting.formaat, pad.parent)
    if meldingen:
        raise InrichtingFout(bron, meldingen)
    return replace(gelezen, schemas=schemas)


def lees_tekst(tekst: str, bron: str) -> Gelezen:
    """Check a text. Raises InrichtingFout with everything that is wrong."""
    try:
        rauw = tomllib.loads(tekst)
    except RecursionError:
        raise InrichtingFout(bron, [Melding("", "is te diep genest")]) from None
    except ValueError as fout:
        raise InrichtingFout(bron, [Melding("", _toml_fout(str(fout)))]) from None
    meldingen = controleer_samenhang(rauw)
    try:
        inrichting = _ADAPTER.validate_python(rauw)
    except ValidationError as fout:
        meldingen = [*map(vertaal, fout.errors(include_url=False)), *meldingen]
    if meldingen:
        raise InrichtingFout(bron, meldingen)
    return Gelezen(bron, tekst, inrichting)


def zonder_personen(tekst: str) -> str:
    """The text of an inrichting as it may be shown: with a mask for each BSN that an abonnement names."""
    for abonnement in _ADAPTER.validate_python(tomllib.loads(tekst)).abonnement:
        for nummer in (*abonnement.persoon, *abonnement.niet_persoon):
            if gemaskeerd(nummer) != nummer:
                tekst = re.sub(rf"(?<![0-9]){nummer}(?![0-9])", MASKER, tekst)
    return tekst


def _inhoud(pad: Path) -> bytes:
    """Bytes of a regular file; a pipe or device would keep us waiting, a huge file would fill the memory."""
    if not stat.S_ISREG(pad.stat().st_mode):
        raise ValueError("is geen bestand")
    with pad.open("rb") as invoer:
        gelezen = invoer.read(MAX_BYTES + 1)
    if len(gelezen) > MAX_BYTES:
        raise ValueError(f"is te groot: hoogstens {MAX_BYTES // 1_000_000} MB")
    return gelezen


def _toml_fout(engels: str) -> str:
    reden = next((nederlands for begin, nederlands in _TOML_REDENEN.items() if engels.startswith(begin)), "")
    plek = re.search(r"at line (\d+), column (\d+)", engels)
    waar = f"regel {plek[1]}, positie {plek[2]}" if plek else "aan het eind van het bestand"
    if not plek and "end of document" not in engels:
        waar = "een waarde is onmogelijk"
    return f"is geen goede TOML ({waar}{': ' + reden if reden else ''})"
