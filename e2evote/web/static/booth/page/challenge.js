// Challenging: the ballot is opened for everybody, and a second device tells whether it holds what was chosen.

import { fromHex, toHex } from "../crypto/bytes.js";
import { openBallot } from "../crypto/opening.js";
import { Refused } from "./api.js";
import { picture } from "./choice.js";
import { codeElement, element } from "./dom.js";
import { unguard } from "./guard.js";
import { startElectionClock } from "./landing.js";
import { take } from "./parsing.js";
import { Progress } from "./progress.js";
import { verifyOpenedReceipt, verifyStatusReceipt } from "./receipts.js";

/** @typedef {import("./booth.js").Booth} Booth */
/** @typedef {import("./sealing.js").Committed} Committed */

/** Challenge a ballot, after a warning.
 * @param {Booth} booth @param {Committed} committed
 * @returns {Promise<string | null>} null when it is done, else what the voter is told, if anything
 */
export async function challenge(booth, committed) {
  if (!(await confirmed(booth))) return "";
  try {
    await open(booth, committed);
  } catch (error) {
    if (!(error instanceof Refused && error.reason === "no-more-challenges")) throw error;
    return booth.explain(error);
  }
  await showOpened(booth, committed);
  return null;
}

/** @param {Booth} booth */
async function confirmed({ election, screens, texts, turn }) {
  const left = turn?.challenges_left ?? 0;
  const screen = screens.show("challenge", (screen) => {
    screen.fill("left", texts.say("challenges_left", { left, all: election.challenges }));
  });
  return (await screen.answer()) === "confirm";
}

/** Have it challenged on the board, and publish what it holds.
 * @param {Booth} booth @param {Committed} committed
 */
async function open(booth, { sealed, receipt }) {
  const { api, election, screens } = booth;
  const progress = new Progress(booth, "opening", 4);
  screens.hold();
  try {
    progress.reach(1, "challenging");
    const body = { confirmation_code: sealed.code, secret: sealed.secrets.challenge };
    const answer = await screens.insist(() => api.post("challenge", body));
    await verifyStatusReceipt(take(answer, "receipt", "string"), election.policy, sealed, "challenged");
    progress.reach(2, "opening_ballot");
    booth.undecided = false;
    booth.clock.stop("ballot");
    const entry = /** @type {Record<string, any>} */ (receipt.entry);
    const opened = await openedBallot(election, sealed, entry.position);
    const published = await screens.insist(() => api.post("open", { opened }));
    progress.reach(3, "verifying_receipt");
    await verifyOpenedReceipt(take(published, "receipt", "string"), election.policy, opened);
    progress.reach(4);
    unguard();
  } finally {
    screens.release();
  }
}

/** Return what is published of a challenged ballot: every value with its nonce, and never ξ_B.
 * @param {import("./election.js").BoothElection} election @param {import("./receipts.js").Sealed} sealed
 * @param {number} position that the board gave it
 */
export async function openedBallot({ encryption, device, group, manifest }, { ballot, code, nonce }, position) {
  const contests = await openBallot(encryption, device, ballot, fromHex(code), nonce);
  return {
    device: device.device,
    position,
    confirmation_code: code,
    contests: contests.map(({ index, values, nonces, data }) => {
      const contest = manifest.contests[index - 1];
      const labels = [...contest.options.map(({ label }) => label), ...(contest.supplemental_fields ?? [])];
      const options = values.map((selection, i) => {
        return { index: i + 1, label: labels[i], selection, nonce: toHex(group.scalar(nonces[i])) };
      });
      const contest_data = data && { nonce: toHex(group.scalar(data.nonce)), data: toHex(data.bytes) };
      return { index, label: contest.label, options, ...(contest_data ? { contest_data } : {}) };
    }),
  };
}

/** Show how the ballot is checked on a second device, until the voter starts anew.
 * @param {Booth} booth @param {Committed} committed
 */
async function showOpened(booth, { sealed }) {
  const { clock, screens, texts } = booth;
  clock.stop("election"); // the end of voting does not take the codes away
  const nonce = toHex(sealed.nonce);
  const checker = `${location.origin}/vote/checker.html`;
  const screen = screens.show("opened", (screen) => {
    screen.fill("checker", element("bdi", { dir: "ltr", translate: "no" }, checker));
    screen.fill("qr", picture(`E2E1:${sealed.code}:${nonce}`, texts.say("qr_of_challenge")));
    screen.fill("code", codeElement(sealed.code));
    screen.fill("nonce", codeElement(nonce));
    const link = { href: `/ballot/${sealed.code}?lang=${texts.tag}`, target: "_blank", rel: "noopener" };
    screen.fill("link", element("a", link, texts.say("public_page")));
  });
  await screen.answer();
  startElectionClock(booth);
}
