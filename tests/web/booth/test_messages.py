"""``e2evote message``, and the server that carries what waits."""

import json
import time
from collections import Counter
from pathlib import Path

from e2evote.election.people.database import People
from e2evote.election.signin.gateways.configured import OUTBOX
from e2evote.election.signin.gateways.outbox import Outbox
from tests.cli.conftest import run
from tests.web.booth.booths import BoothServer, members


def test_an_invitation_and_a_reminder(directory: Path, tmp_path: Path) -> None:
    settings = json.loads((directory / "booth.json").read_text())
    (directory / "booth.json").write_text(json.dumps(settings | {"url": "https://vote.example.org"}))
    shown = run("message", "write", directory, "invitation", "--lang", "fa", "--show").stdout
    assert "https://vote.example.org/" in shown
    assert "زمان رأی‌گیری: از" in shown
    assert "20 messages wait" in run("message", "write", directory, "invitation", "--lang", "fa").stdout
    assert "20 messages were looked at" in run("message", "send", directory).stdout
    sent = Outbox(directory / OUTBOX).messages()
    assert Counter(message["to"] for message in sent) == Counter(f"+98{one['mobile'][1:]}" for one in members())
    assert {message["text"] for message in sent} == {shown.strip()}
    (told,) = json.loads(run("message", "status", directory, "--json").stdout)
    assert (told["kind"], told["language"], told["deliveries"]["sent"]) == ("invitation", "fa", 20)
    assert "invitation" in run("message", "status", directory).stdout
    number = members()[2]["member_number"]
    (one,) = json.loads(run("message", "status", directory, "--member", number, "--json").stdout)
    assert sum(one["deliveries"].values()) == one["deliveries"]["sent"] == 1
    assert "nobody in the roll" in run("message", "status", directory, "--member", "999999", code=2).stderr
    assert "0 messages wait again" in run("message", "again", directory, told["campaign"][:8]).stdout
    assert "0 campaigns are called so" in run("message", "again", directory, "FF", code=2).stderr
    again = run("message", "write", directory, "invitation", code=2).stderr
    assert "less than 6 hours ago" in again
    notice = tmp_path / "notice.txt"
    notice.write_text("{election}: voting is extended to {closes}")
    assert "a notice has no text of its own" in run("message", "write", directory, "notice", code=2).stderr
    run("message", "write", directory, "notice", "--text", notice)


def test_the_server_carries_what_waits(directory: Path) -> None:
    with BoothServer(directory) as server:
        settings = json.loads((directory / "booth.json").read_text())
        assert settings["url"] == "" or server.url
        refused = run("message", "write", directory, "invitation", code=2).stderr
        assert "without a url there is no link" in refused
        notice = directory / "notice.txt"
        notice.write_text("{election}: tomorrow")
        run("message", "write", directory, "notice", "--text", notice)
        for _ in range(200):
            (told,) = json.loads(run("message", "status", directory, "--json").stdout)
            if told["deliveries"]["sent"] == 20:
                break
            time.sleep(0.05)
        assert told["deliveries"]["sent"] == 20
        assert "another process is sending" in run("message", "send", directory, code=2).stderr


def test_an_older_roll_is_brought_up_to_date(directory: Path) -> None:
    assert "nothing to do" in run("roll", "upgrade", directory).stdout
    with People.open(directory) as people, people.writing() as access:
        for statement in (
            "DROP TABLE deliveries",
            "DROP TABLE campaigns",
            "UPDATE alembic_version SET version_num = '0001'",
        ):
            access.connection.exec_driver_sql(statement)
    assert "'e2evote roll upgrade'" in run("message", "status", directory, code=2).stderr
    assert "brought up to date" in run("roll", "upgrade", directory).stdout
    assert json.loads(run("message", "status", directory, "--json").stdout) == []
