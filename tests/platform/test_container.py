"""The container gets no more than its work needs: the lines of the Dockerfile and docker-compose.yml that hold that."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
FINAL = DOCKERFILE.rpartition("\nFROM ")[2]
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]


def test_it_runs_as_a_user_of_its_own_that_owns_no_program() -> None:
    """A number, because a platform that refuses root cannot see what a name is."""
    users = re.findall(r"^USER (.*)$", FINAL, re.MULTILINE)
    assert users == ["10001:10001"]
    assert "--uid 10001 --gid 10001" in FINAL
    copied, after = FINAL.index("COPY --from=bouw"), FINAL.index("USER ")
    assert copied < after, "what is copied before belongs to root"
    assert "--chown" not in FINAL
    assert not any("user" in service for service in SERVICES.values()), "nothing makes it another one"


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_every_service_has_a_read_only_root_and_no_way_to_more(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert any(place.startswith("/tmp") for place in service["tmpfs"])
    assert not {"privileged", "network_mode", "pid", "ipc", "devices", "cgroup"} & set(service)
    assert "docker.sock" not in str(service)


def test_our_own_services_get_no_capability_back() -> None:
    assert [name for name in ("web", "worker") if "cap_add" in SERVICES[name]] == []


def test_what_is_written_goes_to_a_volume() -> None:
    """Data, and messages that are too large for memory: those not to the tmpfs, which is memory."""
    environment = dict(re.findall(r"(\w+)=(\S+)", FINAL))
    volumes = set(re.findall(r'"(/[^"]+)"', re.findall(r"^VOLUME (.*)$", FINAL, re.MULTILINE)[0]))
    assert {environment["REGIE_DATA_DIR"], environment["TMPDIR"]} == volumes
    assert [volume.partition(":")[2] for volume in SERVICES["web"]["volumes"]] == [environment["REGIE_DATA_DIR"]]


def test_only_the_door_of_messages_is_published_and_only_on_this_machine() -> None:
    web = SERVICES["web"]
    assert web["ports"] == ["127.0.0.1:${REGIE_PORT:-8080}:8080"]
    assert web["environment"]["REGIE_BEHEER_PORT"] == "8081"
    assert [name for name in ("database", "worker") if "ports" in SERVICES[name]] == []


def test_no_secret_is_in_the_image_or_in_the_file_of_the_services() -> None:
    assert not re.search(r"(PASSWORD|WACHTWOORD|SECRET|TOKEN|KEY)\w*=", DOCKERFILE, re.IGNORECASE)
    told = (ROOT / "docker-compose.yml").read_text()
    for password in re.findall(r"PASSWORD: (.*)$|://regie:(.*?)@", told, re.MULTILINE):
        assert "".join(password).startswith("${POSTGRES_PASSWORD")
    sample = re.findall(r"^\w*PASSWORD=(.*)$", (ROOT / "voorbeeld.env").read_text(), re.MULTILINE)
    assert sample == [""]
    assert ".env\n" in (ROOT / ".gitignore").read_text()
    assert (ROOT / ".dockerignore").read_text().startswith("*\n"), "nothing goes into the image that is not named"


def test_the_check_of_health_is_a_program_that_runs() -> None:
    """It says that nobody answers, and not that it has an error of its own."""
    [code] = re.findall(r'"python", "-c", "(.*?)"\]', FINAL)
    assert ":8080/healthz" in code
    command = [sys.executable, "-c", code.replace(":8080/", ":9/")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "Connection refused" in done.stderr
