"""The stylesheets of the pages: the built one, or else the base style; after it that of the municipality.

A stylesheet has a hash of its content in its name, so a browser may keep it for ever. It is compressed once, at the
start: it holds nothing of anybody, so the length of the compressed text gives nothing away.
"""

import gzip
import hashlib
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from flask import Flask, Response, abort, request

from regiesysteem.logging_ import logger

STYLE: Final = "stijl"
"""The extension of the Flask application under which its `PageStyle` is."""
_STATIC: Final = Path(__file__).parent / "static"
_BUILT: Final = "regie.css"
_BASE: Final = ("basis.css", "eigen.css")
_FILES: Final = {"licenties.txt": "text/plain", "icoon.svg": "image/svg+xml"}
_FOR_EVER: Final = "public, max-age=31536000, immutable"
_A_DAY: Final = "public, max-age=86400"
_THEME_CLASS: Final = re.compile(r"\.([A-Za-z][\w-]*-theme)\b")
_HASH: Final = 12


@dataclass(frozen=True)
class _Sheet:
    """A stylesheet as it is and compressed."""

    plain: bytes
    compressed: bytes


@dataclass
class PageStyle:
    """The looks of the pages; templates use both attributes.

    Attributes:
        theme_class: the class of the document that the theme of the municipality is for; "" when it names none.
        sheets: the stylesheets by name, in the order in which they count.
    """

    theme_class: str = ""
    sheets: dict[str, _Sheet] = field(default_factory=dict)

    def add(self, stem: str, css: bytes) -> None:
        """Put a stylesheet after the others."""
        name = f"{stem}.{hashlib.sha256(css).hexdigest()[:_HASH]}.css"
        self.sheets[name] = _Sheet(css, gzip.compress(css, mtime=0))


def load_style(thema: str = "", static: Path = _STATIC) -> PageStyle:
    """Read the stylesheets; `thema` is the file of the municipality, "" for none."""
    style = PageStyle()
    built = static / _BUILT
    if built.is_file():
        style.add("regie", built.read_bytes())
    else:
        logger().warning("stijl_niet_gebouwd", gevolg="de pagina's hebben de basisstijl", herstel="make stijl")
        style.add("basis", b"\n".join((static / name).read_bytes() for name in _BASE))
    if thema:
        css = Path(thema).read_bytes()
        style.add("thema", css)
        named = _THEME_CLASS.search(css.decode())
        style.theme_class = named[1] if named else ""
    return style


def serve_style(app: Flask, thema: str) -> None:
    """Serve the stylesheets, their licences and the icon under /stijl, and give templates `style`."""
    style = load_style(thema)
    files = {name: (_STATIC / name).read_bytes() for name in _FILES if (_STATIC / name).is_file()}

    def stylesheet(filename: str) -> Response:
        if filename in files:
            return Response(files[filename], mimetype=_FILES[filename], headers={"Cache-Control": _A_DAY})
        sheet = style.sheets.get(filename)
        if sheet is None:
            abort(404)
        answer = Response(sheet.plain, mimetype="text/css", headers={"Cache-Control": _FOR_EVER})
        answer.vary.add("Accept-Encoding")
        if request.accept_encodings.quality("gzip") > 0:
            answer.set_data(sheet.compressed)
            answer.headers["Content-Encoding"] = "gzip"
        return answer

    app.extensions[STYLE] = style
    app.add_url_rule("/stijl/<filename>", "static", stylesheet)
    app.context_processor(lambda: {"style": style})
