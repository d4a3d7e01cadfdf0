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
from regiesysteem.stuf.xml import ontleed

HIER = Path(__file__).parent
Roep = Callable[[str, str, dict[str, Any]], Any]

_ATTRIBUTEN = {
    "entiteittype": "StUF:entiteittype",
    "verwerkingssoort": "StUF:verwerkingssoort",
    "scope": "StUF:scope",
    "functie": "StUF:functie",
    "metagegeven": "StUF:metagegeven",
    "bestandsnaam": "StUF:bestandsnaam",
    "contentType": "xmime:contentType",
    "naam": "naam",
}
_TEKSTEN = ("_", "_value_1", "$value")  # what the stacks call the text of an element with attributes


def vind(antwoord: Any, naam: str) -> list[Any]:
    """The texts of all elements of this name, however deep in an answer."""
    if isinstance(antwoord, list | tuple):
        return [een for deel in antwoord for een in vind(deel, naam)]
    if not isinstance(antwoord, dict):
        return []
    hier = antwoord.get(naam)
    delen = hier if isinstance(hier, list) else [] if hier is None else [hier]
    onder = [een for deel in antwoord.values() for een in vind(deel, naam)]
    return [tekst for deel in delen if (tekst := _tekst(deel)) is not None] + onder


def _tekst(deel: Any) -> Any:
    if isinstance(deel, dict):
        return next((deel[naam] for naam in _TEKSTEN if naam in deel), None)
    return deel


@contextmanager
def zeep_streng(adres: str, _map: Path) -> Iterator[Roep]:
    """zeep as it comes: strict, so that it refuses an answer with one element too many."""
    clienten: dict[str, zeep.Client] = {}

    def roep(deur: str, operatie: str, bericht: dict[str, Any]) -> Any:
        if deur not in clienten:
            clienten[deur] = zeep.Client(f"{adres}/{deur}?wsdl".replace("/?", "?"))
        try:
            return serialize_object(getattr(clienten[deur].service, operatie)(**bericht), dict)
        except zeep.exceptions.Fault as fout:
            return [_als_dict(deel) for deel in fout.detail]

    yield roep


@contextmanager
def node(adres: str, map_: Path) -> Iterator[Roep]:
    """The soap package of node, with the packages of package-lock.json and no other."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        pytest.skip("node and npm are not on this machine")
    for naam in ("package.json", "package-lock.json"):
        shutil.copy(HIER / naam, map_)
    opdracht = [npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts"]
    uitkomst = subprocess.run(opdracht, cwd=map_, capture_output=True, text=True, timeout=240, check=False)
    if uitkomst.returncode:
        pytest.skip(f"npm ci finds no packages here: {uitkomst.stderr[-300:]}")
    modules = map_ / "node_modules" / "aanroep.js"
    with _proces("node", str(HIER / "roep.js"), str(modules), adres) as vraag:
        yield lambda deur, operatie, bericht: json.loads(vraag(json.dumps([deur, operatie, _voor_node(bericht)])))


def _voor_node(deel: Any, bij: str = "") -> Any:
    """Plain objects: attributes apart, as that package has them; in stuurgegevens all names are elements."""
    if isinstance(deel, list):
        return [_voor_node(een, bij) for een in deel]
    if deel is Nil:
        return {"attributes": {"xsi:nil": "true"}}
    if isinstance(deel, bytes):
        return base64.b64encode(deel).decode()
    if not isinstance(deel, dict):
        return deel
    uit: dict[str, Any] = {}
    for naam, waarde in deel.items():
        attribuut = _ATTRIBUTEN.get(naam) if bij != "stuurgegevens" and not isinstance(waarde, dict) else None
        if attribuut and not (naam == "naam" and bij != "extraElement"):
            # That package declares no prefix of a namespace of W3C.
            erbij = {"xmlns:xmime": XMIME} if attribuut.startswith("xmime:") else {}
            uit.setdefault("attributes", {}).update({attribuut: waarde, **erbij})
        else:
            uit["$value" if naam == "_value_1" else naam] = _voor_node(waarde, naam)
    return uit


@contextmanager
def php(adres: str, _map: Path) -> Iterator[Roep]:
    """ext-soap with arrays."""
    vraagt = ["php", "-r", "exit(extension_loaded('soap') ? 0 : 1);"]
    if shutil.which("php") is None or subprocess.run(vraagt, check=False).returncode:
        pytest.skip("php with its soap extension is not on this machine (Debian: php-cli, php-soap)")
    with _proces("php", str(HIER / "roep.php"), adres) as vraag:
        yield lambda deur, operatie, bericht: json.loads(vraag(json.dumps([deur, operatie, _voor_php(bericht)])))


def _voor_php(deel: Any) -> Any:
    if isinstance(deel, list):
        return [_voor_php(een) for een in deel]
    if isinstance(deel, bytes):
        return {"base64": base64.b64encode(deel).decode()}
    if isinstance(deel, dict):
        return {"_" if naam == "_value_1" else naam: _voor_php(waarde) for naam, waarde in deel.items()}
    return None if deel is Nil else deel


@contextmanager
def java(adres: str, map_: Path) -> Iterator[Roep]:
    """JAX-WS with MTOM: the classes that wsimport makes of our WSDL, filled by JAXB."""
    if shutil.which("wsimport") is None or shutil.which("javac") is None or not _JAXWS.is_file():
        pytest.skip("JAX-WS and a JDK are not on this machine (Debian: jaxws, default-jdk-headless)")
    diensten = {"": "nl.egem.stuf.sector.zkn._0310.Regiesysteem_Service", "RegieZaakServices": _RZS_DIENST}
    for deur in diensten:
        wsdl = f"{adres}/{deur}?wsdl".replace("/?", "?")
        (map_ / "vorm.xml").write_text(_ZONDER_OMSLAG.format(wsdl=wsdl))
        # -extension: of StUF several operations have the same message, and the SOAPAction tells them apart.
        _voer_uit(map_, "wsimport", "-quiet", "-extension", "-Xnocompile", "-b", "vorm.xml", "-s", ".", "-d", ".", wsdl)
    pad = f"{_JAXWS}:{map_}"
    bronnen = [str(HIER / "Roep.java"), *map(str, map_.rglob("*.java"))]
    _voer_uit(map_, "javac", "-nowarn", "-proc:none", "-cp", pad, "-d", ".", *bronnen)
    schrijver = zeep.Client(f"{adres}?wsdl"), zeep.Client(f"{adres}/RegieZaakServices?wsdl")

    def roep(deur: str, operatie: str, bericht: dict[str, Any]) -> Any:
        deur = deur if deur in diensten else ""
        client = schrijver[bool(deur)]
        envelop = client.create_message(client.service, operatie, **bericht)
        inhoud = base64.b64encode(etree.tostring(envelop.find("{*}Body")[0])).decode()
        antwoord = base64.b64decode(vraag(f"{diensten[deur]} {operatie} {inhoud}"))
        return _als_dict(ontleed(antwoord)) if antwoord else {}

    with _proces("java", *_JVM["JAVA_TOOL_OPTIONS"].split(), "-cp", pad, "Roep") as vraag:
        yield roep


_JAXWS = Path("/usr/share/java/jaxws-rt.jar")
_RZS_DIENST = "nl.stufstandaarden.koppelvlak.rzs0310.OntvangAsynchroon_Service"
_ZONDER_OMSLAG = """<b:bindings xmlns:b="http://java.sun.com/xml/ns/jaxws" wsdlLocation="{wsdl}">
<b:enableWrapperStyle>false</b:enableWrapperStyle></b:bindings>"""


# Programs that live for seconds: a third of the processor's time of the usual settings.
_JVM = os.environ | {"JAVA_TOOL_OPTIONS": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"}


def _voer_uit(map_: Path, *opdracht: str) -> None:
    uitkomst = subprocess.run(opdracht, cwd=map_, env=_JVM, capture_output=True, text=True, check=False)
    assert uitkomst.returncode == 0, uitkomst.stdout + uitkomst.stderr


@contextmanager
def _proces(*opdracht: str) -> Iterator[Callable[[str], str]]:
    """A process that answers each line with one."""
    with subprocess.Popen(opdracht, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as proces:

        def vraag(regel: str) -> str:
            assert proces.stdin is not None
            assert proces.stdout is not None
            proces.stdin.write(f"{regel}\n")
            proces.stdin.flush()
            antwoord = proces.stdout.readline()
            assert antwoord, f"{opdracht[0]} ended with {proces.wait()}"
            return antwoord

        try:
            yield vraag
        finally:
            proces.kill()


def _als_dict(knoop: etree._Element) -> Any:
    """An element as the other stacks give it: its text, or its children by name."""
    if not len(knoop):
        return knoop.text
    uit: dict[str, Any] = {}
    for kind in knoop:
        uit.setdefault(etree.QName(kind).localname, []).append(_als_dict(kind))
    return uit
