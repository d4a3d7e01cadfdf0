"""SOAP stacks that vendors use, each behind one function: call an operation with a message, get the answer as dicts.

A message is the dict that zeep takes (`regiesysteem_practice.play_messages`). Each stack writes it with its own reading
of our WSDL: it is given names and values, no namespaces and no XML. A stack that is not on this machine is skipped in
words.
"""

import base64
import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import zeep
from lxml import etree
from zeep.helpers import serialize_object
from zeep.xsd import Nil

from regiesysteem.stuf.namespaces import XMIME
from regiesysteem.stuf.xml import parse

HERE = Path(__file__).parent
CLIENTS = HERE.parents[1] / "voorbeelden/clients"
"""The scripts for vendors; the node one has its packages there."""
Roep = Callable[[str, str, dict[str, Any]], Any]

_ATTRIBUTES = {
    "entiteittype": "StUF:entiteittype",
    "verwerkingssoort": "StUF:verwerkingssoort",
    "scope": "StUF:scope",
    "functie": "StUF:functie",
    "metagegeven": "StUF:metagegeven",
    "bestandsnaam": "StUF:bestandsnaam",
    "contentType": "xmime:contentType",
    "naam": "naam",
}
_TEXTS = ("_", "_value_1", "$value")  # what the stacks call the text of an element with attributes


def find(answer: Any, naam: str) -> list[Any]:
    """The texts of all elements of this name, however deep in an answer."""
    if isinstance(answer, list | tuple):
        return [one for part in answer for one in find(part, naam)]
    if not isinstance(answer, dict):
        return []
    here = answer.get(naam)
    parts = here if isinstance(here, list) else [] if here is None else [here]
    under = [one for part in answer.values() for one in find(part, naam)]
    return [text for part in parts if (text := _text(part)) is not None] + under


def _text(part: Any) -> Any:
    if isinstance(part, dict):
        return next((part[naam] for naam in _TEXTS if naam in part), None)
    return part


@contextmanager
def zeep_streng(adres: str, _map: Path) -> Iterator[Roep]:
    """zeep as it comes: strict, so that it refuses an answer with one element too many."""
    clienten: dict[str, zeep.Client] = {}

    def roep(door: str, operatie: str, bericht: dict[str, Any]) -> Any:
        if door not in clienten:
            clienten[door] = zeep.Client(f"{adres}/{door}?wsdl".replace("/?", "?"))
        try:
            return serialize_object(getattr(clienten[door].service, operatie)(**bericht), dict)
        except zeep.exceptions.Fault as error:
            return [_as_dict(part) for part in error.detail]

    yield roep


@contextmanager
def node(adres: str, map_: Path) -> Iterator[Roep]:
    """The soap package of node, with the packages of package-lock.json and no other."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        pytest.skip("node and npm are not on this machine")
    for naam in ("package.json", "package-lock.json"):
        shutil.copy(CLIENTS / naam, map_)
    command = [npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts"]
    outcome = subprocess.run(command, cwd=map_, capture_output=True, text=True, timeout=240, check=False)
    if outcome.returncode:
        pytest.skip(f"npm ci finds no packages here: {outcome.stderr[-300:]}")
    modules = map_ / "node_modules" / "aanroep.js"
    with _process("node", str(HERE / "roep.js"), str(modules), adres) as question:
        yield lambda door, operatie, bericht: json.loads(question(json.dumps([door, operatie, _for_node(bericht)])))


def _for_node(part: Any, at: str = "") -> Any:
    """Plain objects: attributes apart, as that package has them; in stuurgegevens all names are elements."""
    if isinstance(part, list):
        return [_for_node(one, at) for one in part]
    if part is Nil:
        return {"attributes": {"xsi:nil": "true"}}
    if isinstance(part, bytes):
        return base64.b64encode(part).decode()
    if not isinstance(part, dict):
        return part
    out: dict[str, Any] = {}
    for naam, waarde in part.items():
        attribute = _ATTRIBUTES.get(naam) if at != "stuurgegevens" and not isinstance(waarde, dict) else None
        if attribute and not (naam == "naam" and at != "extraElement"):
            # That package declares no prefix of a namespace of W3C.
            added = {"xmlns:xmime": XMIME} if attribute.startswith("xmime:") else {}
            out.setdefault("attributes", {}).update({attribute: waarde, **added})
        else:
            out["$value" if naam == "_value_1" else naam] = _for_node(waarde, naam)
    return out


@contextmanager
def php(adres: str, _map: Path) -> Iterator[Roep]:
    """ext-soap with arrays."""
    asks = ["php", "-r", "exit(extension_loaded('soap') ? 0 : 1);"]
    if shutil.which("php") is None or subprocess.run(asks, check=False).returncode:
        pytest.skip("php with its soap extension is not on this machine (Debian: php-cli, php-soap)")
    with _process("php", str(HERE / "roep.php"), adres) as question:
        yield lambda door, operatie, bericht: json.loads(question(json.dumps([door, operatie, _for_php(bericht)])))


def _for_php(part: Any) -> Any:
    if isinstance(part, list):
        return [_for_php(one) for one in part]
    if isinstance(part, bytes):
        return {"base64": base64.b64encode(part).decode()}
    if isinstance(part, dict):
        return {"_" if naam == "_value_1" else naam: _for_php(waarde) for naam, waarde in part.items()}
    return None if part is Nil else part


@contextmanager
def java(adres: str, map_: Path) -> Iterator[Roep]:
    """JAX-WS with MTOM: the classes that wsimport makes of our WSDL, filled by JAXB."""
    if shutil.which("wsimport") is None or shutil.which("javac") is None or not _JAXWS.is_file():
        pytest.skip("JAX-WS and a JDK are not on this machine (Debian: jaxws, default-jdk-headless)")
    diensten = {
        "": "nl.egem.stuf.sector.zkn._0310.Regiesysteem_Service",
        "RegieZaakServices": _RZS_DIENST,
        "ZaakDocumentServices": "nl.stufstandaarden.koppelvlak.zds0120.ZaakDocumentServices_Service",
    }
    for door in diensten:
        wsdl = f"{adres}/{door}?wsdl".replace("/?", "?")
        (map_ / "vorm.xml").write_text(_WITHOUT_OMSLAG.format(wsdl=wsdl))
        # -extension: of StUF several operations have the same message, and the SOAPAction tells them apart.
        _run(map_, "wsimport", "-quiet", "-extension", "-Xnocompile", "-b", "vorm.xml", "-s", ".", "-d", ".", wsdl)
    path = f"{_JAXWS}:{map_}"
    bronnen = [str(HERE / "Roep.java"), *map(str, map_.rglob("*.java"))]
    _run(map_, "javac", "-nowarn", "-proc:none", "-cp", path, "-d", ".", *bronnen)
    writer = {door: zeep.Client(f"{adres}/{door}?wsdl".replace("/?", "?")) for door in diensten}

    def roep(door: str, operatie: str, bericht: dict[str, Any]) -> Any:
        door = door if door in diensten else ""
        client = writer[door]
        envelope = client.create_message(client.service, operatie, **bericht)
        inhoud = base64.b64encode(etree.tostring(envelope.find("{*}Body")[0])).decode()
        answer = base64.b64decode(question(f"{diensten[door]} {operatie} {inhoud}"))
        return _as_dict(parse(answer)) if answer else {}

    with _process("java", *_JVM["JAVA_TOOL_OPTIONS"].split(), "-cp", path, "Roep") as question:
        yield roep


_JAXWS = Path("/usr/share/java/jaxws-rt.jar")
_RZS_DIENST = "nl.stufstandaarden.koppelvlak.rzs0310.OntvangAsynchroon_Service"
_WITHOUT_OMSLAG = """<b:bindings xmlns:b="http://java.sun.com/xml/ns/jaxws" wsdlLocation="{wsdl}">
<b:enableWrapperStyle>false</b:enableWrapperStyle></b:bindings>"""


# Programs that live for seconds: a third of the processor's time of the usual settings.
_JVM = os.environ | {"JAVA_TOOL_OPTIONS": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"}


def _run(map_: Path, *command: str) -> None:
    outcome = subprocess.run(command, cwd=map_, env=_JVM, capture_output=True, text=True, check=False)
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr


@contextmanager
def _process(*command: str) -> Iterator[Callable[[str], str]]:
    """A process that answers each line with one."""
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:

        def question(regel: str) -> str:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(f"{regel}\n")
            process.stdin.flush()
            answer = process.stdout.readline()
            assert answer, f"{command[0]} ended with {process.wait()}"
            return answer

        try:
            yield question
        finally:
            process.kill()


def _as_dict(node: etree._Element) -> Any:
    """An element as the other stacks give it: its text, or its children by name."""
    if not len(node):
        return node.text
    out: dict[str, Any] = {}
    for child in node:
        out.setdefault(etree.QName(child).localname, []).append(_as_dict(child))
    return out
