"""The figures as one SVG picture: ballots beside those of others, and how cost grows.

The same figures give the same bytes. Colours are those of Okabe and Ito, which people with any colour vision tell
apart; lines differ by their markers, too. matplotlib is in the extra ``bench`` only and is imported when it is needed.
"""

import io
from collections.abc import Mapping, Sequence
from typing import Any

from e2evote.bench.figures import Figure
from e2evote.bench.phases import ENCRYPT, VERIFY
from e2evote.errors import CheckError

BLUE, ORANGE, GREY = "#0072B2", "#E69F00", "#555555"

STYLE: Mapping[str, Any] = {
    "svg.hashsalt": "e2evote",
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 11,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "lines.linewidth": 2,
    "lines.markersize": 7,
    "legend.frameon": False,
}


def draw(figures: Sequence[Figure]) -> bytes:
    """Return the picture of all parts among the figures.

    Raises:
        CheckError: matplotlib is missing, or no part can be drawn.
    """
    try:
        import matplotlib as mpl
        from matplotlib.figure import Figure as Picture
    except ImportError:
        raise CheckError("drawing needs matplotlib: pip install 'e2evote[bench]'") from None
    panels = [
        (panel, rows)
        for part, panel in (("workload", _bars), ("ballots", _ballots), ("cores", _cores), ("options", _options))
        if (rows := [figure for figure in figures if figure.part == part])
    ]
    if not panels:
        raise CheckError("nothing was measured that can be drawn")
    with mpl.rc_context(dict(STYLE)):
        picture = Picture(figsize=(11, 4.2 * -(-len(panels) // 2)), layout="constrained")
        places = picture.subplots(-(-len(panels) // 2), min(2, len(panels)), squeeze=False).flat
        for place, (panel, rows) in zip(places, panels, strict=False):
            panel(place, rows)
        for place in list(places)[len(panels) :]:
            place.set_axis_off()
        data = io.BytesIO()
        picture.savefig(data, format="svg", metadata={"Date": None, "Creator": None})
    return data.getvalue()


def _bars(place: Any, rows: Sequence[Figure]) -> None:  # noqa: ANN401
    """Encryption and verification of a ballot, by library and backend."""
    case = rows[0].case
    rows = [row for row in rows if row.case == case]
    names = list(dict.fromkeys(row.backend for row in rows))
    names.sort(key=lambda name: -_pm(rows, name, VERIFY))
    for shift, what, colour, hatch in ((-0.2, ENCRYPT, BLUE, ""), (0.2, VERIFY, ORANGE, "//")):
        values = [_pm(rows, name, what) for name in names]
        middles = [index + shift for index in range(len(names))]
        bars = place.bar(middles, values, 0.36, label=what, color=colour, hatch=hatch, edgecolor="white")
        place.bar_label(bars, [f"{value:,.0f}" if value >= 10 else f"{value:.1f}" for value in values], padding=2)
    place.set_yscale("log")
    place.set_ylim(1, 4 * max(row.pm for row in rows if row.what in (ENCRYPT, VERIFY)))
    place.set_xticks(range(len(names)), [name.replace(" ", "\n", 1) for name in names])
    place.set_ylabel("pm a ballot (log scale)")
    place.set_title(f"One ballot of {case}, one thread")
    place.legend(loc="upper right")


def _ballots(place: Any, rows: Sequence[Figure]) -> None:  # noqa: ANN401
    """Time and memory of verification against the number of ballots."""
    found = [row for row in rows if row.what == VERIFY and row.backend == rows[0].backend]
    counts = [row.size for row in found]
    seconds = [row.milliseconds * row.count / 1000 for row in found]
    memory = [(row.bytes or 0) / 2**20 for row in found]
    lines = place.plot(counts, seconds, color=ORANGE, marker="o", label="time")
    place.set_xscale("log")
    place.set_xticks(counts, [f"{count:,}" for count in counts], minor=False)
    place.set_xticks([], minor=True)
    place.set_yscale("log")
    place.yaxis.set_major_formatter(lambda value, _: f"{value:,g}")
    place.set_xlabel(f"ballots of {found[0].case} in the record")
    place.set_ylabel("seconds (log scale)")
    other = place.twinx()
    other.spines["right"].set_visible(True)
    lines += other.plot(counts, memory, color=BLUE, marker="s", linestyle="--", label="peak of memory")
    other.set_ylim(0, 1.6 * max(memory))
    other.set_ylabel("MiB")
    place.set_title(f"Verifying a record, {found[0].backend}")
    place.legend(handles=lines, loc="upper left")


def _cores(place: Any, rows: Sequence[Figure]) -> None:  # noqa: ANN401
    """How many times as fast the most processes are as the fewest."""
    whats = list(dict.fromkeys(row.what for row in rows if row.backend == rows[0].backend))
    speeds, most = [], max(row.size or 1 for row in rows)
    for what in whats:
        first, *_, last = [row for row in rows if (row.backend, row.what) == (rows[0].backend, what)]
        speeds.append(first.milliseconds / last.milliseconds)
    bars = place.barh([what.replace(", ", "\n") for what in whats], speeds, 0.6, color=BLUE)
    place.bar_label(bars, [f"{speed:.2f}" for speed in speeds], padding=3)
    place.axvline(most, color=GREY, linestyle=":")
    place.invert_yaxis()
    place.set_xlim(0, 1.15 * most)
    place.set_xlabel(f"times as fast with {most} as with 1 (dotted: ideal)")
    place.set_title(f"More processes, {rows[0].case}, {rows[0].backend}")


def _options(place: Any, rows: Sequence[Figure]) -> None:  # noqa: ANN401
    """Cost of a ballot against the options of a contest."""
    for what, colour, marker in ((VERIFY, ORANGE, "o"), (ENCRYPT, BLUE, "s")):
        found = [row for row in rows if row.what == what and row.backend == rows[0].backend]
        place.plot([row.size for row in found], [row.pm for row in found], color=colour, marker=marker, label=what)
    place.set_xticks(sorted({row.size or 0 for row in rows}))
    place.set_xlim(left=0)
    place.set_ylim(bottom=0)
    place.set_xlabel("options in each of 4 contests")
    place.set_ylabel("pm a ballot")
    place.set_title(f"More options, {rows[0].backend}")
    place.legend(loc="upper left")


def _pm(rows: Sequence[Figure], backend: str, what: str) -> float:
    return next((row.pm for row in rows if (row.backend, row.what) == (backend, what)), 0.0)
