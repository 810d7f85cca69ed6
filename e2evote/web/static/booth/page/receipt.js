// The voter's receipt: code, time, position and proof, to print and to keep. No choice is on it.

import { parseCheckpoint } from "../board/checkpoint.js";
import { BoardError } from "../board/error.js";
import { findProof } from "../board/lookup.js";
import { parseNote } from "../board/notes.js";
import { Unreachable, fetchText } from "./api.js";
import { codeElement, download, element } from "./dom.js";
import { sleep } from "./pause.js";

/** @typedef {import("./booth.js").Booth} Booth */
/** @typedef {import("./casting.js").Cast} Cast */
/** @typedef {import("./receipts.js").Receipt} Receipt */
/** @typedef {import("./screens.js").Screen} Screen */

/** Seconds between two looks for a proof, and after a deadline until it is called missed. */
const BETWEEN = 3;
const GRACE = 60;

/** Show the receipt until the voter signs out.
 * @param {Booth} booth @param {Cast} cast
 */
export async function showReceipt(booth, cast) {
  const { election, screens, texts } = booth;
  const { committed, receipt } = cast;
  booth.clock.stop("election"); // the end of voting does not take the receipt away
  const entry = /** @type {Record<string, any>} */ (receipt.entry);
  const screen = screens.show("receipt", (screen) => {
    screen.fill("election", texts.name(election.names, ""));
    screen.fill("code", codeElement(committed.sealed.code));
    screen.fill("time", texts.time(new Date(entry.time), election.zone));
    screen.fill("position", texts.number(receipt.index));
    screen.fill("proof", texts.say("proof_awaited", { time: texts.time(receipt.deadline, election.zone) }));
    const link = { href: `/ballot/${committed.sealed.code}?lang=${texts.tag}`, target: "_blank", rel: "noopener" };
    screen.fill("link", element("a", link, texts.say("public_page")));
  });
  /** @type {Record<"ballot" | "cast", string | null>} */
  const proofs = { ballot: null, cast: null };
  proveBoth(booth, screen, cast, proofs);
  for (;;) {
    const answer = await screen.answer();
    if (answer === "print") print();
    else if (answer === "download") download(fileName(cast), file(cast, proofs));
    else return;
  }
}

/** Fetch and verify the proofs of both entries as soon as they are published, and say so.
 * @param {Booth} booth @param {Screen} screen @param {Cast} cast
 * @param {Record<"ballot" | "cast", string | null>} proofs are put here
 */
async function proveBoth({ clock, election, texts }, screen, { committed, receipt }, proofs) {
  const say = (/** @type {string} */ key, /** @type {import("./texts.js").Values} */ values = {}) =>
    screen.fill("proof", texts.say(key, values));
  try {
    const overdue = () => clock.now > receipt.deadline.getTime() / 1000 + GRACE || !screen.root.isConnected;
    const ballot = await published(committed.receipt, election.policy, overdue);
    const status = await published(receipt, election.policy, overdue);
    [proofs.ballot, proofs.cast] = [ballot?.text ?? null, status?.text ?? null];
    if (!ballot || !status) return say("proof_missing");
    return status.time
      ? say("proof_witnessed", { time: texts.time(status.time, election.zone) })
      : say("proof_verified");
  } catch {
    return say("proof_wrong");
  }
}

/** Wait for the proof of an entry; null where it does not come in time.
 * @param {Receipt} receipt @param {import("../board/policy.js").Policy} policy @param {() => boolean} overdue
 */
async function published({ index, line }, policy, overdue) {
  while (!overdue()) {
    try {
      const proof = (await publishedSize()) > index ? await findProof("", index, line, policy) : null;
      if (proof !== null) return proof;
    } catch (error) {
      if (!(error instanceof Unreachable || (error instanceof BoardError && error.reason === "unreachable"))) throw error;
    }
    await sleep(BETWEEN);
  }
  return null;
}

/** Return how much of the log is published, as the board says, so that no proof is asked for before there is one.
 * @returns {Promise<number>}
 */
async function publishedSize() {
  const checkpoint = await fetchText("/checkpoint");
  return checkpoint === null ? 0 : parseCheckpoint(parseNote(checkpoint).text).size;
}

/** @param {Cast} cast */
function fileName({ committed }) {
  return `receipt-${committed.sealed.code.slice(0, 8)}.json`;
}

/** Return everything that proves it, as text: the board's signed notes, and the proofs that there are by now.
 * @param {Cast} cast @param {Record<"ballot" | "cast", string | null>} proofs
 */
function file({ committed, note }, proofs) {
  const content = {
    format: "e2evote-voters-receipt/v1",
    confirmation_code: committed.sealed.code,
    ballot: { receipt: committed.note, proof: proofs.ballot ?? undefined },
    cast: { receipt: note, proof: proofs.cast ?? undefined },
  };
  return `${JSON.stringify(content, null, 2)}\n`;
}
