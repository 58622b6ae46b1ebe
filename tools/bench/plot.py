"""docs/images/performance.svg: three panels over the amount of work. Before is dashed, after solid, the aim grey."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from math import log2

from tools.bench.record import Records, value
from tools.bench.table import Figure, figures

WIDTH, HEIGHT = 300, 220
LEFT, TOP, BETWEEN = 48, 64, 40
COLORS = {"sqlite": "#0369a1", "postgresql": "#b45309"}
NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
INK, PALE = "#334155", "#cbd5e1"


@dataclass(frozen=True)
class Panel:
    """A title, and the figure of each amount of work. The first figure's aim is drawn."""

    title: str
    works: Sequence[int]
    keys: Sequence[str]


PANELS = (
    Panel(
        "accepted per second, eight clients",
        (25, 100, 400),
        ("accept.c8.x1.rate", "accept.c8.x4.rate", "accept.c8.x16.rate"),
    ),
    Panel(
        "published ÷ bare, three channels",
        (25, 100, 400),
        ("publish.three.x1.ratio", "publish.three.x4.ratio", "publish.three.x16.ratio"),
    ),
    Panel(
        "seconds late, the last of a burst",
        (50, 300, 1000),
        ("burst.n50.last", "burst.n300.last", "burst.n1000.last"),
    ),
)


def plot(records: Records) -> str:
    """The picture."""
    width = len(PANELS) * (WIDTH + BETWEEN + LEFT)
    drawn = "".join(_panel(panel, records, number * (WIDTH + BETWEEN + LEFT)) for number, panel in enumerate(PANELS))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {HEIGHT + TOP + 50}" width="{width}" '
        f'height="{HEIGHT + TOP + 50}" font-family="sans-serif" font-size="13">\n'
        "<title>Accepting, publishing and lateness over the amount of work, before and after</title>\n"
        f'<rect width="{width}" height="{HEIGHT + TOP + 50}" fill="#ffffff"/>\n{_legend()}{drawn}</svg>\n'
    )


def _legend() -> str:
    parts, left = [], LEFT
    for database, color in COLORS.items():
        for when, dash in (("before", ' stroke-dasharray="5 4"'), ("after", "")):
            parts.append(f'<path d="M{left} 18 h28" fill="none" stroke="{color}" stroke-width="2"{dash}/>')
            parts.append(_text(left + 34, 22, f"{NAMES[database]}, {when}"))
            left += 170
    parts.append(f'<path d="M{left} 18 h28" fill="none" stroke="#94a3b8" stroke-width="2"/>')
    return "\n".join([*parts, _text(left + 34, 22, "aim of the largest amount")]) + "\n"


def _panel(panel: Panel, records: Records, shift: int) -> str:
    aim = _figure(panel.keys[-1])
    limit = aim.least if aim.least is not None else aim.most
    points = list(zip(panel.works, panel.keys, strict=True))
    lines = {
        (database, when): [(work, value(records, when, database, key)) for work, key in points]
        for database in COLORS
        for when in ("before", "after")
    }
    highest = max([found for line in lines.values() for _, found in line if found] + [limit or 0.0, 0.01]) * 1.1
    first, last = log2(panel.works[0]), log2(panel.works[-1])

    def x(work: int) -> float:
        return LEFT + shift + (log2(work) - first) / (last - first) * WIDTH

    def y(found: float) -> float:
        return TOP + HEIGHT * (1 - found / highest)

    parts = [_text(LEFT + shift, TOP - 14, panel.title, bold=True), *_axes(panel, shift, highest, aim)]
    parts += [_text(x(work), TOP + HEIGHT + 18, f"{work:,}", anchor="middle") for work in panel.works]
    parts.append(_text(LEFT + shift + WIDTH / 2, TOP + HEIGHT + 36, "posts", anchor="middle"))
    if limit is not None:
        parts.append(_path([(LEFT + shift, y(limit)), (LEFT + shift + WIDTH, y(limit))], "#94a3b8"))
    for (database, when), line in lines.items():
        shown = [(x(work), y(found)) for work, found in line if found is not None]
        parts.append(_path(shown, COLORS[database], dashed=when == "before"))
        parts += [f'<circle cx="{left:.1f}" cy="{top:.1f}" r="3" fill="{COLORS[database]}"/>' for left, top in shown]
    return "\n".join(part for part in parts if part) + "\n"


def _axes(panel: Panel, shift: int, highest: float, figure: Figure) -> list[str]:
    parts = []
    for step in range(5):
        found, top = highest * step / 4, TOP + HEIGHT * (1 - step / 4)
        color = INK if step == 0 else PALE
        parts.append(f'<path d="M{LEFT + shift} {top:.1f} h{WIDTH}" stroke="{color}" stroke-width="1"/>')
        decimals = 2 if highest < 2 else 0 if highest > 20 else 1
        parts.append(_text(LEFT + shift - 6, top + 4, f"{found:,.{decimals}f}", anchor="end"))
    return parts


def _figure(key: str) -> Figure:
    return next(figure for figure in figures() if figure.key == key)


def _path(points: Sequence[tuple[float, float]], color: str, *, dashed: bool = False) -> str:
    if len(points) < 2:
        return ""
    drawn = " L".join(f"{left:.1f} {top:.1f}" for left, top in points)
    dash = ' stroke-dasharray="5 4"' if dashed else ""
    return f'<path d="M{drawn}" fill="none" stroke="{color}" stroke-width="2"{dash}/>'


def _text(left: float, top: float, words: str, *, anchor: str = "start", bold: bool = False) -> str:
    weight = ' font-weight="bold"' if bold else ""
    return f'<text x="{left:.1f}" y="{top:.1f}" text-anchor="{anchor}" fill="{INK}"{weight}>{escape(words)}</text>'
