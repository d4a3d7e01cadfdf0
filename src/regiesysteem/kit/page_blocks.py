"""Pages of docs/gebruiken as a tree of plain values, which HTML and PDF are both drawn from.

A block is a dict with `kind`: p, heading, list, table or code. Inline text is a list of runs: `text`, and where they
hold `strong`, `code` and `link` (an anchor within the document). No text is ever markup, so neither drawing escapes
anything by hand.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

Block = dict[str, Any]
Runs = list[dict[str, Any]]

_PAGE: Final = MarkdownIt("commonmark").enable("table")
_NO_WORD: Final = re.compile(r"[^\w\- ]")


@dataclass(frozen=True)
class Chapter:
    """A chapter of a page: its title, its anchor as a forge makes it, and its blocks."""

    title: str
    anchor: str
    blocks: tuple[Block, ...]


def anchor_of(title: str) -> str:
    """The anchor that a forge gives to a heading."""
    return _NO_WORD.sub("", title.lower()).replace(" ", "-")


def read_chapters(text: str) -> list[Chapter]:
    """Split a page at its headings of the second level; the first chapter is what stands before them."""
    chapters: list[tuple[str, list[Block]]] = [("", [])]
    for node in SyntaxTreeNode(_PAGE.parse(text)).children:
        if node.type == "heading" and node.tag in {"h1", "h2"}:
            if node.tag == "h2":
                chapters.append((_plain(node), []))
        else:
            chapters[-1][1].append(_block(node))
    return [Chapter(title, anchor_of(title), tuple(blocks)) for title, blocks in chapters]


def tables_of(chapter: Chapter) -> Iterator[list[list[str]]]:
    """The rows of each table of a chapter as plain text, without its head."""
    for block in chapter.blocks:
        if block["kind"] == "table":
            yield [["".join(run["text"] for run in cell) for cell in row] for row in block["rows"]]


def _block(node: SyntaxTreeNode) -> Block:
    if node.type == "heading":
        title = _plain(node)
        return {"kind": "heading", "text": title, "anchor": anchor_of(title)}
    if node.type in {"bullet_list", "ordered_list"}:
        items = [[_block(part) for part in item.children] for item in node.children]
        return {"kind": "list", "ordered": node.type == "ordered_list", "items": items}
    if node.type == "table":
        [head, *bodies] = node.children
        rows = [row for body in bodies for row in body.children]
        return {
            "kind": "table",
            "head": [_runs(cell) for cell in head.children[0].children],
            "rows": [[_runs(cell) for cell in row.children] for row in rows],
        }
    if node.type in {"fence", "code_block"}:
        return {"kind": "code", "info": node.info, "text": node.content.rstrip("\n")}
    return {"kind": "p", "runs": _runs(node)}


def _runs(node: SyntaxTreeNode) -> Runs:
    return [run for child in node.children for run in _inline(child, {}) if run["text"]]


def _inline(node: SyntaxTreeNode, style: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if node.type in {"text", "code_inline"}:
        code = {"code": True} if node.type == "code_inline" else {}
        yield {"text": node.content, **style, **code}
    elif node.type in {"softbreak", "hardbreak"}:
        yield {"text": " ", **style}
    else:
        if node.type in {"strong", "em"}:
            style = {**style, "strong": True}
        elif node.type == "link":
            file, _, anchor = str(node.attrs.get("href", "")).partition("#")
            style = {**style, "link": anchor} if not file and anchor else style
        for child in node.children:
            yield from _inline(child, style)


def _plain(node: SyntaxTreeNode) -> str:
    return "".join(run["text"] for run in _runs(node))
