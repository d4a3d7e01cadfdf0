"""The elements that a caller never gets: left out of what is told to it, as if nobody had asked for them."""

from collections.abc import Collection
from typing import Any, Final, cast

from lxml import etree

from regiesysteem.stuf.read import local

_INSIDE: Final = etree.XPath("descendant-or-self::*[local-name() = 'object']/descendant::*")


def leave_out(message: etree._Element, names: Collection[str]) -> None:
    """Take the elements with these names out of the objects of a message, at any depth, or out of one object.

    Its stuurgegevens stay whole: they have elements of the same names (functie).
    """
    if not names:
        return
    # XPath gives each node once, also one inside an object in an object.
    inside: list[etree._Element] = cast("Any", _INSIDE(message))
    for node in inside:
        parent = node.getparent()
        if parent is not None and local(node) in names:
            parent.remove(node)
