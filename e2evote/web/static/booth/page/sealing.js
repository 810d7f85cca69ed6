// Encrypting a ballot in the page and handing it in, whole and without a choice of what becomes of it.

import { toHex } from "../crypto/bytes.js";
import { encryptBallot } from "../crypto/encryption.js";
import { SYSTEM } from "../crypto/randomness.js";
import { guard } from "./guard.js";
import { take } from "./parsing.js";
import { pause } from "./pause.js";
import { Progress } from "./progress.js";
import { sha256, verifyBallotReceipt } from "./receipts.js";

/** @typedef {import("./ballot.js").Ballot} Ballot */
/** @typedef {import("./booth.js").Booth} Booth */
/** @typedef {import("./receipts.js").Receipt} Receipt */
/** @typedef {import("./receipts.js").Sealed} Sealed */
/** @typedef {{ sealed: Sealed, receipt: Receipt, note: string }} Committed a ballot that is on the board, and its receipt */

/** Encrypt a ballot and have it on the board, with a receipt that was verified.
 * @param {Booth} booth @param {Ballot} ballot @returns {Promise<Committed>}
 */
export async function seal(booth, ballot) {
  const { api, election, screens } = booth;
  const progress = new Progress(booth, "sealing", 4);
  await pause(); // the page is drawn before the tables are built, which takes a moment
  const sealed = await encrypt(booth, ballot, progress);
  guard();
  booth.undecided = true; // from here on it may be on the board, whether an answer comes or not
  progress.reach(2, "handing_in");
  const body = { ballot: sealed.ballot, commitments: sealed.commitments };
  const answer = await screens.insist(() => api.post("commit", body));
  progress.reach(3, "verifying_receipt");
  const note = take(answer, "receipt", "string");
  const receipt = await verifyBallotReceipt(note, election.policy, sealed);
  booth.startBallotClock(answer);
  progress.reach(4);
  return { sealed, receipt, note };
}

/** @param {Booth} booth @param {Ballot} ballot @param {Progress} progress @returns {Promise<Sealed>} */
async function encrypt(booth, ballot, progress) {
  const { clock, election, turn } = booth;
  const plaintext = ballot.plaintext(turn?.weight ?? 1);
  const step = async (/** @type {number} */ done, /** @type {number} */ total) => {
    progress.reach((2 * done) / total, "encrypting");
    await pause();
  };
  const made = await encryptBallot(election.encryption, election.device, plaintext, clock.stamp, step);
  const [cast, challenge] = [SYSTEM.bytes(32), SYSTEM.bytes(32)];
  return {
    ballot: made.ballot,
    code: toHex(made.code),
    nonce: made.nonce,
    secrets: { cast: toHex(cast), challenge: toHex(challenge) },
    commitments: { cast: await sha256(cast), challenge: await sha256(challenge) },
  };
}
