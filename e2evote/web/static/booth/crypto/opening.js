// Opening a challenged ballot from its nonce ξ_B: every ciphertext is computed again from what it is said to hold.

import { equal, fromHex, toHex } from "./bytes.js";
import { confirmationCode, contestHash, unchainedField } from "./codes.js";
import { maskData } from "./hashed_elgamal.js";
import { contestDataNonce, selectionIdentifierHash, selectionNonce } from "./hashing.js";
import { fieldLimits } from "./manifest.js";
import { unpack } from "./contest_data.js";

/** @typedef {import("./encryption.js").Election} Election */
/** @typedef {import("./encryption.js").Device} Device */
/** @typedef {{ index: number, values: number[], nonces: bigint[],
 *              data: { nonce: bigint, bytes: Uint8Array, content: Record<string, any> } | null }} OpenedContest */

/** What was encrypted is not what the ballot shows; the text says where. */
export class OpeningError extends Error {}

/** Return what a ballot holds in each contest (EG-2.1 §3.6.7, box 13).
 *
 * Nothing but the ballot's own hashes and ciphertexts is believed: identifier, confirmation code and chaining field are
 * computed again, and so is every ciphertext of every contest of the style.
 * @param {Election} election
 * @param {Device} device
 * @param {any} ballot the JSON that the board has for the code
 * @param {Uint8Array} code the code that the voter keeps
 * @param {Uint8Array} xi_b
 * @returns {Promise<OpenedContest[]>}
 * @throws {OpeningError} something does not fit
 */
export async function openBallot(election, device, ballot, code, xi_b) {
  const { group, manifest } = election;
  const h_i = await selectionIdentifierHash(election.h_e, fromHex(ballot.id_b, 32));
  demand(ballot.h_i === toHex(h_i), "the identifier of the ballot is not hashed as it must be");
  const style = manifest.ballot_styles[ballot.ballot_style - 1];
  const indices = ballot.contests.map((/** @type {any} */ contest) => contest.index);
  demand(style && indices.join() === style.contests.join(), "the ballot does not have the contests of its style");
  const opened = [];
  const hashes = [];
  for (const contest of ballot.contests) {
    opened.push(await openContest(election, h_i, contest, xi_b));
    const ciphertexts = contest.options.map((/** @type {any} */ option) => ({
      alpha: group.parseElement(option.ciphertext.alpha),
      beta: group.parseElement(option.ciphertext.beta),
    }));
    const hash = await contestHash(group, h_i, contest.index, ciphertexts, hashedOf(election, contest.contest_data));
    demand(contest.contest_hash === toHex(hash), `contest ${contest.index}: its hash is not that of its ciphertexts`);
    hashes.push(hash);
  }
  const field = unchainedField(device.h_di);
  demand(ballot.chaining_field === toHex(field), "the chaining field is not that of the device");
  demand(equal(code, await confirmationCode(h_i, hashes, field)), "this ballot does not have the code that you keep");
  return opened;
}

/** @param {Election} election @param {Uint8Array} h_i @param {any} contest @param {Uint8Array} xi_b
 * @returns {Promise<OpenedContest>}
 */
async function openContest(election, h_i, contest, xi_b) {
  const { group, g, K } = election;
  const limits = fieldLimits(election.manifest.contests[contest.index - 1]);
  demand(contest.options.length === limits.length, `contest ${contest.index}: it has another number of options`);
  /** @type {number[]} */
  const values = [];
  /** @type {bigint[]} */
  const nonces = [];
  for (const [i, { ciphertext }] of contest.options.entries()) {
    const xi = await selectionNonce(group, h_i, contest.index, i + 1, xi_b);
    const [alpha, beta] = [group.parseElement(ciphertext.alpha), group.parseElement(ciphertext.beta)];
    demand(alpha === g.power(xi), `contest ${contest.index}, option ${i + 1}: it is not encrypted with the nonce`);
    const value = valueOf(group, beta, K.power(xi), K.base, limits[i]);
    demand(value !== null, `contest ${contest.index}, option ${i + 1}: it holds no value that it may hold`);
    values.push(/** @type {number} */ (value));
    nonces.push(xi);
  }
  return { index: contest.index, values, nonces, data: await openData(election, h_i, contest, xi_b) };
}

/** Return σ ≤ limit with β = K^σ · K^ξ, null where there is none.
 * @param {import("./group.js").Group} group @param {bigint} beta @param {bigint} mask K^ξ @param {bigint} K
 * @param {number} limit
 */
function valueOf(group, beta, mask, K, limit) {
  for (let sigma = 0; sigma <= limit; sigma++) {
    if (beta === mask) return sigma;
    mask = group.times(mask, K);
  }
  return null;
}

/** @param {Election} election @param {Uint8Array} h_i @param {any} contest @param {Uint8Array} xi_b */
async function openData(election, h_i, contest, xi_b) {
  const { group, g, K_hat } = election;
  const blocks = election.manifest.contests[contest.index - 1].contest_data_blocks;
  const sealed = hashedOf(election, contest.contest_data);
  demand((blocks !== undefined) === (sealed !== null), `contest ${contest.index}: data is missing or too many`);
  if (sealed === null || blocks === undefined) return null;
  demand(sealed.c_1.length === 32 * blocks, `contest ${contest.index}: data has another length`);
  const nonce = await contestDataNonce(group, h_i, contest.index, xi_b);
  const opened = await maskData(h_i, contest.index, g, K_hat, sealed.c_1, nonce);
  demand(opened.c_0 === sealed.c_0, `contest ${contest.index}: data is not encrypted with the nonce`);
  const content = unpack(opened.c_1);
  demand(content !== null, `contest ${contest.index}: data is not in its form`);
  return { nonce, bytes: opened.c_1, content: /** @type {Record<string, any>} */ (content) };
}

/** @param {Election} election @param {any} data @returns {import("./hashed_elgamal.js").HashedCiphertext | null} */
function hashedOf({ group }, data) {
  if (data === undefined) return null;
  const c_2 = { challenge: group.parseScalar(data.c_2.challenge), response: group.parseScalar(data.c_2.response) };
  return { c_0: group.parseElement(data.c_0), c_1: fromHex(data.c_1), c_2 };
}

/** @param {any} holds @param {string} message */
function demand(holds, message) {
  if (!holds) throw new OpeningError(message);
}
