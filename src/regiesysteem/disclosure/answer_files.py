"""The folder of an answer to an inzageverzoek: inzage.json, inzage.html and documenten/, readable by its maker only."""

import os
import shutil
import tempfile
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import IO, Any, Final

import orjson
from sqlalchemy import Connection

from regiesysteem.disclosure.readable_page import write_page
from regiesysteem.errors import Reportable, os_reason
from regiesysteem.inrichting.current import Inrichting
from regiesysteem.storage import Opslag, StorageError
from regiesysteem.zakenmagazijn.subject_access import SECTIONS, KeptPart

VERSION: Final = 1
"""The version of the form of inzage.json: it grows when a key gets another meaning or goes."""

_STEP: Final = 25  # parts between two reports of progress


@dataclass(slots=True)
class AnswerFolder:
    """Writes the parts of one answer while they are gathered, so that no more than one is in memory.

    `copy` reads the contents of documents for documenten/; None lists them only. `tell` hears how far it is.
    """

    folder: Path
    head: dict[str, Any]
    copy: Callable[[str], IO[bytes]] | None = None
    tell: Callable[[str], None] = lambda _: None
    counts: Counter[str] = field(default_factory=Counter)
    missing: list[str] = field(default_factory=list)

    def write(self, parts: Iterator[KeptPart], *, page: bool = True) -> None:
        """Write all files. Raises Reportable when the folder is in use or cannot be written."""
        try:
            _prepare(self.folder)
            with _private(self.folder / "inzage.json") as data:
                written = self._as_json(parts, data)
                if page:
                    with _private(self.folder / "inzage.html") as html:
                        write_page(html, self.head, written)
                for _ in written:
                    pass  # without a page nobody else takes them
                data.write(b"\n]," + _pair("aantallen", dict(self.counts)) + b",")
                data.write(_pair("niet_gekopieerd", self.missing) + b"}\n")
        except OSError as error:
            raise Reportable(f"{error.filename or self.folder} is niet te schrijven: {os_reason(error)}") from None

    def _as_json(self, parts: Iterator[KeptPart], file: IO[bytes]) -> Iterator[KeptPart]:
        """Write each part, and give it on. An array for each section, also for one without parts."""
        file.write(b"{" + b",".join(_pair(*item) for item in ({"versie": VERSION} | self.head).items()))
        sections = iter(SECTIONS)
        current = next(sections)
        file.write(b",\n" + orjson.dumps(current) + b": [")
        for part in parts:
            while current != part.section:
                current = next(sections)
                file.write(b"\n],\n" + orjson.dumps(current) + b": [")
            file.write(b",\n" if self.counts[current] else b"\n")
            file.write(orjson.dumps(part.data))
            self._copy(part)
            self.counts[current] += 1
            if self.counts[current] % _STEP == 0:
                self.tell(f"{current}: {self.counts[current]}")
            yield part
        for section in sections:
            file.write(b"\n],\n" + orjson.dumps(section) + b": [")

    def _copy(self, part: KeptPart) -> None:
        if self.copy is None:
            return
        for kept in part.files:
            target = self.folder / kept.path
            if target.exists():
                continue
            target.parent.mkdir(mode=0o700, exist_ok=True)
            try:
                with self.copy(kept.sha256) as content, _private(target) as file:
                    shutil.copyfileobj(content, file)
            except StorageError:
                self.missing.append(kept.path)


def heading(bsn: str, inrichting: Inrichting, now: datetime, *, documenten: bool) -> dict[str, Any]:
    """The first keys of inzage.json: whose data it is, of whom, when, why, and what the person may ask further."""
    own = {one.naam: one.verwerkingsactiviteit for one in inrichting.applicaties if one.verwerkingsactiviteit}
    return {
        "gemaakt_op": now,
        "gemeente": inrichting.gemeente.naam,
        "bsn": bsn,
        "documenten_meegegeven": documenten,
        "doelen": {"alle applicaties": inrichting.regels.verwerkingsactiviteit} | own,
        "uitleg": EXPLANATION,
    }


EXPLANATION: Final = {
    "categorieen": [
        "naam, geboortedatum, adres, burgerservicenummer en andere gegevens over u als persoon",
        "uw zaken: waar ze over gaan, hoe ver ze zijn, en wie erbij hoort",
        "documenten en gegevens van hulp, inkomen, schulden, werk, wonen of school die bij uw zaken horen",
        "berichten over uw zaken",
    ],
    "herkomst": [
        "Van uzelf, of van wie voor u een aanvraag deed.",
        "Van afdelingen en organisaties die een bericht stuurden; bij elk bericht staat welke applicatie het stuurde.",
    ],
    "rechten": [
        "U mag vragen om te verbeteren wat niet klopt (AVG artikel 16).",
        "U mag vragen om gegevens te wissen, of er even niets mee te doen (AVG artikel 17 en 18).",
        "Soms mag dat niet van de wet; dan zeggen wij waarom.",
        "U mag bezwaar maken tegen het gebruik van uw gegevens (AVG artikel 21).",
        "Het systeem neemt zelf geen besluiten over u (AVG artikel 22).",
    ],
    "klacht": (
        "Bent u het niet eens met wat wij doen? Praat eerst met de functionaris gegevensbescherming van de gemeente. "
        "U mag ook een klacht sturen aan de Autoriteit Persoonsgegevens: autoriteitpersoonsgegevens.nl."
    ),
}
"""The texts that article 15 asks beside the data; Dutch, for the person."""


def content_reader(connection: Connection, opslag: Opslag) -> Callable[[str], IO[bytes]]:
    """Give what `AnswerFolder.copy` takes, on the storage of documents."""
    return lambda sha256: opslag.read(connection, sha256)


def packed(folder: Path) -> IO[bytes]:
    """The files of a folder in one zip, which is gone when it is closed."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 - who gets it closes it
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                archive.write(path, path.relative_to(folder.parent))
    file.seek(0)
    return file


def _prepare(folder: Path) -> None:
    if folder.exists():
        if not folder.is_dir() or folder.is_symlink() or any(folder.iterdir()):
            raise Reportable(f"{folder} bestaat al en is geen lege map; kies een andere.")
        folder.chmod(0o700)
    else:
        folder.mkdir(mode=0o700, parents=True)


def _private(path: Path) -> IO[bytes]:
    """A new file that only its owner may read; it never follows a link that stands in its place."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600), "wb")


def _pair(naam: str, waarde: object) -> bytes:
    return orjson.dumps(naam) + b": " + orjson.dumps(waarde)
