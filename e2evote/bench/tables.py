"""Figures as tables of text: a row a phase and a column a backend, or a row a step of what grows."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from e2evote.bench.calls import AGAIN, AT_ONCE, CALLS, COME, EVERY, SLOWEST, VOTE, WAITS
from e2evote.bench.figures import Figure
from e2evote.bench.phases import ENCRYPT, VERIFY

Rows = list[list[str]]
"""The first row is the heading."""

Table = tuple[str, Rows]


def tables(figures: Sequence[Figure]) -> Iterator[Table]:
    """Yield tables for every part, with their titles."""
    for part in dict.fromkeys(figure.part for figure in figures):
        found = [figure for figure in figures if figure.part == part]
        if part in _GROWING:
            yield from (table(found) for table in _GROWING[part])
            continue
        for case in dict.fromkeys(figure.case for figure in found):
            yield f"{case}, one thread: pm each", _phases([figure for figure in found if figure.case == case])


def _phases(figures: Sequence[Figure]) -> Rows:
    """One row a phase and one column a backend; beside others' figures, how many times theirs ours would fit in."""
    names = list(dict.fromkeys(figure.backend for figure in figures))
    ours, peers = [name for name in names if " " not in name], [name for name in names if " " in name]
    ratios = [(peer, name) for peer in peers for name in ours]
    rows = [["", *peers, *ours, *(f"{peer.split()[0]} / {name}" for peer, name in ratios)]]
    for what in dict.fromkeys(figure.what for figure in sorted(figures, key=lambda figure: figure.backend in peers)):
        of = {figure.backend: figure for figure in figures if figure.what == what}
        pm = {name: figure.pm for name, figure in of.items()}
        divided = [f"{pm[peer] / pm[name]:,.1f}" if {peer, name} <= pm.keys() else "" for peer, name in ratios]
        rows.append([what, *(_number(pm[name]) if name in pm else "" for name in (*peers, *ours)), *divided])
        if any(figure.bytes for figure in of.values()):
            sizes = [f"{of[name].bytes:,}" if name in of else "" for name in (*peers, *ours)]
            rows.append([f"{what}: bytes", *sizes, *("" for _ in ratios)])
    return rows


def _ballots(figures: Sequence[Figure]) -> Table:
    rows = [["ballots", "backend", "encrypt, pm each", "verify, pm each", "verify, seconds", "peak of memory, MiB"]]
    for (backend, size), found in _steps(figures):
        encrypt, verify = _one(found, ENCRYPT), _one(found, VERIFY)
        seconds = f"{verify.milliseconds * verify.count / 1000:,.1f}"
        memory = f"{(verify.bytes or 0) / 2**20:.1f}"
        rows.append([f"{size:,}", backend, _number(encrypt.pm), _number(verify.pm), seconds, memory])
    return f"A record of {figures[0].case} as it grows, written here and verified by a process of its own", rows


def _cores(figures: Sequence[Figure]) -> Table:
    rows = [["", "processes", "backend", "seconds", "times as fast"]]
    first: dict[tuple[str, str], Figure] = {}
    for figure in figures:
        one = first.setdefault((figure.backend, figure.what), figure)
        seconds = f"{figure.milliseconds * figure.count / 1000:,.2f}"
        speed = f"{one.milliseconds / figure.milliseconds:.2f}"
        rows.append([figure.what, str(figure.size), figure.backend, seconds, speed])
    return f"{figures[0].count:,} ballots of {figures[0].case} with more processes, by the clock on the wall", rows


def _options(figures: Sequence[Figure]) -> Table:
    rows = [["options", "backend", "encrypt, pm each", "verify, pm each", "bytes a ballot"]]
    for (backend, size), found in _steps(figures):
        size_of = next(figure.bytes or 0 for figure in found if figure.what.startswith("write"))
        pm = (_number(_one(found, what).pm) for what in (ENCRYPT, VERIFY))
        rows.append([str(size), backend, *pm, f"{size_of:,}"])
    return "Four contests with more options, one thread", rows


def _log(figures: Sequence[Figure]) -> Table:
    heading = [
        "submitters",
        "database",
        "entries a second",
        "wait: median, ms",
        "99 %, ms",
        "sign, ms",
        "recompute, ms",
    ]
    rows = [heading]
    for (backend, size), found in _steps(figures):
        append, *others = found
        rows.append(
            [str(size), backend, f"{1000 / append.milliseconds:,.0f}", *(f"{at.milliseconds}" for at in others)]
        )
    return "The log alone, by the clock on the wall; to sign and to recompute: processor time of each entry", rows


def _submission(figures: Sequence[Figure]) -> Table:
    rows = [["ballots and proofs", "database", "ballots a second", "wait: median, ms", "95 %, ms", "99 %, ms"]]
    for case, backend in dict.fromkeys((figure.case, figure.backend) for figure in figures):
        accept, *waits = (each for each in figures if (each.case, each.backend) == (case, backend))
        rows.append(
            [case, backend, f"{1000 / accept.milliseconds:,.0f}", *(f"{wait.milliseconds:,.1f}" for wait in waits)]
        )
    return f"A board's server, {figures[0].size} clients at once, by the clock on the wall", rows


def _booth(figures: Sequence[Figure]) -> Table:
    heading = ["ballots, proofs, voters", "votes", "voters at once", "come a second", "cast a second", "asked again"]
    rows = [[*heading, *(f"{EVERY}: {what}, ms" for what, _ in WAITS)]]
    for case, of in _cases(figures):
        again = sum(figure.count for figure in of.values() if figure.what.startswith(AGAIN))
        come = f"{1000 / of[COME].milliseconds:.2f}" if COME in of else ""
        cast = f"{1000 / of[VOTE].milliseconds:.2f}"
        rows.append([case, f"{of[VOTE].count:,}", str(of[AT_ONCE].count), come, cast, str(again), *_waits(of, EVERY)])
    return "A booth's server, from signing in to the receipt of the cast ballot, by the clock on the wall", rows


def _booth_calls(figures: Sequence[Figure]) -> Table:
    rows = [["ballots, proofs, voters", "call", "answers", "asked again", *(f"{what}, ms" for what, _ in WAITS)]]
    for case, of in _cases(figures):
        for call in CALLS[1:]:
            begin = f"{AGAIN}: {call}: "
            again = [f"{of[what].count} ({what.removeprefix(begin)})" for what in of if what.startswith(begin)]
            rows.append([case, call, f"{of[f'{call}, {SLOWEST}'].count:,}", ", ".join(again), *_waits(of, call)])
    return "The same, call by call", rows


def _cases(figures: Sequence[Figure]) -> Iterator[tuple[str, dict[str, Figure]]]:
    for case in dict.fromkeys(figure.case for figure in figures):
        yield case, {figure.what: figure for figure in figures if figure.case == case}


def _waits(of: Mapping[str, Figure], call: str) -> list[str]:
    return [f"{of[f'{call}, {what}'].milliseconds:,.0f}" for what, _ in WAITS]


_GROWING = {
    "ballots": (_ballots,),
    "cores": (_cores,),
    "options": (_options,),
    "log": (_log,),
    "submission": (_submission,),
    "booth": (_booth, _booth_calls),
}


def _steps(figures: Sequence[Figure]) -> Iterator[tuple[tuple[str, int], list[Figure]]]:
    for key in dict.fromkeys((figure.backend, figure.size or 0) for figure in figures):
        yield key, [figure for figure in figures if (figure.backend, figure.size) == key]


def _one(figures: Iterable[Figure], what: str) -> Figure:
    return next(figure for figure in figures if figure.what == what)


def _number(pm: float) -> str:
    return f"{pm:,.0f}" if pm >= 100 else f"{pm:,.1f}" if pm >= 1 else f"{pm:.3f}"
