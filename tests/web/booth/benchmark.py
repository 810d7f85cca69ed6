"""How long a ballot takes in Chromium: the example election of an association, 4096 bits, tables of g, K and K̂ too.

    make bench-page

prints one line, and fails where even the fastest takes longer than 300 ms. A ballot has 24, 9 and 6 candidates for 7, 3
and 1 seats and contest data; what is measured is what the page does after "Encrypt my ballot": tables are built anew
every time, and the browser gets a breath after every contest.
"""

import json
import sys

from e2evote.bench.workload import association
from e2evote.encoding import hex_of
from e2evote.group.parameters import group_named
from e2evote.record.codec import dump
from tests.web.booth.files_in_chromium import repository_page
from tests.web.browser import chromium

ROUNDS = 15
GOAL = 300
"""Milliseconds."""

_MEASURE = """async ({ rounds, manifest, plaintext, h_e, K, K_hat }) => {
  const crypto = "/e2evote/web/static/booth/crypto";
  const { Election, encryptBallot } = await import(`${crypto}/encryption.js`);
  const { STANDARD } = await import(`${crypto}/parameters.js`);
  const { fromHex } = await import(`${crypto}/bytes.js`);
  const { pause } = await import("/e2evote/web/static/booth/page/pause.js");
  const device = { device: 1, h_di: fromHex(h_e) };
  const found = [];
  for (let round = 0; round < rounds; round++) {
    const begun = performance.now();
    const [data, other] = [STANDARD.parseElement(K), STANDARD.parseElement(K_hat)];
    const election = new Election(STANDARD, manifest, fromHex(h_e), data, other);
    const tables = performance.now() - begun;
    await encryptBallot(election, device, plaintext, "2026-12-01T09:30:00Z", pause);
    found.push({ tables, whole: performance.now() - begun });
  }
  return found;
}"""


def measure(rounds: int = ROUNDS) -> list[dict[str, float]]:
    """Return milliseconds for the tables, and for tables and ballot, round by round."""
    workload, group = association(1), group_named("standard-4096")
    manifest = json.loads(workload.manifest_bytes)
    plaintext = json.loads(dump(workload.ballots[0]))
    keys = (hex_of(int(pow(int(group.generator), power, int(group.p))).to_bytes(512, "big")) for power in (5, 7))
    K, K_hat = keys
    given = {"rounds": rounds, "manifest": manifest, "plaintext": plaintext, "h_e": "5A" * 32, "K": K, "K_hat": K_hat}
    with chromium() as browser, repository_page(browser) as page:
        found: list[dict[str, float]] = page.evaluate(_MEASURE, given)
    return found


def main() -> None:
    """Print the figures; fail where even the fastest ballot takes longer than it may."""
    found = sorted(measure(), key=lambda one: one["whole"])
    fastest, median = found[0], found[len(found) // 2]
    print(
        f"a ballot of 39 options in 3 contests in Chromium, {len(found)} times: fastest {fastest['whole']:.0f} ms, "
        f"of it tables {fastest['tables']:.0f} ms; median {median['whole']:.0f} ms"
    )
    if fastest["whole"] > GOAL:  # the median counts as well what else the machine does
        sys.exit(f"more than {GOAL} ms")


if __name__ == "__main__":
    main()
