"""`make plaatjes`: the pictures of the pages in the documentation, of a family that is made up.

    python -m tests.browser.pictures [NAME ...]

It starts a database and a server of its own, and leaves nothing but the files.
"""

import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from tests.browser.visitor import Visitor, chromium
from tests.browser.world import PLAN, SCHULD, fill, world

from regiesysteem.db import make_engine
from regiesysteem.embedded import embedded_postgres
from regiesysteem.migrate import migrate

OUT = Path(__file__).resolve().parents[2] / "docs/plaatjes"
LARGEST = 150_000
"""The most bytes of a picture."""


class Picture(NamedTuple):
    """A page as somebody in a role sees it, `height` pixels of it."""

    name: str
    rol: str
    path: str
    height: int = 900
    width: int = 1280


PICTURES = (
    Picture("plan", "regisseur", f"/plannen/{PLAN}", 1020),
    Picture("werkvoorraad", "regisseur", "/werkvoorraad"),
    Picture("overdragen", "regisseur", f"/zaken/{SCHULD}/overdragen"),
    Picture("signaal", "signaal", "/signaal", 700),
    Picture("ontvangers", "beheerder", "/beheer/ontvangers", 700),
    Picture("inzage", "privacy", "/inzage"),
    Picture("cijfers", "manager", "/cijfers"),
)


def main(names: list[str]) -> None:
    """Make the pictures with these names, or all."""
    OUT.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="rt") as folder, embedded_postgres(Path(folder) / "data") as postgres:
        engine = make_engine(postgres.url, pool=False)
        migrate(engine)
        engine.dispose()
        with world(postgres.url, Path(folder)) as there, chromium() as browser:
            fill(there)
            for one in PICTURES:
                if not names or one.name in names:
                    visitor = Visitor(browser, there.url)
                    visitor.log_in(there.link(one.rol))
                    assert visitor.go(one.path) == 200, one
                    file = OUT / f"{one.name}.png"
                    visitor.picture(file, one.width, one.height)
                    visitor.leave()
                    size = file.stat().st_size
                    print(f"{file.relative_to(OUT.parents[1])}: {size // 1000} kB")
                    assert size <= LARGEST, f"{file}: {size} bytes"


if __name__ == "__main__":
    main(sys.argv[1:])
