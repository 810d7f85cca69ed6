"""What everybody may know of an election, for the booth's page and the checker: one canonical JSON object.

It follows from the board and the organiser's settings alone, so that it is the same bytes for everybody and anybody can
compare its hash.
"""

from collections.abc import Mapping
from typing import Any

from e2evote.board.log import Board
from e2evote.election.acceptance import Acceptance
from e2evote.election.signin.settings import Language, Settings
from e2evote.election.signin.texts import LANGUAGES
from e2evote.election.signin.voting import CHALLENGES
from e2evote.election.streams import file_of
from e2evote.encoding import canonical_json, hex_of, strict_json
from e2evote.errors import CheckError
from e2evote.group.elements import Group
from e2evote.group.parameters import STANDARD_NAME
from e2evote.record import layout
from e2evote.record.manifest import Manifest
from e2evote.record.setup import Parameters
from e2evote.web.booth.settings import BoothSettings


def names_of(manifest: Manifest) -> dict[Language, str]:
    """Return what the election is called in every language; in one that the manifest lacks, by another's name."""
    known = manifest.name or {}
    other = next(iter(known.values()), manifest.label)
    return {language: known.get(language, other) for language in LANGUAGES}  # type: ignore[misc]


def election_json(board: Board, acceptance: Acceptance, booth: BoothSettings, signin: Settings) -> bytes:
    """Return ``/vote/election.json`` (docs/formats/booth.md).

    Raises:
        CheckError: the board has not the keys yet, or not the device.
        ParseError, VerificationError: it has what it should never have taken in.
    """
    context, opening = acceptance.judge.context, acceptance.opening(booth.device)
    limits = signin.limits
    content: Mapping[str, Any] = {
        "names": names_of(context.manifest),
        "opens": signin.opens,
        "closes": signin.closes,
        "zone": booth.zone,
        "fields": list(signin.fields),
        "country": signin.country,
        "limits": {
            "code_seconds": limits.code_seconds,
            "ballot_seconds": limits.ballot_seconds,
            "casting_seconds": limits.casting_seconds,
            "challenges": CHALLENGES,
        },
        "support": booth.support.model_dump(exclude_none=True),
        "inspectors": booth.inspectors or {},
        "kept_order": list(booth.kept_order),
        "conditions": [condition.model_dump(mode="json") for condition in booth.conditions],
        "manifest": _manifest(board),
        "parameters": _parameters(context.group),
        "h_e": hex_of(context.h_e),
        "K": hex_of(bytes(context.keys.vote_encryption_key)),
        "K_hat": hex_of(bytes(context.keys.data_encryption_key)),
        "device": {"device": opening.device, "h_di": hex_of(opening.h_di)},
        "board": {"policy": board.policy.encode().decode(), "url": booth.url},
    }
    return canonical_json(content)


def _manifest(board: Board) -> Any:  # noqa: ANN401  (JSON)
    with board.reading() as view:
        data = file_of(view, layout.MANIFEST)
    if data is None:
        raise CheckError("the board does not have the election's manifest yet")
    return strict_json(data, layout.MANIFEST)


def _parameters(group: Group) -> dict[str, str] | None:
    if group.name == STANDARD_NAME:
        return None
    numbers = Parameters.of(group, 1, 1)
    return {name: hex_of(getattr(numbers, name)) for name in ("p", "q", "g", "r")}
