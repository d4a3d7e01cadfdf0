"""The proxy that we ship, as it is: nginx with deploy/nginx.conf.template before a running server."""

import http.client
import re
import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Any

import pytest
import yaml
from sqlalchemy import Engine
from tests.access.certificates import AUTHORITY, CLIENT, EXPIRED, OIN, OTHER_AUTHORITY, Made, haproxy, make, name, nginx
from tests.access.conftest import GWS, HASHES, PASSWORDS, basic, sent_by
from tests.berichten.bouw import envelope, lv01
from tests.conftest import start_server, stop_server, vrije_port, wait_on_server, wait_until

from regiesysteem import config
from regiesysteem.access.passwords import keep_hash
from regiesysteem.config import CERTIFICATE_HEADERS, Settings
from regiesysteem.inrichting.load import load_inrichting, read_text

ROOT = Path(__file__).parents[2]
TEMPLATE = (ROOT / "deploy/nginx.conf.template").read_text()
SERVICES: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
AROUND = """
daemon off; worker_processes 1; pid {map}/pid; error_log {map}/error.log;
events {{}}
http {{ access_log off; client_body_temp_path {map}/body; proxy_temp_path {map}/proxy; fastcgi_temp_path {map}/f;
        uwsgi_temp_path {map}/u; scgi_temp_path {map}/s; include {map}/regiesysteem.conf; }}
"""
STRANGER = make(name("backoffice.voorbeeld.nl"), OTHER_AUTHORITY)
SERVER = make(name("localhost"), AUTHORITY, hosts=("localhost",))
QUESTION = envelope(sent_by("Schuldhulp", lv01()))

needs_nginx = pytest.mark.skipif(shutil.which("nginx") is None, reason="nginx is not on this machine (nginx-light)")


@dataclass(frozen=True)
class Front:
    """The port of the proxy, the port of the server behind it, and a directory for keys of clients."""

    port: int
    behind: int
    map: Path

    def send(
        self, made: Made | None = None, body: bytes = QUESTION, path: str = "/stuf", **headers: str
    ) -> tuple[int, bytes]:
        """POST through the proxy with a certificate; status and answer."""
        context = ssl.create_default_context(cadata=AUTHORITY.pem.decode())
        if made is not None:
            context.load_cert_chain(*made.write(self.map, made.fingerprint))
        return _post(
            http.client.HTTPSConnection("localhost", self.port, context=context, timeout=60), path, body, headers
        )

    def past(self, address: str, **headers: str) -> int:
        """POST to the server itself, from an address of this machine; the status."""
        source = http.client.HTTPConnection("127.0.0.1", self.behind, timeout=60, source_address=(address, 0))
        return _post(source, "/stuf", QUESTION, headers)[0]


def _post(connection: http.client.HTTPConnection, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
    with closing(connection):
        connection.request("POST", path, body, {"Content-Type": "text/xml"} | headers)
        answer = connection.getresponse()
        return answer.status, answer.read()


@pytest.fixture(scope="module")
def front(module_engine: Engine, module_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    """The proxy on this machine, before a server that trusts it by its address."""
    map_ = tmp_path_factory.mktemp("nginx")
    toml = config.example_inrichting().read_text().replace('"open"', '"applicaties"', 1)
    toml = toml.replace("\n[[applicatie]]", '\n[[applicatie]]\ncertificaat = "CN=niemand"')
    toml = toml.replace('"CN=niemand"\nnaam = "Schuldhulp"', f'"OIN={OIN}"\nnaam = "Schuldhulp"')
    (map_ / "mijn.toml").write_text(toml)
    load_inrichting(module_engine, read_text(toml, "test"))
    with module_engine.begin() as connection:
        keep_hash(connection, GWS, HASHES[GWS])
    behind, port, log = vrije_port(), vrije_port(), map_ / "logboek"
    server = start_server(
        log,
        REGIE_PORT=str(behind),
        REGIE_WORKERS="1",
        REGIE_MET_WORKER="false",
        REGIE_DATA_DIR=str(map_),
        REGIE_DATABASE_URL=module_database_url,
        REGIE_INRICHTING=str(map_ / "mijn.toml"),
        REGIE_PROXY="true",
        REGIE_PROXY_ADRESSEN="127.0.0.1",
        REGIE_CERTIFICAAT_KOP="ssl-client-cert",
    )
    _write(map_, port, behind)
    proxy = subprocess.Popen(["nginx", "-p", str(map_), "-c", str(map_ / "nginx.conf"), "-e", str(map_ / "error.log")])
    try:
        wait_on_server(server, log)
        wait_until(lambda: _listens(port), "nginx", logboek=map_ / "error.log")
        yield Front(port, behind, map_)
    finally:
        proxy.terminate()
        proxy.wait(60)
        stop_server(server)


def _write(map_: Path, port: int, behind: int) -> None:
    SERVER.write(map_, "server")
    (map_ / "clients.pem").write_bytes(AUTHORITY.pem)
    filled = {"REGIE_TLS_PORT": port, "REGIE_TLS_MAP": map_, "REGIE_UPSTREAM": f"127.0.0.1:{behind}"}
    (map_ / "regiesysteem.conf").write_text(Template(TEMPLATE).safe_substitute(filled))
    (map_ / "nginx.conf").write_text(AROUND.format(map=map_))


def _listens(port: int) -> bool:
    with closing(socket.socket()) as one:
        return one.connect_ex(("127.0.0.1", port)) == 0


@needs_nginx
def test_the_right_certificate_goes_through_and_proves_its_sender(front: Front) -> None:
    status, answer = front.send(CLIENT)
    assert (status, b"zakLa01" in answer) == (200, True)
    status, answer = front.send(CLIENT, envelope(lv01()))
    assert (status, b"StUF013" in answer) == (500, True), "of another sender"


@needs_nginx
def test_a_certificate_of_another_authority_or_an_expired_one_stops_at_the_proxy(front: Front) -> None:
    for made in (STRANGER, EXPIRED):
        status, answer = front.send(made)
        assert (status, b"SSL certificate error" in answer) == (400, True)


@needs_nginx
def test_without_a_certificate_a_password_proves_it_and_nothing_does_not(front: Front) -> None:
    assert front.send()[0] == 401
    assert front.send(None, envelope(lv01()), **basic("GWS4all", PASSWORDS[GWS]))[0] == 200


@needs_nginx
def test_a_header_of_the_client_is_replaced_or_dropped(front: Front) -> None:
    for header in (*CERTIFICATE_HEADERS, "ssl_client_cert"):
        for value in (nginx(CLIENT), haproxy(CLIENT), f"Hash={CLIENT.fingerprint}"):
            assert front.send(None, **{header: value})[0] == 401, header
    other = make(name("ander.voorbeeld.nl"), AUTHORITY)
    assert front.send(other, **{"ssl-client-cert": nginx(CLIENT)})[0] == 401


@needs_nginx
def test_past_the_proxy_the_header_is_worth_nothing(front: Front) -> None:
    forged = {"ssl-client-cert": nginx(CLIENT), "X-Forwarded-For": "127.0.0.1"}
    assert front.past("127.0.0.1", **forged) == 200, "the address that is trusted"
    assert front.past("127.0.0.2", **forged) == 401


@needs_nginx
def test_only_the_door_of_messages_is_open_and_the_contract_names_the_proxy(front: Front) -> None:
    assert [front.send(CLIENT, path=path)[0] for path in ("/", "/metrics", "/readyz")] == [404] * 3
    context = ssl.create_default_context(cadata=AUTHORITY.pem.decode())
    with closing(http.client.HTTPSConnection("localhost", front.port, context=context, timeout=60)) as connection:
        connection.request("GET", "/stuf/VrijeBerichten?wsdl")
        assert f'"https://localhost:{front.port}/stuf/VrijeBerichten"'.encode() in connection.getresponse().read()


def test_its_bounds_are_ours() -> None:
    defaults = Settings()
    assert f"client_max_body_size {defaults.max_bericht_mb}m;" in TEMPLATE
    for bound in ("client_header", "client_body", "send"):
        assert f"{bound}_timeout {defaults.lees_timeout}s;" in TEMPLATE
    [patience] = re.findall(r"proxy_read_timeout (\d+)s;", TEMPLATE)
    assert int(patience) > 2 * defaults.statement_timeout


def test_compose_has_it_with_the_address_that_the_server_trusts() -> None:
    proxy, sample = SERVICES["proxy"], (ROOT / "voorbeeld.env").read_text()
    [mounted] = [volume for volume in proxy["volumes"] if volume.startswith("./deploy/")]
    assert mounted == "./deploy/nginx.conf.template:/etc/nginx/templates/default.conf.template:ro"
    assert set(re.findall(r"\$\{(REGIE_\w+)\}", TEMPLATE)) == set(proxy["environment"]) - {"NGINX_ENVSUBST_FILTER"}
    address = proxy["networks"]["default"]["ipv4_address"]
    assert f"# REGIE_PROXY_ADRESSEN={address}\n" in sample
    for setting in ("REGIE_AFGESCHERMD", "REGIE_PROXY", "REGIE_PROXY_ADRESSEN", "REGIE_CERTIFICAAT_KOP"):
        assert f"${{{setting}:-" in SERVICES["web"]["environment"][setting]
        assert f"# {setting}=" in sample
