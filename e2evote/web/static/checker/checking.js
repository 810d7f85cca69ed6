// One check: the ballot from the board, with proofs, and every ciphertext of it computed again.

import { BoardError } from "../booth/board/error.js";
import { findBallot } from "../booth/board/lookup.js";
import { parsePolicy } from "../booth/board/policy.js";
import { fromHex } from "../booth/crypto/bytes.js";
import { Election } from "../booth/crypto/encryption.js";
import { Group } from "../booth/crypto/group.js";
import { openBallot } from "../booth/crypto/opening.js";
import { STANDARD } from "../booth/crypto/parameters.js";

const SECONDS = 60; // for the whole check
const PAUSE = 2000; // milliseconds after which what was not published is looked for again
const LOOKS = 6;

/** @typedef {import("../booth/board/lookup.js").Found} Found */
/** @typedef {import("../booth/crypto/opening.js").OpenedContest} OpenedContest */
/** Why a ballot is not believed: the board's reasons, and those of the ballot itself.
 * @typedef {import("../booth/board/error.js").Reason | "opening" | "choices" | "not-challenged"} Finding
 */
/** @typedef {{ kind: "opened", found: Found, contests: OpenedContest[] }
 *           | { kind: "not-challenged", found: Found, status: string | null }
 *           | { kind: "failed", finding: Finding, detail: string, proof?: string, found?: Found }} Outcome */

/** Check a ballot; nothing is thrown but an abort.
 * @param {any} json of election.json @param {string} url of the board @param {string} code @param {string} nonce
 * @param {boolean} unasked open it although the board does not say that it was challenged
 * @param {AbortSignal} signal
 * @returns {Promise<Outcome>}
 */
export async function check(json, url, code, nonce, unasked, signal) {
  let found;
  try {
    found = await find(url, code, await parsePolicy(json.board.policy), signal);
  } catch (error) {
    if (!(error instanceof BoardError)) throw error;
    return { kind: "failed", finding: error.reason, detail: error.message, proof: error.proof };
  }
  const status = found.status && found.status.entry.status;
  if (status !== "challenged" && !(unasked && status === null)) return { kind: "not-challenged", found, status };
  try {
    const device = { device: json.device.device, h_di: fromHex(json.device.h_di, 32) };
    const opened = await openBallot(electionOf(json), device, found.ballot, fromHex(code, 32), fromHex(nonce, 32));
    return { kind: "opened", found, contests: opened };
  } catch (error) {
    // What the log proves to be the ballot, and cannot be read, is as wrong as one that holds something else.
    const detail = error instanceof Error ? error.message : String(error);
    return { kind: "failed", finding: "opening", detail, proof: found.proof.text, found };
  }
}

/** Find the ballot, and look again where it is too new to be published.
 * @param {string} url @param {string} code @param {import("../booth/board/policy.js").Policy} policy
 * @param {AbortSignal} signal @returns {Promise<Found>}
 */
async function find(url, code, policy, signal) {
  const limited = new AbortController();
  const stop = () => limited.abort();
  const timer = setTimeout(stop, 1000 * SECONDS);
  signal.addEventListener("abort", stop);
  try {
    for (let look = 1; ; look++) {
      try {
        return await findBallot(url, code, policy, limited.signal);
      } catch (error) {
        if (!(error instanceof BoardError && error.reason === "unpublished" && look < LOOKS)) throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
    }
  } catch (error) {
    if (!limited.signal.aborted || signal.aborted) throw error;
    throw new BoardError(`no answer within ${SECONDS} seconds`, "unreachable");
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
  }
}

/** @param {any} json @returns {Election} */
function electionOf({ parameters, manifest, h_e, K, K_hat }) {
  const number = (/** @type {string} */ text) => BigInt("0x" + text);
  const { p, q, g } = parameters ?? {};
  const group = parameters ? new Group("given", number(p), number(q), number(g)) : STANDARD;
  return new Election(group, manifest, fromHex(h_e, 32), group.parseElement(K), group.parseElement(K_hat));
}
