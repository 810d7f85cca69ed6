"""Commands that need packages of an extra say so where it is not installed; nothing else needs them."""

import subprocess
import sys

import pytest

BLOCKED = "import sys; sys.modules.update(dict.fromkeys(({}), None)); from e2evote.cli import main; main()"
EXTRA = "'sqlalchemy', 'alembic', 'urllib3', 'starlette', 'phonenumbers', 'email_validator',"


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", BLOCKED.format(EXTRA), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def test_the_list_of_commands() -> None:
    done = run("--help")
    assert done.returncode == 0, done.stderr
    assert "verify" in done.stdout
    assert "pip install 'e2evote[board]'" in " ".join(done.stdout.split())


@pytest.mark.parametrize(
    ("arguments", "extra"),
    [(["board", "status", "somewhere"], "board"), (["board", "--help"], "board"), (["roll", "check", "x.csv"], "web")],
)
def test_a_command_of_an_extra(arguments: list[str], extra: str) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    assert f"pip install 'e2evote[{extra}]'" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", ["verify", "bench", "demo", "record", "manifest", "election"])
def test_everything_else(command: str) -> None:
    assert run(command, "--help").returncode == 0
