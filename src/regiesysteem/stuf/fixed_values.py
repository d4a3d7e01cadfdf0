"""Makes libxml2 enforce `fixed` where a schema refers to an attribute (XML Schema 1.0 part 1, 3.2.4 and 3.4.4).

libxml2 enforces `fixed` only on the declaration of an attribute. StUF declares StUF:entiteittype once and fixes it at
each type that refers to it, so libxml2 would check none of those values. Before a schema is compiled, each such
reference is replaced by one to a group that declares the attribute anew, with its value.
"""

from collections.abc import Collection
from typing import Final

from lxml import etree

from regiesysteem.stuf.namespaces import XS

_ATTRIBUTE: Final = f"{{{XS}}}attribute"
_GROUP: Final = f"{{{XS}}}attributeGroup"


def enforce_fixed(schemas: Collection[etree._Element]) -> None:
    """Change all the documents of one schema in place.

    A declaration with a type of its own stays as it is: a copy of that would be another type.
    """
    declarations: dict[tuple[str, str], list[etree._Element]] = {}
    for schema in schemas:
        for declaration in schema.iterchildren(_ATTRIBUTE):
            naam = (schema.get("targetNamespace", ""), declaration.get("name", ""))
            declarations.setdefault(naam, []).append(declaration)
    for schema in schemas:
        for reference in [one for one in schema.iter(_ATTRIBUTE) if one.get("ref") and one.get("fixed") is not None]:
            prefix, separation, local = reference.get("ref", "").rpartition(":")
            found = declarations.get((reference.nsmap.get(prefix or None, ""), local), [])
            if found and all(declaration.get("type") for declaration in found):
                reference.tag = _GROUP
                group = _declare(found, reference)
                reference.attrib.clear()
                reference.set("ref", f"{prefix}{separation}{group}")


def _declare(declarations: list[etree._Element], reference: etree._Element) -> str:
    """Put the group beside the declaration, in each document that has it; its name shows its content."""
    fixed, usage = reference.get("fixed", ""), reference.get("use", "optional")
    for declaration in declarations:
        group = f"{declaration.get('name')}-{usage}-{fixed.encode().hex()}"
        schema = declaration.getparent()
        if schema is None or any(one.get("name") == group for one in schema.iterchildren(_GROUP)):
            continue
        own = {naam: declaration.get(naam, "") for naam in ("name", "type")}
        holder = etree.SubElement(schema, _GROUP, name=group)
        etree.SubElement(holder, _ATTRIBUTE, {**own, "form": "qualified", "use": usage, "fixed": fixed})
    return group
