"""spyne serves: a service per door with an operation for each message, and what of StUF spyne cannot carry.

spyne takes a request through its stages, picks the operation, calls it, writes the envelope of the answer and carries
faults. Changed here, and nowhere else (docs/besluiten/0001):

create_in_document            our parser is bounded and keeps large contents out of the tree
decompose_incoming_envelope   both versions of SOAP at one address, mustUnderstand, one message in one Body
from_element, any_xml_to_parent   a message and an answer are elements as they are
fault_to_parent               a foutbericht is the detail of a fault, in SOAP 1.2 too
serialize                     WS-Addressing in the header of the answer
create_out_string             contents are sent as they are read
"""

import importlib
import logging  # noqa: TID251 - the loggers are spyne's
import math
import operator
import sys
import types
import warnings
from typing import Any, Final, Protocol

import six
from lxml import etree

from regiesysteem.access.caller import Shown
from regiesysteem.db import count_statements
from regiesysteem.soap.envelope import add_headers, soap_error
from regiesysteem.soap.exchange import CONTENT_TYPES, Refusal
from regiesysteem.stuf.message import Bericht
from regiesysteem.stuf.namespaces import SOAP11, SOAP12
from regiesysteem.zkn.names import ZKN
from regiesysteem.zkn.operations import COMMON, DOORS, OPERATIONS, Door

# --- spyne 2.14 on Python 3.12 and newer

_SIX_IN_SPYNE: Final = "spyne.util.six"


def _put_six_in_place() -> None:
    """Register six, its `moves` and every module below it under the names by which spyne imports its own copy.

    That copy is six 1.8, whose import hook Python 3.12 no longer understands. legacy-cgi replaces the module `cgi`,
    which spyne imports and Python 3.13 no longer has.
    """
    if _SIX_IN_SPYNE in sys.modules:
        return
    copy: Any = types.ModuleType(_SIX_IN_SPYNE)
    vars(copy).update({name: value for name, value in vars(six).items() if not name.startswith("__")})
    copy.get_function_name = operator.attrgetter("__name__")  # an addition of spyne to its copy
    sys.modules[_SIX_IN_SPYNE] = copy
    for name in ("moves", "moves.urllib", "moves.urllib.parse", "moves.urllib.request", "moves.urllib.error"):
        sys.modules[f"{_SIX_IN_SPYNE}.{name}"] = importlib.import_module(f"six.{name}")
    # These two are lazy modules of six, found by attribute only.
    for name in ("http_cookies", "collections_abc"):
        sys.modules[f"{_SIX_IN_SPYNE}.moves.{name}"] = getattr(six.moves, name)


def _quiet() -> None:
    """Keep spyne from collecting garbage and from logging faults.

    spyne runs a full `gc.collect()` after a request, at most once a second per worker: tens of milliseconds in which
    that worker answers nobody. It logs each fault with its traceback and text; `Exchange` writes the one line of a
    message, without values.
    """
    const: Any = importlib.import_module("spyne.const")
    const.MIN_GC_INTERVAL = math.inf
    for name in ("spyne.application", "spyne.server"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)


_put_six_in_place()
_quiet()
with warnings.catch_warnings():
    # spyne uses deprecated functions; we mend that here, because a reader of the log cannot.
    warnings.simplefilter("ignore")
    from spyne import AnyXml, Application, Fault, ServiceBase, rpc
    from spyne.protocol.soap import Soap11
    from spyne.server.wsgi import WsgiApplication

# --- The protocol

EXCHANGE: Final = "regiesysteem.exchange"
"""The key in the WSGI environment of the Exchange of a request."""

_UNKNOWN: Final = "onbekend"


class Executor(Protocol):
    """Executes a message; see `regiesysteem.diensten.transaction:Execution`."""

    def run(self, bericht: Bericht, now: Any, shown: Shown, /) -> etree._Element: ...  # noqa: D102


class StufFault(Fault):  # type: ignore[misc]
    """A refusal in the form in which spyne carries it."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.code, refusal.text)
        self.refusal = refusal


class StufSoap11(Soap11):  # type: ignore[misc]
    """SOAP 1.1 in and out, and SOAP 1.2 in: the envelope decides which protocol writes the answer."""

    def create_in_document(self, ctx: Any, charset: str | None = None) -> None:
        """Read the body and parse it in the one place that parses."""
        environ = ctx.transport.req_env
        ctx.udc = environ[EXCHANGE]
        try:
            ctx.in_document = ctx.udc.parse(environ, charset)
        except Exception as error:  # noqa: BLE001 - whatever the bytes were, there is an answer
            raise _fault(ctx, error) from None

    def decompose_incoming_envelope(self, ctx: Any, message: Any = None) -> None:  # noqa: ARG002 - spyne calls it so
        """Open the envelope and name the operation."""
        try:
            operation = ctx.udc.open(ctx.in_document)
        except Exception as error:  # noqa: BLE001 - whatever the document was, there is an answer
            raise _fault(ctx, error) from None
        ctx.out_protocol = self.app.config[ctx.udc.version]
        ctx.in_body_doc = ctx.in_document
        ctx.method_request_string = f"{{{ZKN}}}{operation or _UNKNOWN}"

    def from_element(self, ctx: Any, cls: Any, element: Any) -> Bericht:  # noqa: ARG002 - spyne calls it so
        """Give an operation its message: the schema judges an xsi:nil or xsi:type on a root."""
        message: Bericht = ctx.udc.message()
        return message

    def any_xml_to_parent(self, ctx: Any, cls: Any, inst: Any, parent: Any, *_: Any, **__: Any) -> None:  # noqa: ARG002 - spyne calls it so
        """Put the answer in the Body as it is, without an element that is called after the operation."""
        parent.append(inst)

    def fault_to_parent(self, ctx: Any, cls: Any, inst: StufFault, parent: Any, ns: Any, *_: Any, **__: Any) -> None:  # noqa: ARG002 - spyne calls it so
        """Write a fault with its foutbericht, and the codes that SOAP itself has."""
        refusal = inst.refusal
        parent.append(soap_error(self.ns_soap_env, refusal.code, refusal.text, refusal.detail))

    def serialize(self, ctx: Any, message: Any) -> None:
        """Let spyne write the envelope, and address it when the request was addressed."""
        error = ctx.out_error
        if error is not None and not isinstance(error, StufFault):
            ctx.out_error = error = _fault(ctx, error)
            ctx.transport.resp_code = error.refusal.status
        super().serialize(ctx, message)
        add_headers(ctx.out_document, ctx.udc.addressing, error.refusal.not_understood if error else ())
        if error is not None:
            ctx.transport.resp_headers.update(error.refusal.headers)

    def create_out_string(self, ctx: Any, charset: str | None = None) -> None:  # noqa: ARG002 - spyne calls it so
        """Write the envelope, in parts when it has contents; when that fails the sender still gets an answer."""
        try:
            ctx.out_string = ctx.udc.write(ctx.out_document)
        except Exception as error:  # noqa: BLE001 - the log has it
            ctx.out_error = error
            self.serialize(ctx, self.RESPONSE)
            ctx.out_string = ctx.udc.write(ctx.out_document)
        ctx.transport.resp_headers["Content-Type"] = ctx.udc.content_type

    def fault_to_http_response_code(self, fault: Any) -> str:
        """Give the status of a refusal."""
        return fault.refusal.status if isinstance(fault, StufFault) else "500 Internal Server Error"


class StufSoap12(StufSoap11):
    """SOAP 1.2 out."""

    mime_type = CONTENT_TYPES[SOAP12]
    ns_soap_env = SOAP12


class StufApplication(Application):  # type: ignore[misc]
    """The services, whose errors all become a StufFault."""

    def call_wrapper(self, ctx: Any) -> etree._Element:
        """Call the operation."""
        with count_statements() as counter:
            try:
                answer: etree._Element = super().call_wrapper(ctx)
            except Exception as error:  # noqa: BLE001 - the sender gets an answer, the log the traceback
                raise _fault(ctx, error) from None
            finally:
                ctx.udc.statements = counter.aantal
        return answer


def _fault(ctx: Any, error: Exception) -> StufFault:
    ctx.out_protocol = ctx.app.config[ctx.udc.version]
    return StufFault(ctx.udc.refuse(error))


# --- The services


def make_server(execution: Executor) -> WsgiApplication:
    """The WSGI application of spyne with an operation for each of the table; it needs an Exchange in the environment.

    spyne declares the prefixes of an application in each answer, so each version of SOAP has an application.
    """
    services = [_service(door, execution) for door in DOORS.values()]
    protocols = {SOAP11: StufSoap11(cleanup_namespaces=False), SOAP12: StufSoap12(cleanup_namespaces=False)}
    for version, protocol in reversed(protocols.items()):
        app = StufApplication(services, ZKN, "Regiesysteem", StufSoap11(), protocol, config=protocols)
        app.interface.nsmap = {"soap": version}
    server = WsgiApplication(app)
    server.event_manager.add_listener("wsgi_close", _let_go)
    return server


def _service(door: Door, execution: Executor) -> type[ServiceBase]:
    """The service of a door; that of the common door takes messages of no operation, which admission refuses."""
    names = [operation.name for operation in OPERATIONS.values() if operation.door is door]
    methods = {name: _operation(name, execution) for name in (names if door is not COMMON else [_UNKNOWN])}
    return type(door.name, (ServiceBase,), methods)


def _operation(name: str, execution: Executor) -> Any:
    def operation(ctx: Any, message: Bericht) -> etree._Element:
        return execution.run(message, ctx.udc.now, ctx.udc.shown)

    operation.__name__ = name
    return rpc(AnyXml, _returns=AnyXml, _body_style="bare")(operation)


def _let_go(ctx: Any) -> None:
    """Break the rings of spyne's context, so that a message goes with its request and not when garbage is collected."""
    ctx.in_error = ctx.out_error = None
    for part in (ctx.transport, ctx.event, ctx.inprot_ctx, ctx.outprot_ctx):
        part.parent = None
