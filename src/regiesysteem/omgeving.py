"""What a WSGI application is told of a request (PEP 3333)."""

from collections.abc import Iterable
from typing import IO, TYPE_CHECKING, Any

from regiesysteem.logboek import logger

if TYPE_CHECKING:
    from granian.rsgi import Scope


def maak_environ(scope: "Scope", kop: Iterable[tuple[str, str]], inhoud: IO[bytes], lengte: int) -> dict[str, Any]:
    """Describe a request whose body is `inhoud`, of `lengte` bytes."""
    machine, _, poort = scope.server.rpartition(":")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": scope.path.encode().decode("latin-1"),
        "QUERY_STRING": scope.query_string,
        "SERVER_NAME": machine or "localhost",
        "SERVER_PORT": poort or "80",
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "REMOTE_ADDR": scope.client.rpartition(":")[0],
        "CONTENT_LENGTH": str(lengte),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.scheme,
        "wsgi.input": inhoud,
        "wsgi.input_terminated": True,
        "wsgi.errors": _Foutenstroom(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for kleine_naam, waarde in kop:
        naam = kleine_naam.upper().replace("-", "_")
        if naam == "CONTENT_TYPE":
            environ[naam] = waarde
        elif naam != "CONTENT_LENGTH":
            sleutel = f"HTTP_{naam}"
            environ[sleutel] = f"{environ[sleutel]},{waarde}" if sleutel in environ else waarde
    return environ


class _Foutenstroom:
    """What a WSGI application writes to `wsgi.errors` becomes a log line."""

    def write(self, tekst: str) -> int:
        if tekst.strip():
            logger().error("wsgi_errors", tekst=tekst.rstrip())
        return len(tekst)

    def writelines(self, teksten: Iterable[str]) -> None:
        for tekst in teksten:
            self.write(tekst)

    def flush(self) -> None:
        """Every line is out already."""
