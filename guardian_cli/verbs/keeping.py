"""``guardian backup``, ``restore``, ``import-decryptions``, ``check-key``, ``passphrase``, ``retire``: the key."""

from datetime import UTC, datetime
from pathlib import Path

import click

from e2evote.errors import CheckError
from e2evote.group.parameters import INSECURE_NAMES
from e2evote.messages.decrypting import DecryptionList
from e2evote.messages.envelope import write
from e2evote.messages.key_check import KEY_CHECK, prove_possession
from e2evote.messages.signing import SecretSigningKey
from e2evote.messages.transcript import read_lines
from e2evote.record.codec import parse
from e2evote.terminal.screen import say
from guardian_cli import restoring
from guardian_cli.asking import FILE, PATH, folder, known_passphrase, new_passphrase, passphrase_file, require
from guardian_cli.keystore.backup import Backup, make_backup
from guardian_cli.keystore.folder import make_private, write_private
from guardian_cli.keystore.paper import Caption, page
from guardian_cli.keystore.vault import Vault, timestamp
from guardian_cli.keystore.words import from_words
from guardian_cli.retiring import delete_sessions, delete_vault
from guardian_cli.verbs.beginning import only_line, open_invitation
from guardian_cli.verbs.looking import say_situation
from guardian_cli.verbs.opening import opened_vault
from guardian_cli.workspace import Workspace

_LARGEST_BACKUP = 2**20

backup_passphrase_file = click.option(
    "--backup-passphrase-file", "backup_secret", type=FILE, metavar="FILE",
    help="Read the backup's passphrase from this file; else you are asked.",
)  # fmt: skip


@click.command()
@folder
@click.option("--to", "target", type=PATH, metavar="DIR", help="Where to write it; by default FOLDER/backup.")
@passphrase_file
@backup_passphrase_file
def backup(root: Path, target: Path | None, secret: Path | None, backup_secret: Path | None) -> None:
    """Write a backup of your key: a file, and a page to print with the same as a QR code and as words.

    It is encrypted with a passphrase of its own, which may be the same. It holds your key only, and no memory of
    decryptions. Keep it away from this computer, and the passphrase away from the backup.

    For example:

        guardian backup board-election --to /media/usb
    """
    workspace = Workspace(root)
    with opened_vault(workspace, secret) as vault:
        long_term = vault.long_term
        passphrase = new_passphrase(backup_secret, "the backup")
        made = make_backup(long_term, passphrase, vault.means.argon2, vault.means.rng)
        if target is None:
            make_private(target := root / "backup")
        if not target.is_dir():
            raise CheckError(f"{target}: there is no such directory")
        name = f"guardian-{workspace.i}-backup"
        caption = Caption(workspace.manifest.label, workspace.name, workspace.invitation.rehearsal)
        write_private(target / f"{name}.txt", made.text().encode() + b"\n")
        write_private(target / f"{name}.html", page(made, caption).encode())
        workspace.note(backed_up=True)
    say(f"The backup:            {target / name}.txt")
    say(f"To open and to print:  {target / name}.html")
    say("Print the page, then keep file and page in different safe places, away from this computer.")
    say_situation(workspace)


@click.command()
@click.argument("root", metavar="FOLDER", type=PATH)
@click.option("--invitation", "source", type=FILE, required=True, metavar="FILE", help="As the administrator has it.")
@click.option("--ceremony", "messages", type=FILE, required=True, multiple=True, metavar="FILE",
              help="The ceremony's messages as the administrator has them; may be several files.")  # fmt: skip
@click.option("--backup", "file", type=FILE, metavar="FILE", help="The backup's file, or what its QR code says.")
@click.option("--words", type=FILE, metavar="FILE", help="The words of the paper form, in a text file.")
@click.option("--insecure-parameters", "insecure", type=click.Choice(INSECURE_NAMES), metavar="NAME",
              help="The set that the election was begun with, if it is one that proves nothing.")  # fmt: skip
@passphrase_file
@backup_passphrase_file
def restore(
    root: Path,
    source: Path,
    messages: tuple[Path, ...],
    file: Path | None,
    words: Path | None,
    insecure: str | None,
    secret: Path | None,
    backup_secret: Path | None,
) -> None:
    """Make FOLDER anew from a backup, on another computer for example.

    What the lost folder knew of decryptions is lost: you take part only in decryptions that begin from now on, and
    first import the published list of those that went before. Never do this while the old folder is still in use.

    For example:

        guardian restore again --invitation invitation.json --ceremony messages.ndjson --backup guardian-2-backup.txt
    """
    found = _backup(file, words)
    group, invitation = open_invitation(source, insecure)
    held = restoring.held_ceremony(group, invitation, [line for path in messages for line in read_lines(path)])
    opening = known_passphrase(backup_secret, "The backup's passphrase")
    workspace = restoring.restore(root, held, found, opening, lambda: new_passphrase(secret, "the new folder"))
    say(f"Guardian {workspace.i}, {workspace.name}: the backup belongs to this election, and the key is complete.")
    say_situation(workspace)


@click.command("import-decryptions")
@folder
@click.option("--list", "source", type=FILE, required=True, metavar="FILE", help="The administrator's list.")
@click.option("--compared", is_flag=True, help="You have asked the other guardians; else you are asked.")
@passphrase_file
def import_decryptions(root: Path, source: Path, compared: bool, secret: Path | None) -> None:
    """Take in the list of decryptions that went before a restored folder.

    For example:

        guardian import-decryptions again --list decryptions.json
    """
    workspace = Workspace(root)
    published = parse(DecryptionList, only_line(source), str(source))
    say(f"{len(published.plans)} decryptions were asked for:")
    for plan in published.plans:
        say(f"    {plan.attempt}: {plan.subject}, begun {plan.begun}, guardians {', '.join(map(str, plan.available))}")
    with opened_vault(workspace, secret) as vault:
        require("Have the other guardians told you that they know of no other?", compared, "--compared")
        restoring.import_decryptions(workspace, vault, published)
    say_situation(workspace)


@click.command("check-key")
@folder
@passphrase_file
def check_key(root: Path, secret: Path | None) -> None:
    """Show that you still have your key and its passphrase, without touching a ballot.

    For example:

        guardian check-key board-election
    """
    workspace = Workspace(root)
    with opened_vault(workspace, secret) as vault:
        _require_confirmed(vault)
        guardians, now = workspace.guardian_record.guardians, timestamp(datetime.now(UTC))
        check = prove_possession(workspace.exchange, workspace.election, guardians, vault.shares, now, vault.means.rng)
        message = write(workspace.exchange, KEY_CHECK, SecretSigningKey(vault.identity), workspace.i, check)
        workspace.transcript.add([message])
        path = workspace.hand_over("key-check", [message])
    say("Your key is complete and belongs to the election.")
    say(f"To hand over to the administrator: {path}")


@click.command()
@folder
@passphrase_file
@click.option("--new-passphrase-file", "new", type=FILE, metavar="FILE", help="Read the new one from this file.")
def passphrase(root: Path, secret: Path | None, new: Path | None) -> None:
    """Choose another passphrase. Old copies of the folder, and backups, still open with the old one.

    For example:

        guardian passphrase board-election
    """
    workspace = Workspace(root)
    with opened_vault(workspace, secret) as vault:
        vault.change_passphrase(new_passphrase(new, "your key"))
    say("The passphrase is changed.")


@click.command()
@folder
@click.option("--yes", is_flag=True, help="You are sure; else you are asked.")
@passphrase_file
def retire(root: Path, yes: bool, secret: Path | None) -> None:
    """Destroy your secrets of this election, when everything is decrypted and nobody will ask again.

    What was said stays. A disk may keep what was deleted, and backups have to be destroyed by hand.

    For example:

        guardian retire board-election
    """
    workspace = Workspace(root)
    if not workspace.retired:
        with opened_vault(workspace, secret):
            n, k = workspace.ceremony.n, workspace.ceremony.k
            say(f"Without {k} of the {n} guardians nothing of election {workspace.manifest.label!r} can be decrypted.")
            require("Destroy your key for ever?", yes, "--yes")
            delete_vault(workspace)
    delete_sessions(workspace)
    say("Your key is gone from this folder. Now destroy its backups, on paper too.")


def _require_confirmed(vault: Vault) -> None:
    if vault.h_e is None:
        raise CheckError("the key ceremony is not over; 'guardian status' says what is missing")


def _backup(file: Path | None, words: Path | None) -> Backup:
    match file, words:
        case Path(), None:
            return Backup.of_text(_text(file), str(file))
        case None, Path():
            return from_words(_text(words), str(words))
    raise click.UsageError("give either --backup or --words")


def _text(path: Path) -> str:
    if path.stat().st_size > _LARGEST_BACKUP:
        raise CheckError(f"{path}: too large for a backup")
    return path.read_bytes().decode(errors="replace")
