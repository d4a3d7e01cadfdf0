"""Spyne 2.14 on today's Python: importable, speaks SOAP 1.1 and 1.2, and leaves the garbage to Python."""

import subprocess
import sys

import pytest

ECHO = """
import io, math, sys, gc
import regiesysteem.soap.spyne_shim
from spyne import Application, Service, Unicode, const, rpc
from spyne.protocol.soap import Soap11, Soap12
from spyne.server.wsgi import WsgiApplication
assert const.MIN_GC_INTERVAL == math.inf

class Echo(Service):
    @rpc(Unicode, _returns=Unicode)
    def zeg_na(ctx, tekst):
        return tekst

protocol = {protocol}
app = WsgiApplication(Application([Echo], "urn:echo", in_protocol=protocol(validator="lxml"), out_protocol=protocol()))
bericht = (
    '<e:Envelope xmlns:e="{envelop}"><e:Body>'
    '<zeg_na xmlns="urn:echo"><tekst>hallo</tekst></zeg_na></e:Body></e:Envelope>'
).encode()
environ = dict(REQUEST_METHOD="POST", SERVER_NAME="x", SERVER_PORT="80", PATH_INFO="/", QUERY_STRING="",
               CONTENT_TYPE="{soort}; charset=utf-8", CONTENT_LENGTH=str(len(bericht)))
environ["wsgi.input"] = io.BytesIO(bericht)
environ["wsgi.url_scheme"] = "http"
gc.callbacks.append(lambda fase, info: print("OPGERUIMD") if info["generation"] == 2 and fase == "start" else None)
gc.disable()
print(b"".join(app(environ, lambda status, kop: print(status))).decode())
"""


@pytest.mark.parametrize(
    ("protocol", "envelope", "soort"),
    [
        ("Soap11", "http://schemas.xmlsoap.org/soap/envelope/", "text/xml"),
        ("Soap12", "http://www.w3.org/2003/05/soap-envelope", "application/soap+xml"),
    ],
)
def test_spyne_answers_on_this_python(protocol: str, envelope: str, soort: str) -> None:
    code = ECHO.format(protocol=protocol, envelop=envelope, soort=soort)
    ready = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ready.returncode == 0, ready.stderr
    assert ready.stdout.startswith("200 OK")
    assert "<tns:zeg_naResult>hallo</tns:zeg_naResult>" in ready.stdout
    assert envelope in ready.stdout
    assert "OPGERUIMD" not in ready.stdout
