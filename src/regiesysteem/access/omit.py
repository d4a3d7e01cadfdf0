"""The elements that a caller never gets: left out of what is told to it, as if nobody had asked for them."""

from collections.abc import Collection

from lxml import etree

from regiesysteem.stuf.read import local


def leave_out(message: etree._Element, names: Collection[str]) -> None:
    """Take the elements with these names out of a message, at any depth."""
    if not names:
        return
    for node in list(message.iterdescendants(tag=etree.Element)):
        parent = node.getparent()
        if parent is not None and local(node) in names:
            parent.remove(node)
