"""Every template of the pages: it compiles, it holds nothing but HTML, and its classes exist."""

import re
from pathlib import Path

import jinja2
import pytest

WEB = Path(__file__).resolve().parents[2] / "src/regiesysteem/web"
TEMPLATES = sorted((WEB / "templates").rglob("*.html"))
STYLES = "\n".join(path.read_text() for path in (WEB / "static").glob("*.css"))
BUILT = (WEB / "static/regie.css").exists()
EXPRESSION = re.compile(r"\{[{%#].*?[}%#]\}", re.DOTALL)


def classes(text: str) -> set[str]:
    """The classes that a template names, also those in the expressions of a class attribute."""
    attributes = re.findall(r'\bclass="((?:\{\{.*?\}\}|[^"])*)"', text) + re.findall(r"\bclass='([^']*)'", text)
    plain = {name for one in attributes for name in EXPRESSION.sub(" ", one).split()}
    return plain | {name for one in re.findall(r"'([^']*)'", " ".join(attributes)) for name in one.split()}


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.stem)
def test_a_template_compiles_and_holds_nothing_but_html(path: Path) -> None:
    text = path.read_text()
    jinja2.Environment(autoescape=True).parse(text)
    html = re.sub(r"\{#.*?#\}", "", text, flags=re.DOTALL)
    assert not re.search(r"<script|<style|<iframe|\sstyle=|\son[a-z]+=|javascript:", html, re.IGNORECASE)
    assert "| safe" not in html
    assert not re.search(r"https?://(?!www\.w3\.org)", html), "a page loads nothing of others"


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.stem)
def test_every_class_of_a_template_has_a_rule(path: Path) -> None:
    named = {name for name in classes(path.read_text()) if BUILT or not name.startswith("utrecht-")}
    assert {name for name in named if f".{name}" not in STYLES} == set()


def test_the_macros_name_classes() -> None:
    assert {"tabel", "utrecht-form-field", "utrecht-form-field--invalid", "feiten"} <= classes(
        (WEB / "templates/macros.html").read_text()
    )
