"""Figures for management: a table, the same as a chart, and as a file; no people in it."""

from datetime import date
from typing import Final

import leather
from babel.dates import get_month_names
from flask import Blueprint, Response, render_template

from regiesysteem.config import TIME_ZONE
from regiesysteem.regie.figures import LEAST, Figures, figures
from regiesysteem.web.routes import Answer, Page, route
from regiesysteem.web.supervision_pages import as_csv

pages = Blueprint("figures", __name__)
_MONTHS: Final = get_month_names("abbreviated", locale="nl")
_HEADS: Final = (
    "Team",
    "Lopende plannen",
    "Gesloten in een jaar",
    "Duur, mediaan",
    "Open deelplannen",
    "Te laat",
    "Aangeboden in een jaar",
    "Geweigerd",
)
_COLOURS: Final = {"begonnen": "#154273", "gesloten": "#8a4b00"}
_CHART_POLICY: Final = "default-src 'none'"


@route(pages, "/cijfers", right="cijfers", shows_people=False, menu="Cijfers")
def show(page: Page) -> Answer:
    """The figures as tables, with the chart."""
    found = _figures(page)
    return render_template("cijfers.html", figures=found, heads=_HEADS, rows=_rows(found), months=_months(found))


@route(pages, "/cijfers/plannen.svg", right="cijfers", shows_people=False)
def chart(page: Page) -> Answer:
    """The plans that began and closed in each month, as an image."""
    found = _figures(page)
    drawn = leather.Chart()
    drawn.add_x_axis(name="maand", tick_formatter=lambda day, *_: _MONTHS[day.month])
    drawn.add_y_axis(name="plannen", tick_formatter=lambda count, *_: f"{count:.0f}")
    drawn.add_x_scale(_first_day(found.months[0].maand), _first_day(found.months[-1].maand))
    drawn.add_y_scale(0, max(LEAST, *(max(month.begonnen, month.gesloten) for month in found.months)))
    for name, colour in _COLOURS.items():
        counts = [(_first_day(month.maand), getattr(month, name)) for month in found.months]
        shown = [(day, None if found.hides and count < LEAST else count) for day, count in counts]
        if any(count is not None for _, count in shown):
            drawn.add_line(shown, name=name.capitalize(), stroke_color=colour, width=3)
            continue
        drawn.add_line([(day, 0) for day, _ in shown], name=f"{name.capitalize()}: te weinig", stroke_color=colour)
    image = drawn.to_svg(width=900, height=360)
    return Response(image, mimetype="image/svg+xml", headers={"Content-Security-Policy": _CHART_POLICY})


def _first_day(month: str) -> date:
    return date(int(month[:4]), int(month[4:]), 1)


@route(pages, "/cijfers/cijfers.csv", right="cijfers", shows_people=False)
def download(page: Page) -> Answer:
    """The figures of the teams as a file."""
    return as_csv("cijfers.csv", _HEADS, _rows(_figures(page)))


def _figures(page: Page) -> Figures:
    return figures(page.connection, page.person, f"{page.now.astimezone(TIME_ZONE):%Y%m%d}")


def _rows(found: Figures) -> list[list[str]]:
    return [
        [
            one.team,
            found.shown(one.lopend),
            found.shown(one.gesloten),
            found.length(one),
            found.shown(one.deelplannen),
            found.shown(one.te_laat),
            found.shown(one.aangeboden),
            found.shown(one.geweigerd),
        ]
        for one in found.teams
    ]


def _months(found: Figures) -> list[list[str]]:
    return [
        [f"{_MONTHS[int(one.maand[4:])]} {one.maand[:4]}", found.shown(one.begonnen), found.shown(one.gesloten)]
        for one in found.months
    ]
