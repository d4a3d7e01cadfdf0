"""A form that was sent when the session was over: what was typed goes along until somebody is logged in again.

It travels in the page itself, as one hidden field. So nothing of it is in an address, a cookie or the database.
"""

from typing import Final, NamedTuple

import orjson
from flask import request
from werkzeug.datastructures import MultiDict

_TOKEN: Final = "csrf_token"  # noqa: S105 - the name of a field
_LARGEST: Final = 300_000  # characters
FIELD: Final = "bewaard"
"""The name of the hidden field."""


class KeptForm(NamedTuple):
    """A form that waits: the path that it goes to, and its fields; ``files`` tells that a file is not among them."""

    path: str
    fields: tuple[tuple[str, str], ...]
    files: bool = False

    def text(self) -> str:
        """The form as the value of a field."""
        return orjson.dumps(tuple(self)).decode()


def keep_sent() -> KeptForm | None:
    """The form of this request; None for one that is too large to go along."""
    form: MultiDict[str, str] = request.form
    fields = tuple((name, value) for name, value in form.items(multi=True) if name != _TOKEN)
    if sum(len(name) + len(value) for name, value in fields) > _LARGEST:
        return None
    return KeptForm(request.full_path.rstrip("?"), fields, bool(request.files))


def read_kept(text: str) -> KeptForm | None:
    """The form that a field holds; None for "" and for what is no form."""
    if not text or len(text) > 2 * _LARGEST:
        return None
    try:
        path, fields, files = orjson.loads(text)
        kept = KeptForm(str(path), tuple((str(name), str(value)) for name, value in fields), bool(files))
    except (ValueError, TypeError):
        return None
    return kept if inside(kept.path) else None


def inside(path: str) -> str:
    """A path on this server, or ""; a link must not send people elsewhere after they logged in.

    A browser reads a backslash as a slash, and leaves out tabs and line ends.
    """
    ours = path.startswith("/") and not path.replace("\\", "/").startswith("//") and path.isprintable()
    return path if ours else ""


def from_own_page() -> bool:
    """Tell whether the browser says that one of our own pages sent this request; a page of another cannot say so."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    return request.headers.get("Origin") == request.host_url.rstrip("/")
