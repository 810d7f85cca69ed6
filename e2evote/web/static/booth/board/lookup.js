// Asking a board for a ballot; nothing that it answers is believed before it is verified.

import { fromHex, toHex } from "../crypto/bytes.js";
import { BoardError } from "./error.js";
import { decodeUtf8, sha256 } from "./lines.js";
import { verifyProof } from "./proof.js";

const MAX_LOOKUP = 1024;
const MAX_PROOF = 1024 * 1024;
const MAX_BALLOT = 4 * 1024 * 1024;

/** @typedef {import("./policy.js").Policy} Policy */
/** An entry that is proved, and the proof as it was sent.
 * @typedef {Awaited<ReturnType<typeof verifyProof>> & { text: string }} Proved
 */
/** A ballot as the board has it, proved to be the one with the code; with the proof of its status, null without one.
 * @typedef {{ entry: Record<string, any>, ballot: any, proof: Proved, status: Proved | null }} Found
 */

/** Return the ballot with a confirmation code, verified.
 * @param {string} url of the board, without a slash at its end; empty for the page's own origin
 * @param {string} code 64 upper-case hex digits @param {Policy} policy @param {AbortSignal} [signal]
 * @returns {Promise<Found>}
 * @throws {BoardError} whose `reason` says what is wrong; `proof`, where it is set, is the text that is wrong
 */
export async function findBallot(url, code, policy, signal) {
  const places = await lookUp(url, code, signal);
  const proof = await proveEntry(url, places.ballot, policy, signal);
  const { entry } = proof;
  if (entry.kind !== "ballot" || entry.confirmation_code !== code) {
    throw withProof(new BoardError("the entry is not that of the ballot with this code", "other-entry"), proof.text);
  }
  const data = await fetchBytes(url, `object/${pathOf(entry.sha256)}`, MAX_BALLOT, signal);
  if (data === null || toHex(await sha256(data)) !== entry.sha256) {
    throw withProof(new BoardError("the ballot is not the one that its entry names", "other-ballot"), proof.text);
  }
  const ballot = JSON.parse(decodeUtf8(data, "ballot")); // its hash is in the log: it is what the board took in
  return { entry, ballot, proof, status: await proveStatus(url, places.status, entry, policy, signal) };
}

/** Return the proof that an entry stands in the log where a receipt says, null while no published checkpoint covers it.
 * @param {string} url @param {number} index @param {string} line the entry @param {Policy} policy
 * @param {AbortSignal} [signal] @returns {Promise<Proved | null>}
 */
export async function findProof(url, index, line, policy, signal) {
  try {
    const proof = await proveEntry(url, index, policy, signal);
    if (proof.line === line) return proof;
    throw withProof(new BoardError("another entry stands where this one was promised", "other-entry"), proof.text);
  } catch (error) {
    if (error instanceof BoardError && error.reason === "unpublished") return null;
    throw error;
  }
}

/** @param {string} url @param {string} code @param {AbortSignal} [signal]
 * @returns {Promise<{ ballot: number, status: number | null }>} indices
 */
async function lookUp(url, code, signal) {
  const data = await fetchBytes(url, `lookup/${code}`, MAX_LOOKUP, signal, [200, 404]);
  const found = placesIn(data);
  if (found?.code !== code) throw new BoardError("what answers is no board", "unreachable");
  if (found.ballot === null) throw new BoardError("the board has no ballot with this code", "missing");
  return found;
}

/** @param {Uint8Array | null} data @returns {any} null where it is nothing that a board answers */
function placesIn(data) {
  const isPlace = (/** @type {unknown} */ value) =>
    value === null || (Number.isSafeInteger(value) && Number(value) >= 0);
  try {
    const found = JSON.parse(new TextDecoder().decode(data ?? new Uint8Array()));
    return isPlace(found.ballot) && isPlace(found.status) ? found : null;
  } catch {
    return null;
  }
}

/** @param {string} url @param {number | null} index @param {Record<string, any>} ballot the ballot's entry
 * @param {Policy} policy @param {AbortSignal} [signal] @returns {Promise<Proved | null>}
 */
async function proveStatus(url, index, ballot, policy, signal) {
  if (index === null) return null;
  const proof = await proveEntry(url, index, policy, signal);
  const { entry } = proof;
  if (entry.kind !== "status" || entry.confirmation_code !== ballot.confirmation_code) {
    throw withProof(new BoardError("the entry is not that of the ballot's status", "other-entry"), proof.text);
  }
  if (await isAllowed(entry, ballot)) return proof;
  throw withProof(new BoardError(`the status ${entry.status} has not the secret for it`, "secret"), proof.text);
}

/** Tell whether a status shows the secret that the ballot's entry asks for: only the voter's page had it.
 * @param {Record<string, any>} status @param {Record<string, any>} ballot @returns {Promise<boolean>}
 */
async function isAllowed({ status, secret }, { cast_commitment, challenge_commitment }) {
  const asked = { cast: cast_commitment, challenged: challenge_commitment }[/** @type {"cast"} */ (status)];
  if (asked === undefined) return secret === undefined;
  return secret !== undefined && toHex(await sha256(fromHex(secret, 32))) === asked;
}

/** @param {string} url @param {number} index @param {Policy} policy @param {AbortSignal} [signal]
 * @returns {Promise<Proved>}
 */
async function proveEntry(url, index, policy, signal) {
  const data = await fetchBytes(url, `proof/${index}.tlog-proof`, MAX_PROOF, signal);
  if (data === null) throw new BoardError(`no published checkpoint covers entry ${index}`, "unpublished");
  const text = decodeUtf8(data, "proof");
  try {
    const proof = { ...(await verifyProof(text, policy)), text };
    if (proof.index === index) return proof;
    throw new BoardError(`asked for entry ${index}, got entry ${proof.index}`, "other-entry");
  } catch (error) {
    throw error instanceof BoardError ? withProof(error, text) : error;
  }
}

/** Return a resource, null where the board says that there is none.
 * @param {string} url @param {string} path @param {number} limit bytes @param {AbortSignal} [signal]
 * @param {number[]} [statuses] whose body is wanted
 * @returns {Promise<Uint8Array | null>}
 */
async function fetchBytes(url, path, limit, signal, statuses = [200]) {
  let answer;
  try {
    const asked = { signal, cache: "no-store", credentials: "omit", referrerPolicy: "no-referrer" };
    answer = await fetch(`${url}/${path}`, /** @type {RequestInit} */ (asked));
    if (answer.status === 404 && !statuses.includes(404)) return null;
    if (!statuses.includes(answer.status)) throw new BoardError(`the board answers ${answer.status}`, "unreachable");
    const data = new Uint8Array(await answer.arrayBuffer());
    if (data.length > limit) throw new BoardError(`${path}: more than ${limit} bytes`);
    return data;
  } catch (error) {
    if (error instanceof BoardError || signal?.aborted) throw error;
    throw new BoardError(`the board does not answer: ${error}`, "unreachable");
  }
}

/** @param {string} sha256 upper-case hex @returns {string} */
function pathOf(sha256) {
  const digits = sha256.toLowerCase();
  return `${digits.slice(0, 2)}/${digits}`;
}

/** @param {BoardError} error @param {string} proof @returns {BoardError} */
function withProof(error, proof) {
  error.proof = proof;
  return error;
}
