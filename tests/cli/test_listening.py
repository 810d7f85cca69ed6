"""What is shown on the terminal can be told to a listener instead."""

import pytest

from e2evote.terminal.screen import note, progress, told


class Heard:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.parts: list[tuple[object, ...]] = []

    def progress(self, what: str, done: int, total: int) -> None:
        self.parts.append((what, done, total))

    def note(self, text: str) -> None:
        self.parts.append((text,))


def test_a_listener_is_told_and_the_terminal_is_not(capsys: pytest.CaptureFixture[str]) -> None:
    heard = Heard()
    with told(heard), progress("Adding up") as report:
        report(1, 3)
        note("a \x1b[31mword")
    assert heard.parts == [("Adding up", 1, 3), ("a \ufffd[31mword",)]
    assert capsys.readouterr().err == ""
    note("again")
    assert (len(heard.parts), capsys.readouterr().err) == (2, "again\n")
