"""A rehearsal from both sides: the guardians' program and the administrator's, each with its one command."""

import shutil
from pathlib import Path

from click.testing import CliRunner

from e2evote.cli import main as administrator
from guardian_cli.main import main as guardian
from tests.builders import TOY, manifest_bytes
from tests.guardian_cli.program import PASSPHRASE

NAMES = ("نسرین", "Bahram")


def run(program: object, *arguments: object, code: int = 0) -> str:
    result = CliRunner().invoke(program, [str(argument) for argument in arguments])
    assert result.exit_code == code, result.output
    return result.output


def test_the_whole_of_it(tmp_path: Path) -> None:
    """It needs an answered invitation to the election, and touches nothing of it."""
    club, secret = tmp_path / "club", tmp_path / "passphrase"
    (tmp_path / "manifest.json").write_bytes(manifest_bytes())
    secret.write_text(PASSPHRASE)
    secret.chmod(0o600)
    names = [part for name in NAMES for part in ("--guardian", name)]
    about = ("--manifest", tmp_path / "manifest.json", "--quorum", 2, "--insecure-parameters", TOY)
    run(administrator, "ceremony", "invite", club, *about, *names)
    folders = [tmp_path / f"guardian-{i}" for i in (1, 2)]
    for i, folder in enumerate(folders, 1):
        answer = ("--invitation", club / "ceremony" / "invitation.json", "--guardian", i)
        run(guardian, "init", folder, *answer, "--insecure-parameters", TOY, "--passphrase-file", secret)
    before = {path: path.read_bytes() for folder in folders for path in folder.rglob("*") if path.is_file()}

    assert "--rehearsal" in run(administrator, "ceremony", "rehearse", club)
    invitation = club / "rehearsal" / "ceremony" / "outbox" / "0-invitation.json"
    missing = run(guardian, "rehearse", folders[0], "--passphrase-file", secret, code=2)
    assert "no rehearsal has begun" in missing
    refused = ("--invitation", club / "ceremony" / "invitation.json", "--passphrase-file", secret)
    assert "not to a rehearsal" in run(guardian, "rehearse", folders[0], *refused, code=2)
    for folder in folders:
        shown = run(guardian, "rehearse", folder, "--invitation", invitation, "--passphrase-file", secret)
        assert "REHEARSAL" in shown
    shown, record = "", club / "rehearsal" / "record.zip"
    for _ in range(8):
        shown = run(administrator, "ceremony", "rehearse", club, *(f / "rehearsal" / "outbox" for f in folders))
        if "The rehearsal is over" in shown:
            break
        for folder in folders:
            for room in ("ceremony", "decryption"):
                if (sent := club / "rehearsal" / room / "outbox").exists():
                    shutil.copytree(sent, folder / "rehearsal" / "inbox", dirs_exist_ok=True)
            given = ("--record", record) if record.exists() else ()
            told = run(guardian, "rehearse", folder, "--yes", "--passphrase-file", secret, *given)
            assert "$ guardian" in told
    assert "VALID" in shown
    assert "Kebab" in shown or "kebab" in shown
    assert all(path.read_bytes() == data for path, data in before.items())


def test_only_among_the_same_guardians(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_bytes(manifest_bytes())
    (tmp_path / "passphrase").write_text(PASSPHRASE)
    (tmp_path / "passphrase").chmod(0o600)
    about = ("--manifest", tmp_path / "manifest.json", "--quorum", 1, "--insecure-parameters", TOY)
    run(administrator, "ceremony", "invite", tmp_path / "club", *about, "--guardian", "Nasrin")
    run(administrator, "ceremony", "invite", tmp_path / "other", *about, "--guardian", "Bahram", "--rehearsal")
    secret = ("--passphrase-file", tmp_path / "passphrase")
    invitations = [tmp_path / name / "ceremony" / "invitation.json" for name in ("club", "other")]
    answer = ("--invitation", invitations[0], "--guardian", 1, "--insecure-parameters", TOY, *secret)
    run(guardian, "init", tmp_path / "folder", *answer)
    shown = run(guardian, "rehearse", tmp_path / "folder", "--invitation", invitations[1], *secret, code=2)
    assert "not among the guardians of this election" in shown
    assert not (tmp_path / "folder" / "rehearsal").exists()
