"""The family: from files to a report."""

from collections import Counter
from collections.abc import Iterator

from e2evote.engine import Workers
from e2evote.errors import CheckError, ParseError
from e2evote.group.elements import Group
from e2evote.interop.family import Judgement, Progress, check
from e2evote.interop.foreign import Foreign
from e2evote.interop.helios import ballots, counting, documents
from e2evote.interop.helios.ballots import CHUNK, Cast, Chunk
from e2evote.interop.helios.documents import Documents
from e2evote.interop.helios.reading import ElectionDocument, Vote, member, parse_election, text
from e2evote.verifier.report import Place, Report

SETUP = (
    check("HEL.parameters", "p and q are primes, and g generates a group of order q", "setup"),
    check("HEL.election-hash", "the hash that ballots name is that of the election", "setup"),
)
CAST = (
    check("HEL.cast-format", "every cast vote names its voter, its time and its hash", "ballots"),
    check("HEL.voter", "every ballot was cast by a voter on the list", "ballots"),
    check("HEL.reuse", "no ciphertext is on two ballots, or twice on one", "ballots"),
)
CHECKS = (
    *SETUP, *counting.KEYS, *CAST, *ballots.CHECKS, *ballots.LIMITS, *counting.AGGREGATION, *counting.DECRYPTION,
    *counting.RESULT,
)  # fmt: skip


class HeliosFamily:
    """Helios, its legacy JSON."""

    name = "helios"
    title = "Helios 3 and 4: documents of the interface, or a database fixture"

    def recognises(self, record: Foreign) -> bool:
        """Tell whether one of the files is an election of Helios."""
        return documents.looks_like_one(record)

    def verify(self, record: Foreign, workers: Workers, progress: Progress | None) -> Report:
        """Verify the record whole.

        Raises:
            ParseError: the election cannot be read.
        """
        found = documents.find(record)
        judgement = Judgement(self.name, record)
        try:
            election = parse_election(found.election, "election")
        except CheckError as error:
            judgement.ledger.check("HEL.parameters", False, str(error))
            return judgement.report(CHECKS)
        judgement.ledger.check("HEL.parameters", True, "")
        judgement.parameters = election.public_key.group.name
        for name in found.unread:
            judgement.remark(f"not read: {name}")
        trustees = counting.verify_keys(judgement, election, found.trustees)
        cast = list(_cast(judgement, found))
        stated = _verify_hash(judgement, election, found, cast)
        counted = _verify_ballots(judgement, election, found, cast, stated, workers, progress)
        judgement.counts |= {"questions": len(election.questions), "trustees": len(found.trustees or ())}
        judgement.counts |= {"cast": len(cast), "counted": len(counted)}
        sums = counting.add_up(election, counted)
        counting.verify_tally(judgement, election, sums, len(counted), found.encrypted_tally)
        counting.verify_result(judgement, election, trustees, sums, len(counted), found.result)
        _note_strength(judgement, election, len(trustees))
        judgement.ledger.remarks = list(dict.fromkeys(judgement.ledger.remarks))
        return judgement.report(CHECKS)


def _cast(judgement: Judgement, found: Documents) -> Iterator[Cast]:
    """Yield the votes with their content; a list of hashes only is compared with them elsewhere."""
    for where, content in found.ballots:
        try:
            voter, stated = (text(member(content, name, where), where, name) for name in ("voter_uuid", "vote_hash"))
            cast_at = text(member(content, "cast_at", where), where, "cast_at")
            judgement.ledger.check("HEL.cast-format", True, "")
        except ParseError as error:
            judgement.ledger.check("HEL.cast-format", False, str(error))
            continue
        if content.get("vote") is None:
            judgement.remark("some ballots are listed by their hash only; their content is not in the record")
        else:
            yield Cast(where, content["vote"], stated, voter, cast_at)


def _verify_hash(judgement: Judgement, election: ElectionDocument, found: Documents, cast: list[Cast]) -> str | None:
    """Return the hash that ballots have to name."""
    if found.dump:
        judgement.remark(
            "the election's hash cannot be recomputed from a database dump: it is over the document that the server "
            "published; ballots are only compared with each other"
        )
        names = Counter(str(one.vote.get("election_hash")) for one in cast if isinstance(one.vote, dict))
        judgement.ledger.complete(SETUP)
        return names.most_common(1)[0][0] if names else None
    for one in cast:
        stated = one.vote.get("election_hash") if isinstance(one.vote, dict) else None
        place = Place(ballot=one.vote_hash)
        judgement.ledger.check("HEL.election-hash", stated == election.hash, "the ballot names another hash", place)
    judgement.ledger.complete(SETUP)
    return None  # each was compared above


def _verify_ballots(
    judgement: Judgement, election: ElectionDocument, found: Documents, cast: list[Cast], stated: str | None,
    workers: Workers, progress: Progress | None,
) -> list[Vote]:  # fmt: skip
    """Verify all ballots, and return those that count: of each voter the last one."""
    ledger, listed = judgement.ledger, {one.get("uuid") for one in found.voters or () if isinstance(one, dict)}
    last = {one.voter: one for one in sorted(cast, key=lambda one: one.cast_at)}
    for one in cast:
        if found.voters is not None:
            ledger.check("HEL.voter", one.voter in listed, "the voter is not on the list", Place(ballot=one.vote_hash))
    chunks = [
        Chunk(election, stated, tuple(cast[start : start + CHUNK]), len(cast)) for start in range(0, len(cast), CHUNK)
    ]
    counted, done = [], 0
    seen: dict[tuple[int, int], str] = {}
    for chunk, judged in zip(chunks, workers.map(ballots.judge, chunks), strict=True):
        ledger.add(judged.ledger)
        for one, vote in zip(chunk.ballots, judged.votes, strict=True):
            if vote is not None:
                _check_reuse(judgement, seen, vote, one)
                if last[one.voter] is one:
                    counted.append(vote)
        done += len(chunk.ballots)
        if progress is not None:
            progress(done, len(cast))
    ledger.complete((*CAST, *ballots.CHECKS, *ballots.LIMITS))
    if len(last) < len(cast):
        judgement.remark(f"{len(cast) - len(last)} ballots were replaced by later ones of their voters")
    return counted


def _check_reuse(judgement: Judgement, seen: dict[tuple[int, int], str], vote: Vote, cast: Cast) -> None:
    pairs = [(int(c.alpha.value), int(c.beta.value)) for answer in vote.answers for c in answer.choices]
    known = next((seen[pair] for pair in pairs if pair in seen), None)
    again = known is not None or len(set(pairs)) < len(pairs)
    place = Place(ballot=cast.vote_hash)
    judgement.ledger.check("HEL.reuse", not again, f"a ciphertext is also on ballot {known or 'itself'}", place)
    seen.update(dict.fromkeys(pairs, cast.vote_hash))


def _note_strength(judgement: Judgement, election: ElectionDocument, trustees: int) -> None:
    _note_parameters(judgement, election.public_key.group)
    judgement.note("sha-1", "challenges are made with SHA-1")
    judgement.note("weak-fiat-shamir", "challenges are over commitments alone: they omit keys and ciphertexts")
    if trustees == 1:
        judgement.note("single-trustee", "one trustee alone, usually the server, can decrypt every ballot")
    else:
        judgement.note("n-of-n-trustees", f"all {trustees} trustees are needed: without one nothing is decrypted")
    judgement.note("no-chain", "ballots are in no chain: nothing shows that none was removed")
    judgement.note("no-board", "the server's list of ballots is neither signed nor witnessed")
    judgement.note("no-eligibility", "voters are a list of the server; nothing shows that who voted was entitled to")
    judgement.note("no-membership-at-casting", "servers before August 2026 took ballots without testing membership")
    if election.aliases:
        judgement.note("aliases", "voters are listed by aliases; only the server knows who they are")
    if election.open_registration:
        judgement.note("open-registration", "anybody could register as a voter while the election ran")


def _note_parameters(judgement: Judgement, group: Group) -> None:
    bits = group.p.bit_length()
    if bits < 2048 or group.q.bit_length() < 224:
        judgement.note("weak-parameters", f"p has {bits} bits and q {group.q.bit_length()}: too few to hide anything")
    elif bits < 3072:
        judgement.note("parameters-2048", f"p has {bits} bits, less than is advised today")
