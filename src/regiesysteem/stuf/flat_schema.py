"""The XSD files of the contract as they are published: every group and attribute group written out where it is used.

`xsd/` is written for people, who read a group once. Many client stacks (node soap, .NET, KDSoap, SOAP::WSDL) read a
nested group wrongly or not at all, so the published files have none. Some clients do not read a file that is included,
so what a file includes is written out in it too. The published form validates messages.
"""

from collections.abc import Mapping
from copy import deepcopy
from functools import cache
from string import digits
from types import MappingProxyType
from typing import Final

from lxml import etree

from regiesysteem import config
from regiesysteem.stuf.namespaces import XS, XSI, xs
from regiesysteem.stuf.xml import parse_file

_GROUP: Final = xs("group")
_ATTRIBUTE_GROUP: Final = xs("attributeGroup")
_INCLUDE: Final = xs("include")
_IMPORT: Final = xs("import")

_Definitions = Mapping[tuple[str, str], etree._Element]  # noqa: SLF001


@cache
def flat_schemas() -> Mapping[str, str]:
    """The text of each published XSD file, by file name; they refer to each other by these names."""
    roots = _roots()
    groups = {
        (node.tag, f"{{{root.get('targetNamespace')}}}{node.get('name')}"): node
        for root in roots.values()
        for node in root.iterchildren(_GROUP, _ATTRIBUTE_GROUP)
    }
    return MappingProxyType({name: _flat(_with_included(root, roots), groups) for name, root in roots.items()})


@cache
def all_messages() -> str:
    """The text of an XSD that imports the published files with messages, and so all of them.

    libxml2 takes a namespace from the first file that is named for it.
    """
    roots = _roots()
    imports = "".join(
        f'<import namespace="{roots[name].get("targetNamespace")}" schemaLocation="{name}"/>'
        for name in config.MESSAGE_SCHEMAS
    )
    return f'<schema xmlns="{XS}">{imports}</schema>'


@cache
def prefixes() -> Mapping[str, str]:
    """Namespace -> prefix: the one that the XSD files use, or the name of the file that no other refers to."""
    roots = _roots()
    own = {
        root.get("targetNamespace", ""): name.rpartition(".")[0].rstrip(digits).upper() for name, root in roots.items()
    }
    used = {namespace: prefix for root in roots.values() for prefix, namespace in root.nsmap.items() if prefix}
    return MappingProxyType(own | used | {XSI: "xsi"})


def _roots() -> dict[str, etree._Element]:
    return {path.name: parse_file(path) for path in sorted(config.xsd_directory().glob("*.xsd"))}


def _with_included(root: etree._Element, roots: Mapping[str, etree._Element]) -> etree._Element:
    """Copy a schema with the content of the files that it includes, which import what it imports itself."""
    whole = deepcopy(root)
    for include in list(whole.iterchildren(_INCLUDE)):
        included = deepcopy(roots[include.get("schemaLocation", "")])
        place = whole.index(include)
        whole[place : place + 1] = [node for node in included if node.tag != _IMPORT]
    # Imports come first in a schema, and what was included stood before them.
    for number, reference in enumerate(list(whole.iterchildren(_IMPORT))):
        whole.insert(number, reference)
    return whole


def _flat(flat: etree._Element, groups: _Definitions) -> str:
    """Write a schema without groups. A prefix means the same in each of our files, so a group can move to another."""
    for definition in list(flat.iterchildren(_GROUP, _ATTRIBUTE_GROUP)):
        flat.remove(definition)
    while (reference := next(flat.iter(_GROUP, _ATTRIBUTE_GROUP), None)) is not None:
        _write_out(reference, groups)
    etree.indent(flat)
    return etree.tostring(flat, encoding="unicode")


def _write_out(reference: etree._Element, groups: _Definitions) -> None:
    """Put the content of a group in the place of a reference to it; references inside it come next."""
    prefix, _, local = reference.get("ref", "").partition(":")
    content = deepcopy(groups[reference.tag, f"{{{reference.nsmap[prefix]}}}{local}"])
    if (parent := reference.getparent()) is None:
        return
    if reference.tag == _GROUP and parent.tag == xs("sequence"):
        content = content[0]  # a sequence in a sequence adds nothing to its elements
    place = parent.index(reference)
    parent[place : place + 1] = list(content)
