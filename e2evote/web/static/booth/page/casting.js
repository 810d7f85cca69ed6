// Casting: a second one-time code, then one bar until the board has signed that the vote is in the ballot box.

import { Refused } from "./api.js";
import { enterCode, parseSent } from "./codes.js";
import { unguard } from "./guard.js";
import { take } from "./parsing.js";
import { Progress } from "./progress.js";
import { verifyStatusReceipt } from "./receipts.js";

/** @typedef {import("./booth.js").Booth} Booth */
/** @typedef {import("./sealing.js").Committed} Committed */
/** @typedef {import("./receipts.js").Receipt} Receipt */
/** @typedef {{ committed: Committed, receipt: Receipt, note: string }} Cast */

/** After these the voter may choose again, with the message. */
const BACK = ["too-often", "no-channel", "no-asking", "too-many-codes", "too-many-wrong"];

/** Cast a ballot, unless the voter goes back.
 * @param {Booth} booth @param {Committed} committed @returns {Promise<Cast | string>} a string says why it was not cast
 */
export async function cast(booth, committed) {
  const { api, screens } = booth;
  const confirmation_code = committed.sealed.code;
  try {
    const sent = parseSent(await screens.insist(() => api.post("code", { confirmation_code })));
    const done = await enterCode(booth, {
      purpose: "cast",
      sent,
      resend: ({ token }, channel) => api.post("code", { confirmation_code, token, channel }),
      enter: (token, code) => castWith(booth, committed, token, code),
    });
    return done ?? "";
  } catch (error) {
    if (!(error instanceof Refused && BACK.includes(error.reason))) throw error;
    return booth.explain(error);
  }
}

/** @param {Booth} booth @param {Committed} committed @param {string} token @param {string} code
 * @returns {Promise<Cast>}
 */
async function castWith(booth, committed, token, code) {
  const { api, election, screens } = booth;
  const { sealed } = committed;
  const progress = new Progress(booth, "casting", 3);
  progress.reach(1, "handing_over");
  const body = { confirmation_code: sealed.code, secret: sealed.secrets.cast, token, code };
  screens.hold(); // once the request is on its way, the server's clocks decide, not this page's
  try {
    const answer = await screens.insist(() => api.post("cast", body));
    progress.reach(2, "verifying_receipt");
    const note = take(answer, "receipt", "string");
    const receipt = await verifyStatusReceipt(note, election.policy, sealed, "cast");
    progress.reach(3);
    booth.undecided = false;
    booth.clock.stop("ballot");
    unguard();
    return { committed, receipt, note };
  } finally {
    screens.release();
  }
}
