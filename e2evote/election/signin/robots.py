"""A question in words and some work for the browser, to keep simple programs from having codes sent.

What it stops: programs that fill in any form they find, and, by the work, that thousands of messages are caused for
nothing. What it does not: whoever writes a program for this page, which reads the question as people do. Limits by
person and address are what holds then. It needs no third party and no picture, and is read aloud like any text.

A question's token holds no answer: what is asked follows from a keyed hash of it. Each is good once, for ten minutes.
"""

import base64
import binascii
import hashlib
import secrets
from dataclasses import dataclass
from typing import NamedTuple

from e2evote.election.people import counters
from e2evote.election.people.database import Access, People
from e2evote.election.people.key import SecretPeopleKey
from e2evote.election.roll.text import identifier_of, normal_text
from e2evote.election.signin.refusals import Reason, RefusedError
from e2evote.election.signin.settings import Robots

LIFETIME = 600

_NUMBERS = {
    "en": ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
           "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen"),
    "fa": ("صفر", "یک", "دو", "سه", "چهار", "پنج", "شش", "هفت", "هشت", "نه", "ده", "یازده", "دوازده",
           "سیزده", "چهارده", "پانزده", "شانزده", "هفده", "هجده"),
}  # fmt: skip
_QUESTIONS = {
    "en": ("How much is {0} plus {1}?", "How much is {0} minus {1}?", "Which number is larger, {1} or {0}?"),
    "fa": ("{0} به‌علاوهٔ {1} چند می‌شود؟", "{0} منهای {1} چند می‌شود؟", "کدام عدد بزرگ‌تر است، {1} یا {0}؟"),
}
_NONCE, _TIME, _TAG = 16, 8, 32


@dataclass(frozen=True, slots=True)
class Question:
    """What a page shows and hands back: the question by language (none: it is not asked), and the bits of work."""

    token: str
    texts: dict[str, str]
    work_bits: int


class Answer(NamedTuple):
    """What comes back: the token, what was typed, and the number that the work found (an ASCII decimal)."""

    token: str
    text: str
    work: str


def ask(people: People, settings: Robots, now: int) -> Question:
    """Return a new question."""
    # token: nonce(16) ‖ expiry(8) ‖ tag(32)
    head = secrets.token_bytes(_NONCE) + (now + LIFETIME).to_bytes(_TIME, "big")
    token = base64.urlsafe_b64encode(head + people.key.digest("robots", head)).decode().rstrip("=")
    kind, larger, smaller = _drawn(people.key, head)
    texts = {
        language: _QUESTIONS[language][kind].format(words[larger], words[smaller])
        for language, words in _NUMBERS.items()
    }
    return Question(token, texts if settings.question else {}, settings.work_bits)


def check(access: Access, settings: Robots, answer: Answer, now: int) -> None:
    """Accept an answer, once.

    Raises:
        RefusedError: it is not right, its time is over, or it was given before.
    """
    head = _head(access.key, answer.token)
    right = (
        head is not None
        and int.from_bytes(head[_NONCE:], "big") > now
        and (not settings.question or _number(answer.text) == _result(*_drawn(access.key, head)))
        and work_done(answer.token, answer.work) >= settings.work_bits
    )
    if head is None or not right or not counters.first_time(access, "robots", head, now + LIFETIME):
        raise RefusedError(Reason.ROBOT)


def work_done(token: str, work: str) -> int:
    """Return the leading zero bits of SHA-256 of token ‖ ":" ‖ work."""
    if not (work.isascii() and work.isdecimal() and len(work) <= 20):
        return 0
    digest = hashlib.sha256(f"{token}:{work}".encode()).digest()
    return 256 - int.from_bytes(digest, "big").bit_length()


def _head(key: SecretPeopleKey, token: str) -> bytes | None:
    try:
        data = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        return None
    head, tag = data[: _NONCE + _TIME], data[_NONCE + _TIME :]
    genuine = len(data) == _NONCE + _TIME + _TAG and secrets.compare_digest(tag, key.digest("robots", head))
    return head if genuine else None


def _drawn(key: SecretPeopleKey, head: bytes) -> tuple[int, int, int]:
    """Return which question, and its two different numbers from 1 to 9, the larger first."""
    digest = key.digest("robots question", head)
    first = 1 + digest[1] % 9
    second = 1 + (first + digest[2] % 8) % 9
    return digest[0] % 3, max(first, second), min(first, second)


def _result(kind: int, larger: int, smaller: int) -> int:
    return (larger + smaller, larger - smaller, larger)[kind]


def _number(text: str) -> int | None:
    plain = identifier_of(text)
    if plain.isascii() and plain.isdecimal() and len(plain) <= 4:
        return int(plain)
    word = normal_text(text).casefold()
    return next((words.index(word) for words in _NUMBERS.values() if word in words), None)
