"""The elements that a caller never gets: left out of what is told to it, as if nobody had asked for them."""

from collections.abc import Collection
from typing import Final

from lxml import etree

from regiesysteem.stuf.read import local

_OBJECT: Final = "object"


def leave_out(message: etree._Element, names: Collection[str]) -> None:
    """Take the elements with these names out of the objects of a message, at any depth.

    Its stuurgegevens stay whole: they have elements of the same names (functie).
    """
    if not names:
        return
    for node in list(message.iter(etree.Element)):
        parent = node.getparent()
        inside = any(local(above) == _OBJECT for above in node.iterancestors())
        if parent is not None and inside and local(node) in names:
            parent.remove(node)
