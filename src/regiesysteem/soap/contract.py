"""Publication of the contract: our WSDL files with the address that the caller used, and the XSD files beside them."""

import re
from functools import cache
from pathlib import PurePosixPath
from typing import Final
from urllib.parse import unquote_plus
from xml.sax.saxutils import quoteattr

from lxml import etree

from regiesysteem import config
from regiesysteem.stuf.flat_schema import flat_schemas
from regiesysteem.stuf.namespaces import WSDL, xs
from regiesysteem.stuf.xml import parse, serialise

_ADRES: Final = re.compile(r"\{http://schemas\.xmlsoap\.org/wsdl/soap(?:12)?/\}address")
_TYPES: Final = f"{{{WSDL}}}types"
ONTVANGER: Final = "Ontvanger"
"""The WSDL of the messages that other applications receive from us, at an address of theirs."""
ZDS12: Final = "ZaakDocumentServices"
"""The WSDL of ZDS 1.2. Its messages go to the doors that there are; a portType has no two operations of one name."""
_SEPARATION: Final = re.compile("[&;]")
_HERE_ROOT: Final = b"@wortel@"
_HERE_ADRES: Final = b"@adres@"


def asked(query: str) -> str:
    """The part of the contract that a query string asks for, wherever it stands in it: wsdl, singlewsdl, or ""."""
    names = {unquote_plus(part.partition("=")[0]).strip().lower() for part in _SEPARATION.split(query)}
    return next((name for name in ("singlewsdl", "wsdl") if name in names), "")


def wsdl(door: str, root: str, adres: str | None, *, in_one: bool = False) -> bytes:
    """The WSDL of a door. `root` is the URL of /stuf as the caller knows it, `adres` that of the door.

    Without `adres` the file keeps its own. The schemas are imported from `root`, or included (`in_one`) for clients
    that read no second file.
    """
    text = _without_addresses(door, with_adres=adres is not None, in_one=in_one)
    return text.replace(_HERE_ROOT, _in_attribute(root)).replace(_HERE_ADRES, _in_attribute(adres or ""))


def xsd(naam: str) -> bytes | None:
    """A published schema by file name; None when there is none of that name."""
    text = flat_schemas().get(naam)
    return None if text is None else b'<?xml version="1.0" encoding="UTF-8"?>\n' + text.encode()


@cache
def _without_addresses(door: str, *, with_adres: bool, in_one: bool) -> bytes:
    """The WSDL with marks in the places of addresses. Made once: it takes 50 ms, and anybody may ask for it."""
    tree = parse((config.wsdl_directory() / f"{door}.wsdl").read_bytes())
    for node in tree.iter(etree.Element):
        if "schemaLocation" in node.attrib:
            node.set("schemaLocation", f"{_HERE_ROOT.decode()}/xsd/{_naam(node)}")
        elif with_adres and _ADRES.match(str(node.tag)):
            node.set("location", _HERE_ADRES.decode())
    if in_one:
        _set_schemas_in(tree)
    return serialise(tree)


def _in_attribute(text: str) -> bytes:
    return quoteattr(text, {'"': "&quot;"})[1:-1].encode()


def _naam(node: etree._Element) -> str:
    return PurePosixPath(node.get("schemaLocation", "")).name


def _set_schemas_in(tree: etree._Element) -> None:
    """Put the imported schemas, and those that they import, in the types; an import then names a namespace alone."""
    [types] = tree.iter(_TYPES)
    [imports] = types
    schemas: dict[str, etree._Element] = {}
    names = [_naam(node) for node in imports]
    while names:
        name = names.pop(0)
        if name not in schemas:
            schemas[name] = parse(flat_schemas()[name].encode())
            names += [_naam(node) for node in schemas[name].iterchildren(xs("import"))]
    types[:] = list(schemas.values())
    for node in types.iter(xs("import")):
        del node.attrib["schemaLocation"]
