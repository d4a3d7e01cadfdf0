"""The address of a session: takes messages of the system under test, passes them to a real store and records both.

Every path begins with the token of the session, which nobody guesses. Sizes, connections and time are bounded.
"""

import re
import secrets
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

import urllib3
import waitress
from lxml import etree

from regiesysteem.conformance.exchanged import Exchanged
from regiesysteem.conformance.http_line import MAX_ANSWER
from regiesysteem.conformance.judgement import open_message
from regiesysteem.conformance.outgoing import envelope_around
from regiesysteem.conformance.received import operation_of
from regiesysteem.conformance.recorder import Recorder
from regiesysteem.errors import Reportable
from regiesysteem.stuf.answers import bv03
from regiesysteem.stuf.message import Systeem, read_stuurgegevens
from regiesysteem.zkn.operations import DOORS

_MAX_MESSAGE: Final = 64_000_000
_STORE_S: Final = 120
_THREADS: Final = 4
_MAX_CONNECTIONS: Final = 50
_IDLE_S: Final = 60
_LOOP_S: Final = 0.2

_PATHS: Final = re.compile(rf"stuf(?:/(?:{'|'.join(filter(None, DOORS))}|xsd/[\w.]+))?/?")
"""The paths of a session, below its token: the doors of the store, and the schemas that their WSDL names."""

_Environ = dict[str, Any]
_StartResponse = Callable[[str, list[tuple[str, str]]], object]


class ListenerError(Reportable):
    """The session cannot listen; the text says in Dutch why."""

    exit_ = 3


class Listener:
    """The WSGI application. `store` is the address of the store, without path.

    `answers` has the operations that the store does not answer as the scenarios have it, with what they get: Bv03.
    """

    def __init__(self, token: str, store: str, recorder: Recorder, answers: Mapping[str, str], own: Systeem) -> None:
        self._token = token.encode()
        self._store = store
        self._recorder = recorder
        self._answers = answers
        self._own = own
        self._pool = urllib3.PoolManager(maxsize=_THREADS, retries=False)
        self.address = ""

    def __call__(self, environ: _Environ, start_response: _StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        begin, _, rest = environ["PATH_INFO"].removeprefix("/").partition("/")
        method = environ["REQUEST_METHOD"]
        if not secrets.compare_digest(begin.encode(), self._token) or not _PATHS.fullmatch(rest):
            return _plain(start_response, "404 Not Found", "Dit adres is er niet.\n")
        query = environ.get("QUERY_STRING", "")
        url = f"{self._store}/{rest}" + (f"?{query}" if query else "")
        if method == "GET":
            return self._contract(url, start_response)
        if method != "POST":
            return _plain(start_response, "405 Method Not Allowed", "Stuur berichten met POST.\n")
        return self._message(environ, url, start_response)

    def close(self) -> None:
        """Close the connections with the store."""
        self._pool.clear()

    def _contract(self, url: str, start_response: _StartResponse) -> Iterable[bytes]:
        """Give a WSDL or XSD of the store with our own address in it; that is no message."""
        try:
            answer = self._pool.request("GET", url, timeout=_STORE_S)
        except urllib3.exceptions.HTTPError:
            return _plain(start_response, "502 Bad Gateway", "Het register van deze sessie antwoordt niet.\n")
        start_response(f"{answer.status} {answer.reason}", [("Content-Type", _content_type(answer))])
        return [answer.data.replace(self._store.encode(), self.address.encode())]

    def _message(self, environ: _Environ, url: str, start_response: _StartResponse) -> Iterable[bytes]:
        question = environ["wsgi.input"].read(_MAX_MESSAGE)
        action, content_type = environ.get("HTTP_SOAPACTION", ""), environ.get("CONTENT_TYPE", "")
        now = datetime.now(UTC)
        opened = open_message(question)
        operation = operation_of(action.strip().strip('"'), opened)
        if operation in self._answers and opened.message is not None:
            answer = etree.tostring(bv03(read_stuurgegevens(opened.message), self._own, now), encoding="unicode")
            status, given, body, trouble = 200, "text/xml; charset=utf-8", envelope_around(answer).encode(), ""
        else:
            status, given, body, trouble = self._ask_store(url, question, action, content_type)
        self._recorder.add(
            Exchanged(
                moment=now.isoformat(),
                direction="in",
                operation=operation,
                action=action,
                question=question.decode("utf-8", "replace"),
                answer=body.decode("utf-8", "replace"),
                status=status,
                trouble=trouble,
                content_type=content_type,
            )
        )
        if trouble:
            return _plain(start_response, "502 Bad Gateway", f"{trouble}\n")
        start_response(f"{status} OK" if status == 200 else f"{status} Fout", [("Content-Type", given)])
        return [body]

    def _ask_store(self, url: str, question: bytes, action: str, content_type: str) -> tuple[int, str, bytes, str]:
        headers = {"Content-Type": content_type or "text/xml"} | ({"SOAPAction": action} if action else {})
        try:
            answer = self._pool.request("POST", url, body=question, headers=headers, timeout=_STORE_S)
        except urllib3.exceptions.HTTPError:
            return 502, "", b"", "het register van deze sessie antwoordt niet"
        return answer.status, _content_type(answer), answer.data[:MAX_ANSWER], ""


def _content_type(answer: urllib3.BaseHTTPResponse) -> str:
    return answer.headers.get("Content-Type", "text/xml; charset=utf-8")


def _plain(start_response: _StartResponse, status: str, text: str) -> Iterable[bytes]:
    start_response(status, [("Content-Type", "text/plain; charset=utf-8")])
    return [text.encode()]


@contextmanager
def listening(listener: Listener, token: str, host: str, port: int) -> Iterator[str]:
    """Listen in a thread for as long as the block takes; gives the address. Raises ListenerError."""
    sockets: dict[int, Any] = {}
    try:
        server = waitress.create_server(
            listener,
            host=host,
            port=port,
            map=sockets,
            threads=_THREADS,
            connection_limit=_MAX_CONNECTIONS,
            channel_timeout=_IDLE_S,
            max_request_body_size=_MAX_MESSAGE,
            ident=None,
            asyncore_loop_timeout=_LOOP_S,
        )
    except (OSError, ValueError) as error:
        raise ListenerError(f"Op {host}:{port} is niet te luisteren: {error}") from None
    shown = f"[{host}]" if ":" in host else host
    listener.address = f"http://{shown}:{server.effective_port}/{token}"
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield listener.address
    finally:
        server.trigger.pull_trigger(partial(_stop, server))  # in its own thread, which waits for these
        thread.join()
        server.task_dispatcher.shutdown()
        listener.close()


def _stop(server: Any) -> None:
    for channel in list(server.active_channels.values()):
        channel.handle_close()
    server.close()
