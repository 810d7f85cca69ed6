"""Running a command in this process."""

from click.testing import CliRunner, Result

from e2evote.cli import main


def run(*arguments: object, code: int = 0) -> Result:
    """Run a command and expect an exit code; a traceback is never expected."""
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert result.exit_code == code, f"{arguments}: exit code {result.exit_code}\n{result.output}\n{result.exception!r}"
    assert result.exception is None or isinstance(result.exception, SystemExit)
    assert "Traceback" not in result.output
    return result
