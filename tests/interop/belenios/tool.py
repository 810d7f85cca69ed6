"""Elections made by ``belenios-tool``, which Debian packages: ``python -m tests.interop.belenios.tool FOLDER``.

Version 2.0 knows fields of integers only. Every election has one mandatory trustee, two of three others who decrypt,
blank votes, voters who vote again and, where that is asked for, weights.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

TOOL = shutil.which("belenios-tool")
QUESTIONS: list[Any] = [
    {"answers": ["A", "B"], "min": 0, "max": 1, "question": "Which?"},
    {"answers": ["C", "D"], "blank": True, "min": 1, "max": 2, "question": "Or which?"},
]
OTHER: list[Any] = [
    QUESTIONS[0],
    {"type": "NonHomomorphic", "value": {"answers": ["E", "F", "G"], "question": "In which order?"}},
]
WEIGHTS = (3, 2, 1, 1, 1)
VOTES = [
    (0, [[1, 0], [1, 0, 0]]),
    (1, [[1, 0], [0, 1, 0]]),
    (2, [[0, 1], [0, 1, 1]]),
    (3, [[1, 0], [1, 0, 0]]),
    (4, [[0, 0], [0, 1, 0]]),
    (0, [[0, 1], [0, 0, 1]]),
    (1, [[1, 0], [1, 0, 0]]),
]
"""Voter and choices, of the second question first whether the vote is blank; voters 0 and 1 vote twice."""
OTHER_VOTES = [(voter, [rows[0], [1 + voter, 2, 3]]) for voter, rows in VOTES]


class Election:
    """One election, in a folder of its own."""

    def __init__(self, folder: Path, group: str) -> None:
        self.folder, self.group = folder, ["--group", group]
        folder.mkdir(parents=True)

    def tool(self, *words: str, given: str = "") -> str:
        """Run the tool in the folder and return what it prints."""
        if TOOL is None:
            raise FileNotFoundError("belenios-tool is not installed")
        environment = {**os.environ, "BELENIOS_USE_URANDOM": "1"}
        done = subprocess.run(
            [TOOL, *words], cwd=self.folder, input=given, capture_output=True, text=True, check=False, env=environment
        )
        if done.returncode:
            raise RuntimeError(f"belenios-tool {' '.join(words)}: {done.stderr}")
        return done.stdout

    def write(self, name: str, text: str) -> str:
        (self.folder / name).write_text(text)
        return name

    def take(self, pattern: str) -> Path:
        (found,) = self.folder.glob(pattern)
        return found

    def credentials(self, uuid: str, weighted: bool) -> list[str]:
        """Have credentials made and return the private ones, voter by voter."""
        lines = [
            f"voter{number}@example.org,voter{number},{weight}" if weighted else f"voter{number}@example.org"
            for number, weight in enumerate(WEIGHTS)
        ]
        self.write("voters.txt", "\n".join(lines) + "\n")
        self.tool("setup", "generate-credentials", "--uuid", uuid, *self.group, "--file", "voters.txt")
        self.take("*.pubcreds").rename(self.folder / "public_creds.json")
        pairs = (line.rsplit(" ", 1) for line in self.take("*.privcreds").read_text().splitlines())
        private = dict(pairs)  # type: ignore[arg-type]
        return [private[line] for line in lines]

    def trustees(self) -> list[str]:
        """Have keys made, of two among three and of a mandatory one, and return the names of the three."""

        def step(*words: str, given: str = "") -> str:
            return self.tool("setup", "generate-trustee-key-threshold", *self.group, *words, given=given)

        for _ in range(3):
            step("--step", "1")
        names = sorted(path.stem for path in self.folder.glob("*.cert"))
        certs = ("--certs", self.write("certs.jsons", self._all(names, "cert")))
        step(*certs, "--step", "2")
        polynomials = [step(*certs, "--key", f"{name}.key", "--step", "3", "--threshold", "2") for name in names]
        given = ("--polynomials", self.write("polynomials.jsons", "".join(polynomials)))
        step(*certs, "--step", "4", *given)
        outputs = [
            step(*certs, "--key", f"{name}.key", "--step", "5", given=(self.folder / f"{name}.vinput").read_text())
            for name in names
        ]
        self.write("threshold.json", step(*certs, "--step", "6", *given, given="".join(outputs)))
        self.tool("setup", "generate-trustee-key", *self.group)
        self.write("public_keys.jsons", self.take("*.pubkey").read_text())
        self.tool("setup", "make-trustees")
        return names

    def _all(self, names: list[str], ending: str) -> str:
        return "".join((self.folder / f"{name}.{ending}").read_text() for name in names)

    def event(self, kind: str, payload: str = "") -> None:
        self.tool("archive", "add-event", f"--type={kind}", given=payload)

    def vote(self, credential: str, choices: Any) -> None:
        words = ("--privcred", self.write("credential", credential + "\n"))
        ballot = ("--ballot", self.write("choices", json.dumps(choices)))
        self.event("Ballot", self.tool("election", "generate-ballot", *words, *ballot))

    def decrypt(self, names: list[str]) -> None:
        """Have the last two of three trustees decrypt, and the mandatory one."""
        for owner, name in list(enumerate(names, 2))[1:]:
            keys = ("--key", f"{name}.key", "--decryption-key", f"{name}.dkey", "--trustee-id", str(owner))
            self.event("PartialDecryption", self.tool("election", "decrypt-threshold", *keys))
        keys_of_one = ("--privkey", self.take("*.privkey").name, "--trustee-id", "1")
        self.event("PartialDecryption", self.tool("election", "decrypt", *keys_of_one))

    def run(self, questions: list[Any], votes: list[Any], weighted: bool) -> Path:
        """Hold the election and return its archive."""
        uuid = self.tool("setup", "generate-token").strip()
        private = self.credentials(uuid, weighted)
        names = self.trustees()
        template = self.write(
            "template.json", json.dumps({"description": "", "name": "An election", "questions": questions})
        )
        self.tool("setup", "make-election", "--uuid", uuid, *self.group, "--template", template)
        self.tool("archive", "init")
        for voter, choices in votes:
            self.vote(private[voter], choices)
        self.event("EndBallots")
        self.event("EncryptedTally", self.tool("election", "compute-encrypted-tally"))
        if questions == OTHER:
            for owner in (1, 2):
                self.event("Shuffle", self.tool("election", "shuffle", f"--trustee-id={owner}"))
            self.event("EndShuffles")
        self.decrypt(names)
        self.event("Result", self.tool("election", "compute-result"))
        self.tool("election", "verify")
        return self.take("*.bel")


def make(folder: Path) -> dict[str, Path]:
    """Make three elections and return their archives by name."""
    elections = {
        "weights": ("BELENIOS-2048", QUESTIONS, VOTES, True),
        "no-weights": ("BELENIOS-2048", QUESTIONS, VOTES, False),
        "shuffled": ("RFC-3526-2048", OTHER, OTHER_VOTES, False),
    }
    made = {}
    for name, (group, questions, votes, weighted) in elections.items():
        archive = Election(folder / f"{name}.making", group).run(questions, votes, weighted)
        made[name] = archive.rename(folder / f"{name}.bel")
    return made


if __name__ == "__main__":
    if TOOL is None:
        sys.exit("belenios-tool is not installed: 'make system-packages' does it")
    target = Path(sys.argv[1])
    if target.exists():
        shutil.rmtree(target)
    for path in make(target).values():
        print(path)
