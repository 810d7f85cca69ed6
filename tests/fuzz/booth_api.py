"""Send a booth what ``schemas/booth_api.json`` allows and forbids, with schemathesis: ``make fuzz-booth``.

Somebody is signed in, so that calls are looked at beyond the session. What must never happen is a server error, or an
answer that is not what the description says. That whole ballots and right codes are not made up is expected.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from tests.web.booth.booths import BoothServer, Voter, make_booth

SCHEMA = Path(__file__).resolve().parents[2] / "schemas" / "booth_api.json"
PROGRAM = Path(sys.executable).with_name("st")
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"


def main(examples: int) -> int:
    """Run it against a server of its own, and return how the process should exit."""
    with tempfile.TemporaryDirectory() as folder:
        directory = make_booth(Path(folder) / "club")
        with BoothServer(directory) as server:
            voter = Voter(server.url, directory)
            voter.sign_in(1)
            voter.done("begin")
            voter.close()
            cookie = f"Cookie: session={voter.cookies['session']}"
            command = [str(PROGRAM), "run", str(SCHEMA), "--url", server.url, "-H", cookie]
            options = ["--checks", CHECKS, "--max-examples", str(examples), "--phases", "coverage,fuzzing"]
            code = subprocess.run([*command, *options], check=False).returncode
            log = [line for line in server.end().splitlines() if "outbox" not in line]
    print("the server's log:", *log, sep="\n")
    return code


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
