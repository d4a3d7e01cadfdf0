"""The style of the pages: what it is built from, what is served, and what happens when it cannot be built."""

import gzip
import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask, render_template_string
from flask_wtf import FlaskForm
from sqlalchemy import Engine, text
from tests.web.conftest import LogIn
from werkzeug.test import TestResponse
from wtforms import BooleanField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired

from regiesysteem.config import SettingError, load_settings
from regiesysteem.web.style import load_style, serve_style

ROOT = Path(__file__).resolve().parents[2]
STIJL = ROOT / "stijl"
WEB = ROOT / "src/regiesysteem/web"
LOCK = (STIJL / "package-lock.json").read_text()
PACKAGES = {place: one for place, one in json.loads(LOCK)["packages"].items() if place}


@pytest.fixture(scope="module")
def built() -> str:
    """The stylesheet, built when it was not; CI builds it before the tests, and then this cannot be skipped."""
    done = subprocess.run(["bash", STIJL / "bouw"], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(done.stderr)
    return (WEB / "static/regie.css").read_text()


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """The files that the build needs, in a place of its own, without packages."""
    skipped = shutil.ignore_patterns(
        "node_modules", ".node", ".bezig", "regie.css", "licenties.txt", "*.py", "__pycache__"
    )
    shutil.copytree(STIJL, tmp_path / "stijl", ignore=skipped)
    shutil.copytree(WEB, tmp_path / "src/regiesysteem/web", ignore=skipped)
    return tmp_path


def build(root: Path, **programs: str) -> subprocess.CompletedProcess[str]:
    """Build with these programs in front of those of the machine, and no Python that can install one."""
    own = root / "bin"
    own.mkdir(exist_ok=True)
    for name, does in programs.items():
        (own / name).write_text(f"#!/bin/sh\n{does}\n")
        (own / name).chmod(0o755)
    environment = os.environ | {"PATH": f"{own}:{os.environ['PATH']}", "PYTHON": "false"}
    command = ["bash", root / "stijl/bouw"]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_the_lock_names_no_address_and_every_package_has_a_hash() -> None:
    assert len(PACKAGES) > 40
    assert '"resolved"' not in LOCK
    assert "registry" not in LOCK
    assert [place for place, one in PACKAGES.items() if not one.get("integrity", "").startswith("sha512-")] == []
    assert "omit-lockfile-registry-resolved=true" in (STIJL / ".npmrc").read_text()


def test_what_is_shipped_and_what_builds_it_have_licences_that_allow_it() -> None:
    shipped = {one["license"] for one in PACKAGES.values() if not one.get("dev")}
    assert shipped == {"EUPL-1.2"}
    building = {one["license"] for one in PACKAGES.values() if one.get("dev")}
    assert building <= {"MIT", "ISC", "Apache-2.0", "BSD-3-Clause", "MPL-2.0"}


def test_every_package_that_is_in_the_style_is_listed_with_its_licence(built: str) -> None:
    listed = (WEB / "static/licenties.txt").read_text().splitlines()
    shipped = [(place, one) for place, one in PACKAGES.items() if not one.get("dev")]
    assert listed == [
        f"{place.removeprefix('node_modules/')} {one['version']} {one['license']}" for place, one in shipped
    ]
    assert "licenties.txt */" in built, "the notice of their makers"


def test_no_variable_is_without_a_value_and_a_fallback_but_for_those_that_are_known(built: str) -> None:
    known = set((STIJL / "known-variables.txt").read_text().splitlines())
    defined = set(re.findall(r"[{;](--[\w-]+):", built))
    bare = set(re.findall(r"var\((--[\w-]+)\)", built))
    assert len(bare) > 100
    assert bare - defined - known == set()
    assert defined - set(re.findall(r"var\((--[\w-]+)", built)) == set(), "what nothing uses is left out"


def test_a_new_variable_without_a_value_stops_the_build(built: str, elsewhere: Path) -> None:
    assert built
    (elsewhere / "stijl/node_modules").symlink_to(STIJL / "node_modules")
    own = elsewhere / "src/regiesysteem/web/static/eigen.css"
    own.write_text(own.read_text() + "p { color: var(--utrecht-kleur-die-er-niet-is) }\n")
    done = build(elsewhere)
    assert done.returncode == 1
    assert "--utrecht-kleur-die-er-niet-is" in done.stderr
    assert not (own.parent / "regie.css").exists()


@pytest.mark.parametrize(
    ("programs", "why"),
    [
        ({"node": "echo false"}, "er is geen node, en het is niet op te halen"),
        ({"node": "exit 1"}, "er is geen node, en het is niet op te halen"),
        ({"node": "echo true", "npm": "exit 1"}, "de pakketten van stijl/package-lock.json zijn niet op te halen"),
    ],
)
def test_without_node_or_packages_one_line_says_so_and_pages_have_the_base_style(
    elsewhere: Path, programs: dict[str, str], why: str
) -> None:
    done = build(elsewhere, **programs)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == (
        f"De stijl van de pagina's is niet gebouwd: {why}. De pagina's krijgen de basisstijl."
    )
    [(name, sheet)] = load_style(static=elsewhere / "src/regiesysteem/web/static").sheets.items()
    assert name.startswith("basis.")
    assert b".tijdlijn" in sheet.plain, "what the design system has not is in both"


def test_running_goes_on_without_the_style_and_ci_does_not() -> None:
    def plan(target: str) -> str:
        return subprocess.run(["make", "-n", target], cwd=ROOT, capture_output=True, text=True, check=True).stdout

    for target in ("run", "test"):
        assert "bash stijl/bouw || true\n" in plan(target)
    assert "bash stijl/bouw\n" in plan("stijl")
    assert "\nmake stijl\n" in (ROOT / ".ci/run").read_text()
    assert "set -euo pipefail" in (ROOT / ".ci/run").read_text()


Get = Callable[..., TestResponse]


@pytest.fixture
def get() -> Get:
    """Asks a stylesheet of an application that has nothing else; `thema` is its setting."""

    def ask(name: str, thema: str = "", **headers: str) -> TestResponse:
        app = Flask("regiesysteem.web", static_folder=None)
        serve_style(app, thema)
        return app.test_client().get(f"/stijl/{name}", headers={k.replace("_", "-"): v for k, v in headers.items()})

    return ask


def test_a_stylesheet_may_be_kept_for_ever_because_its_name_is_of_its_content(get: Get) -> None:
    [name] = load_style().sheets
    plain, compressed = get(name), get(name, accept_encoding="gzip, br")
    assert re.fullmatch(r"(regie|basis)\.[0-9a-f]{12}\.css", name)
    for answer in (plain, compressed):
        assert answer.status_code == 200
        assert answer.mimetype == "text/css"
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert answer.headers["Vary"] == "Accept-Encoding"
    assert "Content-Encoding" not in plain.headers
    assert compressed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(compressed.data) == plain.data
    assert get(name, accept_encoding="gzip;q=0").data == plain.data
    assert get(name.replace(".css", "0.css")).status_code == 404
    assert get("eigen.css").status_code == 404


def test_a_first_visit_is_less_than_100_kb(log_in: LogIn) -> None:
    page = log_in("regisseur").get("/werkvoorraad")
    sheets = load_style().sheets.values()
    assert len(page.data) + sum(len(sheet.compressed) for sheet in sheets) < 100_000


def test_every_page_uses_the_stylesheet_under_the_policy_without_script(log_in: LogIn, app: Flask) -> None:
    page = log_in("regisseur").get("/werkvoorraad")
    assert "style-src 'self'" in page.headers["Content-Security-Policy"]
    assert "<script" not in page.text
    assert " style=" not in page.text
    [link] = re.findall(r'<link rel="stylesheet" href="([^"]+)">', page.text)
    sheet = app.test_client().get(link)
    assert sheet.status_code == 200
    assert "Set-Cookie" not in sheet.headers


THEME = ".gemeente-theme { --utrecht-link-color: #123456 }"


def test_the_theme_of_a_municipality_comes_after_ours(get: Get, tmp_path: Path) -> None:
    file = tmp_path / "gemeente.css"
    file.write_text(THEME)
    style = load_style(str(file))
    ours, theirs = style.sheets
    assert ours.startswith(("regie.", "basis."))
    assert theirs.startswith("thema.")
    assert style.theme_class == "gemeente-theme"
    assert get(theirs, thema=str(file)).text == THEME


@pytest.mark.parametrize(
    ("content", "accepted"),
    [
        (THEME.encode(), True),
        (b":root { --utrecht-link-color : #123456 }", True),
        (b"a { color: red }", False),
        (b"@import url(elders.css); " + THEME.encode(), False),
        (b"\xff\xfe", False),
        (THEME.encode() + b" " * 1_000_000, False),
        (None, False),
    ],
)
def test_a_file_that_is_no_theme_is_refused_at_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes | None, accepted: bool
) -> None:
    file = tmp_path / "thema.css"
    monkeypatch.setenv("REGIE_THEMA", str(file))
    if content is not None:
        file.write_bytes(content)
    if accepted:
        assert load_settings().thema == str(file)
        return
    with pytest.raises(SettingError, match=r"REGIE_THEMA: .* CSS-bestand met tokens"):
        load_settings()


def test_the_page_without_a_database_has_the_style_too(log_in: LogIn, app: Flask, engine: Engine) -> None:
    client = log_in("regisseur")
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE sessie RENAME TO weg"))
    page = client.get("/werkvoorraad")
    assert page.status_code == 503
    assert "Probeer het over een halve minuut opnieuw" in page.text
    [link] = re.findall(r'<link rel="stylesheet" href="([^"]+)">', page.text)
    assert client.get(link).status_code == 200, "a stylesheet needs no session"


class Example(FlaskForm):
    """A form with a field of each kind."""

    naam = StringField("Naam", [InputRequired()], description="Zoals in de basisregistratie")
    soort = SelectField("Soort", choices=["Schuldhulp", "Wmo"])
    uitleg = TextAreaField("Uitleg")
    variant = RadioField("Variant", choices=["aanbieden", "zelf"])
    akkoord = BooleanField("Het gezin weet ervan")


def test_a_field_in_error_says_so_on_top_and_at_the_field(app: Flask) -> None:
    with app.test_request_context(method="POST", data={"soort": "iets", "variant": "zelf"}):
        form = Example(meta={"csrf": False})
        assert not form.validate()
        source = (
            "{% from 'macros.html' import form as form_, field with context %}{% call form_(form, '/x', 'Bewaar') %}"
        )
        other = render_template_string(
            "{% from 'macros.html' import form as form_ with context %}{{ form_(form, '/x', '') }}", form=FlaskForm()
        )
        html = render_template_string(
            source + "{% for one in form %}{{ field(one) }}{% endfor %}{% endcall %}", form=form
        )
    assert re.findall(r'<li><a href="#(\w+)">(.*?)</a></li>', html) == [
        ("naam", "Dit veld is vereist."),
        ("soort", "Ongeldige keuze."),
    ]
    [told] = re.findall(r'<input[^>]*aria-describedby="([^"]+)"[^>]*id="naam"', html)
    assert told.split() == ["naam-uitleg", "naam-fout"]
    assert all(f'id="{part}"' in html for part in told.split())
    assert re.search(r'<input[^>]*aria-invalid="true"[^>]*id="naam"', html)
    assert 'name="csrf_token"' in other
    assert "id=" not in other, "a page may have several forms"
    assert " required" not in html, "the server says what is missing, in one way"
    fields = re.findall(r"<(?:input|select|textarea)[^>]*\bid=\"([\w-]+)\"", html)
    assert {"naam", "soort", "uitleg", "variant-0", "variant-1", "akkoord"} <= set(fields)
    assert all(re.search(rf'<label[^>]*for="{name}"', html) for name in fields)
    assert re.search(r"<fieldset[^>]*>\s*<legend>Variant</legend>", html)
