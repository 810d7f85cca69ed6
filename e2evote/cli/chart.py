"""A bar chart of the results as one plain SVG picture: no script, no font, nothing fetched from elsewhere.

A row has the English name on the left, the Persian name on the right, which the viewer shapes and orders, and the bar
with its number below them. All bars of a contest have one scale.
"""

from xml.etree.ElementTree import Element, SubElement, indent, tostring

from e2evote.cli.summary import Results, Summary, named
from e2evote.record.results import ContestResult, OptionResult
from e2evote.terminal.program import printable

WIDTH, MARGIN, ROW = 760, 24, 42
BAR_ROOM = WIDTH - 2 * MARGIN - 56
"""Length of the longest bar; the rest is for its number."""

STYLE = """
text { font-family: Vazirmatn, 'Noto Sans Arabic', 'Noto Sans', 'DejaVu Sans', Tahoma, sans-serif; fill: #1a1a2e; }
.title { font-size: 20px; font-weight: bold; } .contest { font-size: 16px; font-weight: bold; }
.name { font-size: 13px; } .count { font-size: 13px; font-weight: bold; } .foot { font-size: 10px; fill: #555; }
.track { fill: #edf0f5; } .bar { fill: #2a6f97; } .paper { fill: #fff; }
"""


def draw(summary: Summary, results: Results) -> bytes:
    """Return the picture."""
    contests = results.contests
    height = 96 + sum(52 + ROW * len(contest.options) for contest in contests) + 40
    svg = Element(
        "svg", xmlns="http://www.w3.org/2000/svg", viewBox=f"0 0 {WIDTH} {height}", width=str(WIDTH), height=str(height)
    )
    SubElement(svg, "title").text = printable(named(summary.name, summary.label, "en"))
    SubElement(svg, "style").text = STYLE
    SubElement(svg, "rect", {"class": "paper", "width": str(WIDTH), "height": str(height)})
    _text(svg, "title", 36, named(summary.name, summary.label, "en"))
    _text(svg, "title", 66, named(summary.name, summary.label, "fa"), persian=True)
    y = 96
    for contest in contests:
        y = _contest(svg, contest, y)
    ballots = ", ".join(f"{count} {status}" for status, count in summary.ballots.items())
    merged = f"; counted together: {', '.join(results.merged)}" if results.merged else ""
    withheld = f"; not decrypted, being too small: {', '.join(results.withheld)}" if results.withheld else ""
    _text(svg, "foot", y + 14, f"ballots: {ballots}{merged}{withheld}")
    _text(svg, "foot", y + 28, f"record {summary.fingerprint}")
    indent(svg)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(svg, encoding="unicode")}\n'.encode()


def _contest(svg: Element, contest: ContestResult, y: int) -> int:
    _text(svg, "contest", y + 24, f"{named(contest.name, contest.label, 'en')} (at most {contest.limit} a ballot)")
    _text(svg, "contest", y + 24, named(contest.name, contest.label, "fa"), persian=True)
    y, most = y + 38, max(option.votes for option in contest.options) or 1
    for option in contest.ranked:
        _option(svg, option, y, BAR_ROOM * option.votes // most)
        y += ROW
    return y + 14


def _option(svg: Element, option: OptionResult, y: int, length: int) -> None:
    _text(svg, "name", y + 14, named(option.name, option.label, "en"))
    _text(svg, "name", y + 14, named(option.name, option.label, "fa"), persian=True)
    for kind, width in (("track", BAR_ROOM), ("bar", length)):
        place = {"x": str(MARGIN), "y": str(y + 20), "width": str(width), "height": "12", "rx": "2"}
        SubElement(svg, "rect", {"class": kind} | place)
    _text(svg, "count", y + 31, f"{option.votes:,}", x=MARGIN + BAR_ROOM + 8)


def _text(svg: Element, kind: str, y: int, text: str, x: int = MARGIN, persian: bool = False) -> None:
    """Write a line of text; Persian begins at the right margin."""
    if not text:
        return
    where = {"class": kind, "x": str(WIDTH - MARGIN if persian else x), "y": str(y)}
    if persian:
        where |= {"direction": "rtl", "xml:lang": "fa"}
    SubElement(svg, "text", where).text = printable(text).replace("\n", " ")
