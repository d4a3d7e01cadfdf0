"""What is shipped: a wheel that works by itself, locks without addresses, and documents that agree with the code."""

import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from tests.conftest import omgeving

from regiesysteem import config
from regiesysteem.migrate import hoofdrevisie

WORTEL = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((WORTEL / "pyproject.toml").read_text())["project"]
SLOTEN = sorted(WORTEL.glob("requirements*.lock"))


@pytest.fixture(scope="module")
def wiel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    map_ = tmp_path_factory.mktemp("wiel")
    opdracht = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "-q",
        "--no-deps",
        "--no-build-isolation",
        "-w",
        str(map_),
        str(WORTEL),
    ]
    subprocess.run(opdracht, check=True, capture_output=True)
    return next(map_.glob("*.whl"))


@pytest.fixture(scope="module")
def uitgepakt(wiel: Path) -> Path:
    doel = wiel.parent / "uitgepakt"
    with zipfile.ZipFile(wiel) as archief:
        archief.extractall(doel)
    return doel


def test_the_wheel_has_contract_migrations_and_example(uitgepakt: Path) -> None:
    for bron in (config.wsdl_map(), config.xsd_map(), config.migraties_map() / "versions"):
        naam = bron.relative_to(WORTEL)
        verwacht = {pad.name for pad in bron.iterdir() if pad.is_file()}
        assert {pad.name for pad in (uitgepakt / "regiesysteem" / naam).iterdir() if pad.is_file()} == verwacht
        assert verwacht
    assert (uitgepakt / "regiesysteem/inrichting/voorbeeld.toml").is_file()
    assert (uitgepakt / "regiesysteem/notifications/bezorging.wsdl").is_file()
    assert (uitgepakt / "regiesysteem/py.typed").is_file()
    assert (
        next(uitgepakt.glob("*.dist-info/licenses/LICENSE"))
        .read_text()
        .startswith("EUROPEAN UNION PUBLIC LICENCE v. 1.2")
    )


def test_the_wheel_has_the_product_and_the_practice_and_nothing_else(uitgepakt: Path) -> None:
    assert {pad.name.partition("-")[0] for pad in uitgepakt.iterdir()} == {"regiesysteem", "regiesysteem_practice"}
    [commands] = uitgepakt.glob("*.dist-info/entry_points.txt")
    assert "backoffice = regiesysteem_practice.cli:backoffice" in commands.read_text()


def test_the_wheel_works_without_the_checkout(uitgepakt: Path, lege_database_url: str, tmp_path: Path) -> None:
    code = (
        "import regiesysteem, sys; from pathlib import Path; "
        f"assert Path(regiesysteem.__file__).is_relative_to({str(uitgepakt)!r}), regiesysteem.__file__; "
        "from regiesysteem.cli import app; app(['migreer'])"
    )
    omgeven = omgeving(REGIE_DATABASE_URL=lege_database_url, PYTHONPATH=str(uitgepakt))
    klaar = subprocess.run(
        [sys.executable, "-c", code], env=omgeven, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert klaar.returncode == 0, klaar.stderr
    assert klaar.stdout == f"Gemigreerd van leeg naar {hoofdrevisie()}.\n"


@pytest.mark.parametrize("slot", SLOTEN, ids=lambda slot: slot.name)
def test_a_lock_names_no_address_and_every_package_has_a_hash(slot: Path) -> None:
    regels = slot.read_text().splitlines()
    assert not [regel for regel in regels if re.search(r"://|--(extra-)?index|--find-links|@ ", regel)]
    pakketten = [nummer for nummer, regel in enumerate(regels) if re.match(r"[a-z0-9]", regel)]
    assert pakketten
    assert all("==" in regels[nummer] and "--hash=sha256:" in regels[nummer + 1] for nummer in pakketten)


def test_every_dependency_is_locked() -> None:
    vast = {
        naam.replace("_", "-")
        for naam in re.findall(r"^([a-z0-9._-]+)==", (WORTEL / "requirements-dev.lock").read_text(), re.MULTILINE)
    }
    gevraagd = {
        re.match(r"[a-zA-Z0-9_-]+", eis)[0].lower().replace("_", "-")  # type: ignore[index]
        for eis in [
            *PROJECT["dependencies"],
            *(eis for groep in PROJECT["optional-dependencies"].values() for eis in groep),
        ]
    }
    assert len(SLOTEN) == 3
    assert gevraagd <= vast


def test_make_help_names_what_the_readme_promises() -> None:
    hulp = subprocess.run(["make", "-s", "help"], cwd=WORTEL, capture_output=True, text=True, check=True).stdout
    for doel in ("run", "test", "demo", "bench", "lint"):
        assert f"make {doel}\t" in hulp
    for doel in re.findall(r"(?:`|^    )make (\w+)", (WORTEL / "README.md").read_text(), re.MULTILINE):
        assert f"make {doel}\t" in hulp


def test_make_says_how_far_the_installation_is(tmp_path: Path) -> None:
    opdracht = ["make", "-n", "run", f"PYTHON={sys.executable}", f"VENV={tmp_path / 'nieuw'}"]
    uit = subprocess.run(opdracht, cwd=WORTEL, capture_output=True, text=True, check=True).stdout
    assert re.findall(r"Stap (\d)[:.]", uit) == ["1", "2", "3"]


def test_make_installs_anew_when_the_venv_is_of_another_python(tmp_path: Path) -> None:
    (tmp_path / "Makefile").write_bytes((WORTEL / "Makefile").read_bytes())
    for naam in ("requirements-build.lock", "requirements.lock", "pyproject.toml"):
        (tmp_path / naam).touch()

    def plan() -> str:
        opdracht = ["make", "-n", "run", f"PYTHON={sys.executable}"]
        return subprocess.run(opdracht, cwd=tmp_path, check=True, capture_output=True, text=True).stdout

    (tmp_path / ".venv").mkdir()
    huidig = f"{sys.version_info.major}.{sys.version_info.minor}"
    for versie, opnieuw in (("3.1", True), (huidig, False)):
        for stempel in ("build", "run"):
            (tmp_path / f".venv/.{stempel}-{versie}").touch()
        assert ("-m venv --clear" in plan()) is opnieuw
