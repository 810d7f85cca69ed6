"""A backup that is made while people vote, put back on a new folder, loses no vote that was acknowledged before."""

import shutil
import tarfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest

from e2evote.board.log import Board
from e2evote.errors import CheckError, ParseError
from e2evote.workspace.backup import back_up, put_back
from tests.cli.conftest import run
from tests.web.booth.booths import BoothServer, Clock, Encrypted, Voter, inside


def test_a_backup_while_people_vote(directory: Path, ready: list[Encrypted], tmp_path: Path) -> None:
    acknowledged: list[str] = []
    half, made = Event(), Event()

    def vote(number: int) -> None:
        voter = Voter(server.url, directory)
        voter.sign_in(number)
        if number == 7:
            assert made.wait(120)  # whoever votes after the backup is not in it
        voter.vote(ready[number - 1])
        acknowledged.append(ready[number - 1].code)
        if len(acknowledged) == 2:
            half.set()
        voter.close()

    data, keys = tmp_path / "data.tar", tmp_path / "keys.tar"
    with BoothServer(directory) as server, ThreadPoolExecutor(3) as pool:
        voters = [pool.submit(vote, number) for number in range(1, 8)]
        assert half.wait(60)
        before = list(acknowledged)
        run("backup", "make", directory, "--data", data, "--keys", keys)
        made.set()
        for done in voters:
            done.result()
    assert {path.stat().st_mode & 0o777 for path in (data, keys)} == {0o600}

    restored = tmp_path / "again"
    shown = run("backup", "restore", restored, "--data", data, "--keys", keys).stdout
    with Board.open(restored / "board") as board, board.reading() as view:
        assert f"a board of {view.size} entries" in shown
    with BoothServer(restored) as server:  # it compares the board with the roll, and refuses where they differ
        anybody = Voter(server.url, restored)
        for code in before:
            assert anybody.ask("GET", f"/lookup/{code}").json["status"] is not None
        number = next(n for n in range(1, 8) if ready[n - 1].code == before[0])
        again = Voter(server.url, restored)
        assert again.sign_in(number)["voted"]
        assert again.refused("begin") == "has-voted"
        other = Voter(server.url, restored)
        other.sign_in(8)
        other.vote(ready[7])
        for voter in (anybody, again, other):
            voter.close()


def test_keys_are_apart_and_nothing_deleted_is_in_it(directory: Path, tmp_path: Path) -> None:
    data, keys = tmp_path / "data.tar", tmp_path / "keys.tar"
    back_up(directory, data, keys)
    with tarfile.open(data) as first, tarfile.open(keys) as second:
        names, secret = set(first.getnames()), set(second.getnames())
    assert {"private/people.key", "board/private/log.key", "private/parameters.json"} <= secret
    assert not any("private" in Path(name).parts for name in names - {"board/private/signed.json"})
    assert {"board/private/signed.json", "board/board.sqlite", "people/people.sqlite", "signin.json"} <= names
    assert not any(name.endswith(("-wal", "-shm", "/lock")) for name in names | secret)
    assert put_back(tmp_path / "again", data, keys).files == len(names | secret) - 2
    with inside(tmp_path / "again", Clock()) as client:
        assert client.get("/vote/en").status_code == 200


def test_what_is_refused(directory: Path, tmp_path: Path) -> None:
    data, keys = tmp_path / "data.tar", tmp_path / "keys.tar"
    with pytest.raises(CheckError, match="not an election's directory"):
        back_up(tmp_path, data, keys)
    with pytest.raises(CheckError, match="one file cannot be both"):
        back_up(directory, data, tmp_path / "club" / ".." / "data.tar")
    for inside_it in ((directory / "data.tar", keys), (data, directory / "private" / "keys.tar")):
        with pytest.raises(CheckError, match="keep backups elsewhere"):
            back_up(directory, *inside_it)
    assert not data.exists()
    back_up(directory, data, keys)
    assert "already" in run("backup", "make", directory, "--data", data, "--keys", keys, code=2).stderr
    with pytest.raises(ParseError, match="not an archive of an election's keys"):
        put_back(tmp_path / "again", data, data)
    with pytest.raises(CheckError, match="not empty"):
        put_back(directory, data, keys)
    data.write_bytes(data.read_bytes()[:2000])
    with pytest.raises(ParseError):
        put_back(tmp_path / "again", data, keys)
    assert not (tmp_path / "again").exists()


@pytest.mark.parametrize("name", ["../outside", "/tmp/outside", "people/link"])
def test_an_archive_reaches_nothing_outside(name: str, directory: Path, tmp_path: Path) -> None:
    data, keys, evil = tmp_path / "data.tar", tmp_path / "keys.tar", tmp_path / "evil.tar"
    back_up(directory, data, keys)
    with tarfile.open(evil, "w") as tar:
        tar.addfile(tarfile.TarInfo("e2evote-backup-data"))
        entry = tarfile.TarInfo(name)
        if name == "people/link":
            entry.type, entry.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(entry)
    with pytest.raises(ParseError, match="does not belong"):
        put_back(tmp_path / "again", evil, keys)
    assert not (tmp_path / "again").exists()


def test_keys_of_another_election_do_not_open_it(directory: Path, tmp_path: Path) -> None:
    data, keys, others = tmp_path / "data.tar", tmp_path / "keys.tar", tmp_path / "other"
    back_up(directory, data, keys)
    shutil.copytree(directory, others)
    (others / "private" / "people.key").write_bytes((directory / "board" / "private" / "log.key").read_bytes())
    back_up_keys = tmp_path / "other-keys.tar"
    with pytest.raises((CheckError, ParseError)):
        back_up(others, tmp_path / "x.tar", back_up_keys)
    assert not back_up_keys.exists()
