"""What a person at a terminal is asked."""

import pytest

from guardian_cli import asking
from guardian_cli.keystore.sealed import WrongPassphraseError
from guardian_cli.verbs import opening
from guardian_cli.verbs.opening import opened_vault
from tests.guardian_cli.program import PASSPHRASE, Guardians


class Terminal:
    """A person who types, one line a question."""

    def __init__(self, *lines: str) -> None:
        self.lines = list(lines)

    def isatty(self) -> bool:
        return True

    def prompt(self, text: str, **options: object) -> str:
        return self.lines.pop(0)


def sit_down(monkeypatch: pytest.MonkeyPatch, *lines: str) -> Terminal:
    person = Terminal(*lines)
    for module in (asking, opening):
        monkeypatch.setattr(module.sys, "stdin", person)
    monkeypatch.setattr(asking.click, "prompt", person.prompt)
    return person


def test_a_wrong_passphrase_is_asked_for_again(guardians: Guardians, monkeypatch: pytest.MonkeyPatch) -> None:
    guardians.done("init", 1)
    person = sit_down(monkeypatch, "wrong", "wrong again", PASSPHRASE)
    with opened_vault(guardians.workspace(1), None) as vault:
        assert vault.owner.i == 1
    assert not person.lines


def test_but_not_for_ever(guardians: Guardians, monkeypatch: pytest.MonkeyPatch) -> None:
    guardians.done("init", 1)
    person = sit_down(monkeypatch, *["wrong"] * 5)
    with pytest.raises(WrongPassphraseError), opened_vault(guardians.workspace(1), None):
        pass
    assert len(person.lines) == 2


def test_a_weak_passphrase_is_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    person = sit_down(monkeypatch, "password1234", PASSPHRASE)
    assert asking.new_passphrase(None, "your key").data == PASSPHRASE.encode()
    assert not person.lines
