"""Makes libxml2 enforce `fixed` where a schema refers to an attribute (XML Schema 1.0 part 1, 3.2.4 and 3.4.4).

libxml2 enforces `fixed` only on the declaration of an attribute. StUF declares StUF:entiteittype once and fixes it at
each type that refers to it, so libxml2 would check none of those values. Before a schema is compiled, each such
reference is replaced by one to a group that declares the attribute anew, with its value.
"""

from collections.abc import Collection
from typing import Final

from lxml import etree

from regiesysteem.stuf.namespaces import XS

_ATTRIBUUT: Final = f"{{{XS}}}attribute"
_GROEP: Final = f"{{{XS}}}attributeGroup"


def enforce_fixed(schemas: Collection[etree._Element]) -> None:
    """Change all the documents of one schema in place.

    A declaration with a type of its own stays as it is: a copy of that would be another type.
    """
    declaraties: dict[tuple[str, str], list[etree._Element]] = {}
    for schema in schemas:
        for declaratie in schema.iterchildren(_ATTRIBUUT):
            naam = (schema.get("targetNamespace", ""), declaratie.get("name", ""))
            declaraties.setdefault(naam, []).append(declaratie)
    for schema in schemas:
        for verwijzing in [een for een in schema.iter(_ATTRIBUUT) if een.get("ref") and een.get("fixed") is not None]:
            prefix, scheiding, lokaal = verwijzing.get("ref", "").rpartition(":")
            gevonden = declaraties.get((verwijzing.nsmap.get(prefix or None, ""), lokaal), [])
            if gevonden and all(declaratie.get("type") for declaratie in gevonden):
                verwijzing.tag = _GROEP
                groep = _declareer(gevonden, verwijzing)
                verwijzing.attrib.clear()
                verwijzing.set("ref", f"{prefix}{scheiding}{groep}")


def _declareer(declaraties: list[etree._Element], verwijzing: etree._Element) -> str:
    """Put the group beside the declaration, in each document that has it; its name shows its content."""
    vast, gebruik = verwijzing.get("fixed", ""), verwijzing.get("use", "optional")
    for declaratie in declaraties:
        groep = f"{declaratie.get('name')}-{gebruik}-{vast.encode().hex()}"
        schema = declaratie.getparent()
        if schema is None or any(een.get("name") == groep for een in schema.iterchildren(_GROEP)):
            continue
        eigen = {naam: declaratie.get(naam, "") for naam in ("name", "type")}
        houder = etree.SubElement(schema, _GROEP, name=groep)
        etree.SubElement(houder, _ATTRIBUUT, {**eigen, "form": "qualified", "use": gebruik, "fixed": vast})
    return groep
