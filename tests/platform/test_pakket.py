"""The product as it is shipped: a wheel that works by itself, locks without addresses, documents that agree with it."""

import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from tests.conftest import environment

from regiesysteem import config
from regiesysteem.migrate import head_revision

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
LOCKS = sorted(ROOT.glob("requirements*.lock"))


@pytest.fixture(scope="module")
def wiel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    map_ = tmp_path_factory.mktemp("wiel")
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "-q",
        "--no-deps",
        "--no-build-isolation",
        "-w",
        str(map_),
        str(ROOT),
    ]
    subprocess.run(command, check=True, capture_output=True)
    return next(map_.glob("*.whl"))


@pytest.fixture(scope="module")
def uitgepakt(wiel: Path) -> Path:
    target = wiel.parent / "uitgepakt"
    with zipfile.ZipFile(wiel) as archief:
        archief.extractall(target)
    return target


def test_the_wheel_has_contract_migrations_and_example(uitgepakt: Path) -> None:
    for source in (config.wsdl_directory(), config.xsd_directory(), config.migrations_directory() / "versions"):
        naam = source.relative_to(ROOT)
        expected = {path.name for path in source.iterdir() if path.is_file()}
        assert {path.name for path in (uitgepakt / "regiesysteem" / naam).iterdir() if path.is_file()} == expected
        assert expected
    assert (uitgepakt / "regiesysteem/inrichting/voorbeeld.toml").is_file()
    assert (uitgepakt / "regiesysteem/py.typed").is_file()
    pages = {"koppelvlak.md", "elementen.md"}
    assert {path.name for path in (uitgepakt / "regiesysteem/gebruiken").iterdir()} == pages
    templates = {"koppelvlak.html", "koppelvlak.typ"}
    assert templates <= {path.name for path in (uitgepakt / "regiesysteem/kit/templates").iterdir()}
    assert (
        next(uitgepakt.glob("*.dist-info/licenses/LICENSE"))
        .read_text()
        .startswith("EUROPEAN UNION PUBLIC LICENCE v. 1.2")
    )


def test_the_wheel_has_the_style_of_the_pages_that_was_built(uitgepakt: Path) -> None:
    ours, theirs = ROOT / "src/regiesysteem/web/static", uitgepakt / "regiesysteem/web/static"
    assert {"basis.css", "eigen.css"} <= {path.name for path in theirs.iterdir()}
    assert {path.name: path.read_bytes() for path in theirs.iterdir()} == {
        path.name: path.read_bytes() for path in ours.iterdir()
    }


def test_the_wheel_has_the_product_and_the_practice_and_nothing_else(uitgepakt: Path) -> None:
    assert {path.name.partition("-")[0] for path in uitgepakt.iterdir()} == {"regiesysteem", "regiesysteem_practice"}
    [commands] = uitgepakt.glob("*.dist-info/entry_points.txt")
    assert "backoffice = regiesysteem_practice.cli:backoffice" in commands.read_text()


def test_the_wheel_works_without_the_checkout(uitgepakt: Path, lege_database_url: str, tmp_path: Path) -> None:
    code = (
        "import regiesysteem, sys; from pathlib import Path; "
        f"assert Path(regiesysteem.__file__).is_relative_to({str(uitgepakt)!r}), regiesysteem.__file__; "
        "from regiesysteem.cli import app; app(['migreer'])"
    )
    omgeven = environment(REGIE_DATABASE_URL=lege_database_url, PYTHONPATH=str(uitgepakt))
    ready = subprocess.run(
        [sys.executable, "-c", code], env=omgeven, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert ready.returncode == 0, ready.stderr
    assert ready.stdout == f"Gemigreerd van leeg naar {head_revision()}.\n"


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_a_lock_names_no_address_and_every_package_has_a_hash(lock: Path) -> None:
    regels = lock.read_text().splitlines()
    assert not [regel for regel in regels if re.search(r"://|--(extra-)?index|--find-links|@ ", regel)]
    pakketten = [number for number, regel in enumerate(regels) if re.match(r"[a-z0-9]", regel)]
    assert pakketten
    assert all("==" in regels[number] and "--hash=sha256:" in regels[number + 1] for number in pakketten)


def test_every_dependency_is_locked() -> None:
    fixed = {
        naam.replace("_", "-")
        for naam in re.findall(r"^([a-z0-9._-]+)==", (ROOT / "requirements-dev.lock").read_text(), re.MULTILINE)
    }
    asked = {
        re.match(r"[a-zA-Z0-9_-]+", require)[0].lower().replace("_", "-")  # type: ignore[index]
        for require in [
            *PROJECT["dependencies"],
            *(require for group in PROJECT["optional-dependencies"].values() for require in group),
        ]
    }
    assert len(LOCKS) == 5
    assert asked <= fixed


def test_make_help_names_what_the_readme_promises() -> None:
    help_ = subprocess.run(["make", "-s", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for target in ("run", "test", "demo", "bench", "lint", "stijl", "audit", "sbom"):
        assert f"make {target}\t" in help_
    for target in re.findall(r"(?:`|^    )make (\w+)", (ROOT / "README.md").read_text(), re.MULTILINE):
        assert f"make {target}\t" in help_


def test_make_says_how_far_the_installation_is(tmp_path: Path) -> None:
    command = ["make", "-n", "run", f"PYTHON={sys.executable}", f"VENV={tmp_path / 'nieuw'}"]
    out = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert re.findall(r"Stap (\d)[:.]", out) == ["1", "2", "3"]


def test_make_installs_anew_when_the_venv_is_of_another_python(tmp_path: Path) -> None:
    (tmp_path / "Makefile").write_bytes((ROOT / "Makefile").read_bytes())
    for naam in ("requirements-build.lock", "requirements.lock", "pyproject.toml"):
        (tmp_path / naam).touch()

    def plan() -> str:
        command = ["make", "-n", "run", f"PYTHON={sys.executable}"]
        return subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True).stdout

    (tmp_path / ".venv").mkdir()
    current = f"{sys.version_info.major}.{sys.version_info.minor}"
    for versie, again in (("3.1", True), (current, False)):
        for stempel in ("build", "run"):
            (tmp_path / f".venv/.{stempel}-{versie}").touch()
        assert ("-m venv --clear" in plan()) is again
