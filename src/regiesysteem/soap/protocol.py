"""Spyne drives a request through its stages; parsing, contract and types are ours, so elements pass as they are.

create_in_document            bytes to a document            stuf.xml
decompose_incoming_envelope   envelope to message, and which operation
the operation                 message to answer              diensten
serialize                     answer or fault to envelope
"""

from collections.abc import Callable
from typing import Any, Final

from lxml import etree

from regiesysteem import _spyne_compat  # noqa: F401 - comes before spyne
from regiesysteem.soap.afhandeling import INHOUDSTYPE, Afhandeling
from regiesysteem.zkn.names import ZKN
from regiesysteem.zkn.operations import OPERATIONS

from spyne import AnyXml, Application, Fault, ServiceBase, rpc  # isort: skip
from spyne.protocol.soap import Soap11  # isort: skip
from spyne.server.wsgi import WsgiApplication  # isort: skip

AFHANDELING: Final = "regiesysteem.afhandeling"
"""Where in the WSGI environment the Afhandeling of a request is."""

_ONBEKEND: Final = "onbekend"
_NOG_EVEN: Final = 1024
"""Bytes over the limit that spyne's own limit is, so that ours refuses first."""


class Gestopt(Fault):  # type: ignore[misc]
    """Tells spyne that a request ends before its operation; what to answer is with the Afhandeling."""


class StufSoap(Soap11):  # type: ignore[misc]
    """SOAP 1.1 and 1.2, documents as lxml elements."""

    def create_in_document(self, ctx: Any, charset: str | None = None) -> None:
        """Read the body and parse it in the one place that parses."""
        ctx.udc = ctx.transport.req_env[AFHANDELING]
        ctx.in_document = ctx.udc.ontleed(ctx.transport.req_env, charset)
        if ctx.in_document is None:
            raise Gestopt

    def decompose_incoming_envelope(self, ctx: Any, message: Any = None) -> None:  # noqa: ARG002 - spyne calls it so
        """Open the envelope and name the operation."""
        dienst = ctx.udc.open(ctx.in_document)
        if dienst is None:
            raise Gestopt
        ctx.in_body_doc = ctx.udc.bericht
        ctx.method_request_string = f"{{{ZKN}}}{dienst or _ONBEKEND}"

    def deserialize(self, ctx: Any, message: Any) -> None:  # noqa: ARG002 - spyne calls it so
        """Hand the message over as it is."""
        ctx.in_object = ctx.in_body_doc

    def serialize(self, ctx: Any, message: Any) -> None:  # noqa: ARG002 - spyne calls it so
        """Put what the Afhandeling has to say in an envelope."""
        ctx.out_document = ctx.udc.envelop()
        ctx.transport.resp_code = ctx.udc.status
        ctx.transport.resp_headers["Content-Type"] = INHOUDSTYPE[ctx.udc.versie]

    def create_out_string(self, ctx: Any, charset: str | None = None) -> None:  # noqa: ARG002 - spyne calls it so
        """Write the envelope; one with contents is sent in another way."""
        ctx.out_string = ctx.udc.schrijf(ctx.out_document)

    def fault_to_http_response_code(self, fault: Any) -> Any:  # noqa: ARG002 - spyne calls it so
        """Left to `serialize`, which knows what is answered."""
        return None


def maak_spyne_app(max_bytes: int) -> "Callable[..., Any]":
    """The spyne WSGI application with an operation per dienst; it expects an Afhandeling in the WSGI environment."""
    operaties = {naam: _operatie(naam) for naam in (*OPERATIONS, _ONBEKEND)}
    dienst = type("StufDiensten", (ServiceBase,), operaties)
    app = Application([dienst], tns=ZKN, name="Regiesysteem", in_protocol=StufSoap(), out_protocol=StufSoap())
    wsgi: Callable[..., Any] = WsgiApplication(app, chunked=True, max_content_length=max_bytes + _NOG_EVEN)
    return wsgi


def _operatie(naam: str) -> Any:
    def operatie(ctx: Any, _bericht: etree._Element) -> None:
        afhandeling: Afhandeling = ctx.udc
        afhandeling.verwerk()

    operatie.__name__ = naam
    return rpc(AnyXml, _returns=AnyXml, _body_style="bare")(operatie)
