"""On a terminal lines are broken between words; what people copy stays whole."""

from e2evote.terminal.program import folded

SAID = "Everybody's keys are here; now 'guardian share board-election' (the others' files are in /media/usb/inbox)."


def test_commands_and_paths_stay_whole() -> None:
    for width in range(1, len(SAID) + 2):
        lines = folded(SAID, width).split("\n")
        assert " ".join(lines) == SAID
        assert any("'guardian share board-election'" in line for line in lines)
        assert all(len(line) <= width or " " not in line or "'guardian" in line for line in lines)


def test_lines_that_fit_are_left_as_they_are() -> None:
    shown = "    a  b   c\n\n    d\n"
    assert folded(shown, 12) == shown
