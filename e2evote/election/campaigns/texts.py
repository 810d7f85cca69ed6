"""What campaigns say unless the organiser writes something else, language by language.

A text is the same for everybody: no name and no code is in it, so that a provider learns nothing but numbers.
"""

import re
from collections.abc import Mapping

from e2evote.errors import CheckError

KINDS = ("invitation", "reminder", "notice")
PLACES = ("election", "opens", "closes", "link")
"""What a text may name in braces."""

_BRACES = re.compile(r"\{[^{}]*\}|[{}]")

LIMIT = 1000
"""Characters of a text."""

SUBJECTS: Mapping[str, Mapping[str, str]] = {
    "en": {"invitation": "{election}: invitation to vote", "reminder": "{election}: reminder", "notice": "{election}"},
    "fa": {"invitation": "{election}: دعوت به رأی‌گیری", "reminder": "{election}: یادآوری", "notice": "{election}"},
}

TEXTS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "invitation": "{election}\nVoting: from {opens} to {closes}\nTo vote: {link}\n"
        "Your code is sent when you sign in. Tell it to nobody.",
        "reminder": "{election}\nThere is still time to vote, until {closes}: {link}",
    },
    "fa": {
        "invitation": "{election}\nزمان رأی‌گیری: از {opens} تا {closes}\nبرای رأی دادن: {link}\n"
        "رمز شما هنگام ورود فرستاده می‌شود. آن را به هیچ‌کس نگویید.",
        "reminder": "{election}\nهنوز برای رأی دادن فرصت دارید، تا {closes}: {link}",
    },
}


def written(text: str, values: Mapping[str, str]) -> str:
    """Return a text with its places filled in.

    Raises:
        CheckError: it names another place, holds a brace or a character that steers, or is empty or too long.
    """
    found = set(_BRACES.findall(text)) - {f"{{{place}}}" for place in PLACES}
    if found:
        places = ", ".join(f"{{{place}}}" for place in PLACES)
        raise CheckError(f"the text has {min(found)!a}, which is no place that is known; there are {places}")
    shown = _BRACES.sub(lambda place: values[place[0][1:-1]], text)
    if not shown.strip() or len(shown) > LIMIT:
        raise CheckError(f"the text has {len(shown)} characters; expected 1 to {LIMIT}")
    if any(not (character.isprintable() or character in "\n\u200c\u200d") for character in shown):
        raise CheckError("the text has a character that cannot be printed")
    return shown
