"""Tables: contests of a manifest, an opened ballot, a record at a glance, results, and the checks of a verification."""

from collections import Counter
from collections.abc import Mapping

from e2evote.cli.summary import Results, Summary, limits, named
from e2evote.encoding import hex_of
from e2evote.errors import ParseError
from e2evote.group.parameters import STANDARD_NAME
from e2evote.record.contest_data import unpack
from e2evote.record.manifest import Contest, Manifest, board_policy
from e2evote.record.opened import ChallengedBallot, OpenedContest
from e2evote.terminal.program import printable
from e2evote.terminal.screen import row, say, say_row, screen, table
from e2evote.verifier.report import NATIVE, PHASES, CheckResult, Report

FINDINGS_SHOWN = 20
"""Findings of one check that are printed; more are counted."""


FIELDS = {
    "overvote_indicator": "overvotes",
    "undervote_indicator": "undervotes",
    "undervote_difference": "votes not given",
    "null_vote_indicator": "null votes",
    "write_in_count": "votes for write-ins",
}
"""What supplemental fields count."""


def show_manifest(manifest: Manifest) -> None:
    """Print the contests with their effective limits, the ballot styles, and what is too small to be decrypted."""
    contests = table(
        "#", "contest", "options", "limit", "per option", "data blocks", "English", "فارسی",
        title="Contests", right=("#", "options", "limit", "per option", "data blocks"),
    )  # fmt: skip
    for number, (contest, limit, each) in enumerate(limits(manifest), 1):
        names = (named(contest.name or {}, contest.label, language) for language in ("en", "fa"))
        blocks = contest.contest_data_blocks or "–"
        row(contests, number, contest.label, len(contest.options), limit, each, blocks, *names)
    styles = table("#", "ballot style", "contests", "tally cell", title="Ballot styles", right=("#",))
    for number, style in enumerate(manifest.ballot_styles, 1):
        cell = manifest.cells[manifest.cell_of(number) - 1].label
        row(styles, number, style.label, ", ".join(map(str, style.contests)), cell)
    screen().print(contests)
    for contest in manifest.contests:
        if contest.supplemental_fields:
            counted = ", ".join(FIELDS[name] for name in contest.supplemental_fields)
            say(f"Contest {contest.label!r} also counts {counted}.")
    screen().print(styles)
    least = manifest.minimum_cell_ballots
    say(f"A contest with fewer than {least} cast ballots in a tally cell is not decrypted there.")
    for small in manifest.cells:
        if small.merge_into is not None:
            say(f"What may not be decrypted of tally cell {small.label!r} alone is merged into {small.merge_into!r}.")
    if manifest.board is not None:
        policy = board_policy(manifest.board)
        quorum = "none of them has to cosign" if policy.quorum is None else f"the quorum is {policy.quorum!r}"
        say(f"The bulletin board is {policy.logs[0].key.name}; {len(policy.witnesses)} witnesses, {quorum}.")


def show_opened(manifest: Manifest, ballot: ChallengedBallot) -> None:
    """Print contest by contest what a challenged ballot holds."""
    say(f"Ballot {hex_of(ballot.confirmation_code)} (device {ballot.device}, number {ballot.position}) holds:")
    for opened in ballot.contests:
        contest = manifest.contest(opened.index)
        say(f"  {named(contest.name or {}, contest.label, 'en')}: {_marks(contest, opened)}")
        remark = _remark(opened)
        if remark:
            say(f"    {remark}")
        if contest.supplemental_fields:
            values = (option.selection for option in opened.options[len(contest.options) :])
            say(f"    counted as: {_counts(dict(zip(contest.supplemental_fields, values, strict=False)))}")


def _marks(contest: Contest, opened: OpenedContest) -> str:
    chosen = []
    for option, mark in zip(contest.options, opened.options, strict=False):
        if mark.selection:
            times = f" × {mark.selection}" if mark.selection > 1 else ""
            chosen.append(f"{named(option.name or {}, option.label, 'en')}{times}")
    return "; ".join(chosen) or "no vote"


def _remark(opened: OpenedContest) -> str:
    if opened.contest_data is None:
        return ""
    try:
        content = unpack(opened.contest_data.data)
    except ParseError:
        return "its contest data cannot be read"
    told = [f"too many marks, so none counts: {content['overvote']}"] if "overvote" in content else []
    written = content.get("write_ins", {})
    told += [f"written in: {', '.join(map(str, written.values()))}"] if isinstance(written, dict) and written else []
    return "; ".join(told)


def _counts(fields: Mapping[str, int]) -> str:
    return ", ".join(f"{value} {FIELDS[name]}" for name, value in fields.items())


def show_summary(summary: Summary) -> None:
    """Print a record at a glance."""
    say(named(summary.name, summary.label, "en"), "bold")
    if "fa" in summary.name:
        say(summary.name["fa"], "bold")
    facts = table("", "")
    facts.show_header = False
    insecure = "" if summary.parameters == STANDARD_NAME else " (proves nothing; for tests)"
    row(facts, "label", summary.label)
    if summary.date:
        row(facts, "date", summary.date)
    row(facts, "parameters", summary.parameters + insecure)
    row(facts, "guardians", f"{summary.n}, of whom {summary.k} can decrypt: {', '.join(summary.guardians)}")
    row(facts, "ballots", ", ".join(f"{count} {status}" for status, count in summary.ballots.items()))
    if summary.board is not None:
        row(facts, "board", f"{summary.board.origin}, {summary.board.entries} entries")
    row(facts, "fingerprint", summary.fingerprint)
    screen().print(facts)
    devices = table("#", "device", "ballots", "state", "closing hash", title="Devices", right=("#", "ballots"))
    for device in summary.devices:
        row(
            devices,
            device.device,
            device.device_info,
            device.ballots,
            "closed" if device.closed else "open",
            device.closing_hash,
        )
    if summary.devices:
        screen().print(devices)
    if summary.results is None:
        say("There are no results yet.")
    else:
        show_results(summary.results)


def show_results(results: Results) -> None:
    """Print a table of votes for every contest, most votes first."""
    for contest in results.contests:
        title = f"{contest.index}. {named(contest.name, contest.label, 'en')} (at most {contest.limit} a ballot)"
        votes = table("votes", "option", "English", "فارسی", title=printable(title), right=("votes",))
        for option in contest.ranked:
            names = (named(option.name, option.label, language) for language in ("en", "fa"))
            row(votes, option.votes, option.label, *names)
        screen().print(votes)
        if contest.supplemental_fields:
            say(f"Also counted: {_counts(contest.supplemental_fields)}.")
    for label in results.merged:
        say(f"Counted together, as a part alone has too few cast ballots, or too few of one weight: {label}.")
    for label in results.withheld:
        say(
            f"Tally cell {label!r} has too few cast ballots, or too few of one weight; its votes are not decrypted and "
            "not counted above."
        )


def show_report(report: Report, failed_only: bool = False, arithmetic: str | None = None) -> None:
    """Print the checks of a verification, failed ones first, with their findings below, what computed, the verdict."""
    ordered = sorted(report.checks, key=lambda check: _ORDER[check.status])
    shown = [check for check in ordered if check.status == "failed" or not failed_only]
    width = max(len(check.id) for check in ordered)
    for check in shown:
        style = {"failed": "bold red", "not run": "yellow", "not applicable": "dim"}.get(check.status)
        say_row(f"{check.status:<14}  {check.count or '–':>7}  {check.id:<{width}}  {check.title}", style)
    for check in ordered:
        if check.findings:
            _show_findings(check)
    states = Counter[str](check.status for check in ordered)
    say("checks:      " + ", ".join(f"{states[status]} {status}" for status in _ORDER if states[status]))
    say("steps:       " + ", ".join(f"{step} {status}" for step, status in report.steps.items()))
    say("looked at:   " + ", ".join(f"{what} {count}" for what, count in report.counts.items()))
    for remark in report.remarks:
        say(f"remark:      {remark}", "yellow")
    for strength in report.strength:
        say(f"strength:    {strength.text}", "yellow")
    if arithmetic is not None:
        say(f"arithmetic:  {arithmetic}")
    say(f"fingerprint: {report.fingerprint}")
    if report.family != NATIVE:
        say(f"family:      {report.family}")
        say(f"parameters:  {report.parameters}")
    elif report.parameters != STANDARD_NAME:
        say(f"parameters:  {report.parameters}, WHICH PROVE NOTHING; never for an election", "bold red")
    part = f" up to the phase {report.until!r}" if report.until != PHASES[-1] else ""
    say(f"{'VALID' if report.valid else 'NOT VALID'}{part}", "bold green" if report.valid else "bold red")


_ORDER = {"failed": 0, "not run": 1, "passed": 2, "not applicable": 3}


def _show_findings(check: CheckResult) -> None:
    say(f"{check.id}: {check.title}", "bold red")
    for finding in check.findings[:FINDINGS_SHOWN]:
        say(f"  {finding}")
    more = check.omitted + max(len(check.findings) - FINDINGS_SHOWN, 0)
    if more:
        say(f"  … and {more} more")
