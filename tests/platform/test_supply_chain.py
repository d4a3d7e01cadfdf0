"""The packages of others: each is on a bill with its licence, and is held against the lists of vulnerabilities."""

import json
import os
import re
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
LOCKED = dict(re.findall(r"^([a-z0-9._-]+)==([^ ;\\]+)", (ROOT / "requirements.lock").read_text(), re.MULTILINE))


@pytest.fixture(scope="module")
def bill(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    target = tmp_path_factory.mktemp("bill") / "dist/sbom.json"
    for _ in range(2):
        before = target.read_bytes() if target.exists() else b""
        command = [ROOT / ".ci/sbom.py", ROOT / "requirements.lock", target, ROOT / "stijl/package-lock.json"]
        subprocess.run([sys.executable, *command], check=True)
    assert target.read_bytes() == before, "the same lock gives the same bill"
    found: dict[str, Any] = json.loads(before)
    return found


def test_the_bill_names_every_locked_package_and_no_other(bill: dict[str, Any]) -> None:
    components = [one for one in bill["components"] if one["purl"].startswith("pkg:pypi/")]
    assert len(LOCKED) > 50
    assert {one["name"]: one["version"] for one in components} == LOCKED
    assert {one["purl"] for one in components} == {f"pkg:pypi/{name}@{version}" for name, version in LOCKED.items()}
    assert len({one["bom-ref"] for one in components}) == len(components)


def test_the_bill_names_the_packages_of_the_style(bill: dict[str, Any]) -> None:
    style = [one for one in bill["components"] if one["purl"].startswith("pkg:npm/")]
    asked = json.loads((ROOT / "stijl/package.json").read_text())["dependencies"]
    assert {one["name"]: one["version"] for one in style} == asked
    assert {one["licenses"][0]["expression"] for one in style} == {"EUPL-1.2"}
    assert "pkg:npm/%40utrecht/alert-css@" in " ".join(one["purl"] for one in style)


def test_the_bill_has_the_licence_of_every_package_that_is_installed(bill: dict[str, Any]) -> None:
    for one in bill["components"]:
        if one["purl"].startswith("pkg:npm/"):
            continue
        try:
            version(one["name"])
        except PackageNotFoundError:
            assert "properties" in one, f"{one['name']} has a marker, or it would be installed"
            continue
        told = [entry.get("expression") or entry["license"]["name"] for entry in one["licenses"]]
        assert all(told), one["name"]
        assert all("\n" not in licence for licence in told)


def test_the_bill_is_of_this_product_in_a_form_that_others_read(bill: dict[str, Any]) -> None:
    """CycloneDX 1.6: what its schema requires, and the enumerations that we use."""
    assert (bill["bomFormat"], bill["specVersion"], bill["version"]) == ("CycloneDX", "1.6", 1)
    assert re.fullmatch(r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", bill["serialNumber"])
    product = bill["metadata"]["component"]
    assert (product["type"], product["name"]) == ("application", "regiesysteem")
    assert product["licenses"] == [{"license": {"id": "EUPL-1.2"}}]
    assert {one["type"] for one in bill["components"]} == {"library"}


@pytest.mark.parametrize(
    ("said", "code", "exit_", "told"),
    [
        ("No known vulnerabilities found", 0, 0, "No known vulnerabilities found"),
        ("Found 2 known vulnerabilities in 1 package", 1, 1, "Found 2 known vulnerabilities"),
        ("ERROR: lxml: Dependency not found and could not be audited", 1, 2, "Niet gecontroleerd"),
        ("ConnectionError: Max retries exceeded", 1, 2, "doe het opnieuw met internet"),
    ],
)
def test_an_audit_without_an_answer_is_not_taken_for_a_good_one(
    tmp_path: Path, said: str, code: int, exit_: int, told: str
) -> None:
    program = tmp_path / "pip-audit"
    program.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/asked\necho "{said}"\nexit {code}\n')
    program.chmod(0o755)
    environment = os.environ | {"PIP_AUDIT": str(program)}
    done = subprocess.run(["bash", ROOT / ".ci/audit"], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == exit_
    assert told in done.stdout + done.stderr
    asked = (tmp_path / "asked").read_text()
    assert "--strict" in asked
    assert "requirements-dev.lock" in asked


def test_the_audit_is_a_job_of_its_own_in_ci_and_no_part_of_the_tests() -> None:
    workflow = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text())
    assert [step["run"] for step in workflow["jobs"]["audit"]["steps"] if "run" in step] == ["make audit"]
    assert "make sbom" in [step.get("run") for step in workflow["jobs"]["test"]["steps"]]
    assert workflow[True]["schedule"], "YAML reads on: as true"
    plan = subprocess.run(["make", "-n", "test"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert "audit" not in plan + (ROOT / ".ci/run").read_text()


def test_what_is_audited_is_what_is_shipped() -> None:
    dev = (ROOT / "requirements-dev.lock").read_text()
    assert [name for name, version_ in LOCKED.items() if f"\n{name}=={version_} " not in f"\n{dev}"] == []


def test_nothing_names_the_host_of_a_package_registry() -> None:
    """The settings of pip on each machine say where packages come from."""
    hosts = re.compile("|".join(("pypi" + r"\.org", "python" + r"hosted\.", "registry" + r"\.npmjs")))
    folders = (".ci", ".github", "docs", "src", "stijl", "tests", "migrations")
    files = [*ROOT.iterdir(), *(path for folder in folders for path in (ROOT / folder).rglob("*"))]
    texts = [
        path
        for path in files
        if path.is_file() and path.suffix != ".pyc" and not {"node_modules", ".node"} & set(path.parts)
    ]
    assert len(texts) > 300
    assert [str(path) for path in texts if hosts.search(path.read_text(errors="replace"))] == []
