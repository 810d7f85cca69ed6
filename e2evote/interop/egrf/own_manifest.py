"""Our own manifest in a record of EGRF: H_B is the hash of its bytes, so they are kept, under their own media type.

H_B does not bind the media type. No bytes are a manifest of both kinds: ours has no other members than its own.
"""

from e2evote.errors import CheckError, E2EVoteError, ParseError
from e2evote.interop.egrf.manifest import Choice, Contest, Manifest, Manifests, Style
from e2evote.record import manifest as own

MEDIA_TYPE = "application/vnd.e2evote.manifest+json;format=1"
"""Of an exported record's manifest; EGRF v2.0 itself knows only its own manifest."""


def parse_own(content: bytes) -> Manifests:
    """Read a manifest of this library within a record of EGRF.

    Raises:
        ParseError: it breaks a rule, or EGRF cannot express it.
    """
    try:
        manifest = own.parse_manifest(content, "setup/manifest")
        manifest.check()
        return shape_of(manifest)
    except E2EVoteError as error:
        raise ParseError("setup/manifest", str(error)) from error


def shape_of(manifest: own.Manifest) -> Manifests:
    """Return the manifest with the contests and styles that EGRF's equations ask for.

    Raises:
        CheckError: naming what EGRF cannot express.
    """
    if len(manifest.cells) != 1:
        raise CheckError(f"EGRF has one tally, and this manifest {len(manifest.cells)} tally cells")
    if len(manifest.chaining_modes) != 1:
        raise CheckError("EGRF has one chaining mode for all devices, and this manifest allows both")
    contests = tuple(_contest(index, contest) for index, contest in enumerate(manifest.contests, 1))
    styles = tuple(
        Style.model_construct(id=style.label, contest_ids=tuple(contests[i - 1].id for i in style.contests))
        for style in manifest.ballot_styles
    )
    foreign = Manifest.model_construct(
        contests=contests,
        ballot_styles=styles,
        chaining_mode=manifest.chaining_modes[0],
        hash_trimming_function=manifest.hash_trimming,
    )
    return Manifests(foreign, manifest)


def _contest(index: int, contest: own.Contest) -> Contest:
    where = f"contest {contest.label!r}"
    if contest.supplemental_fields:
        raise CheckError(f"{where}: supplemental fields; EGRF proves other relations of them than this library")
    if len(set(contest.option_limits)) > 1:
        raise CheckError(f"{where}: EGRF has one selection limit for all options, and these have several")
    return Contest.model_construct(
        id=contest.label,
        index=index,
        selection_limit=contest.limit,
        option_selection_limit=contest.option_limits[0],
        choices=tuple(Choice.model_construct(id=o.label, index=i) for i, o in enumerate(contest.options, 1)),
        supplemental_fields=(),
        contest_data_blocks=contest.contest_data_blocks or 0,
    )
