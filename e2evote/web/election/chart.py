"""Bars as an SVG picture inside a page: no script and no inline style, colours are the style sheet's.

Lengths are in percent and letters in pixels, so that the picture has the width of the screen and is readable on any.
All text has the direction left to right, which places it; inside, each name is isolated and has its own direction.
"""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement, tostring

from markupsafe import Markup

LETTERS, LINES = 26, 3
"""Of a name: letters in a line that has place on a screen of 320 pixels beside a number; and lines at most."""
LINE, BAR, GAP = 22, 12, 14

_ISOLATED = "\u2068{}\u2069"


@dataclass(frozen=True, slots=True)
class Bar:
    """A name, a number, and the number as it is written."""

    name: str
    value: int
    shown: str


def chart(identifier: str, title: str, description: str, bars: Sequence[Bar], direction: str) -> Markup:
    """Return a picture with a bar for each name, the longest over the whole width.

    Args:
        identifier: of the element, once in a page.
        title: what is shown, for those who do not see it.
        description: and where else they find it.
        bars: from top to bottom.
        direction: ``rtl`` where names begin, and bars grow from, the right.
    """
    most = max((bar.value for bar in bars), default=0) or 1
    names = [_lines(bar.name) for bar in bars]
    height = sum(LINE * len(lines) + BAR + GAP for lines in names)
    labels = f"{identifier}-title {identifier}-about"
    svg = Element("svg", {"class": "chart", "role": "img", "aria-labelledby": labels, "direction": "ltr"})
    svg.attrib |= {"width": "100%", "height": str(height), "id": identifier}
    SubElement(svg, "title", id=f"{identifier}-title").text = title
    SubElement(svg, "desc", id=f"{identifier}-about").text = description
    y = 0
    for bar, lines in zip(bars, names, strict=True):
        y = _bar(svg, bar, lines, y, 100 * bar.value / most, direction == "rtl")
    return Markup(tostring(svg, encoding="unicode", short_empty_elements=False))  # noqa: S704  # escaped by ElementTree


def _bar(svg: Element, bar: Bar, lines: Sequence[str], y: int, length: float, mirrored: bool) -> int:
    begin, end = {"x": "0", "text-anchor": "start"}, {"x": "100%", "text-anchor": "end"}
    if mirrored:
        begin, end = end, begin
    SubElement(svg, "text", {"class": "count", "y": str(y + 16), **end}).text = bar.shown
    for number, line in enumerate(lines):
        SubElement(svg, "text", {"y": str(y + 16 + LINE * number), **begin}).text = _ISOLATED.format(line)
    y += LINE * len(lines)
    for kind, width in (("track", 100.0), ("bar", length)):
        x = 100 - width if mirrored else 0
        place = {"x": f"{x:.3f}%", "y": str(y), "width": f"{width:.3f}%", "height": str(BAR), "rx": "3"}
        SubElement(svg, "rect", {"class": kind, **place})
    return y + BAR + GAP


def _lines(name: str) -> list[str]:
    return textwrap.wrap(name, LETTERS, max_lines=LINES, placeholder=" …") or [""]
