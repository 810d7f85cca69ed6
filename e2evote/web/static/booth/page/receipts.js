// What the board has signed is compared with what this page did, before anybody is told that it is done.

import { verifyReceipt } from "../board/receipt.js";
import { toHex, utf8 } from "../crypto/bytes.js";

/** @typedef {import("../board/policy.js").Policy} Policy */
/** @typedef {Awaited<ReturnType<typeof verifyReceipt>>} Receipt */
/** @typedef {{ ballot: Record<string, any>, code: string, nonce: Uint8Array, secrets: Secrets, commitments: Secrets
 *           }} Sealed an encrypted ballot and what only this page knows of it */
/** @typedef {{ cast: string, challenge: string }} Secrets */

/** The board has signed something else than what it was given. */
export class ReceiptError extends Error {}

/** Verify the receipt for an encrypted ballot; its entry has the ballot's position.
 * @param {string} text @param {Policy} policy @param {Sealed} sealed @returns {Promise<Receipt>}
 */
export async function verifyBallotReceipt(text, policy, sealed) {
  const receipt = await verifyReceipt(text, policy);
  const entry = /** @type {Record<string, any>} */ (receipt.entry);
  expect(entry, {
    kind: "ballot",
    device: sealed.ballot.device,
    confirmation_code: sealed.code,
    sha256: await sha256(placed(sealed.ballot, entry.position)),
    cast_commitment: sealed.commitments.cast,
    challenge_commitment: sealed.commitments.challenge,
  });
  return receipt;
}

/** Verify the receipt for what became of a ballot.
 * @param {string} text @param {Policy} policy @param {Sealed} sealed @param {"cast" | "challenged"} status
 * @returns {Promise<Receipt>}
 */
export async function verifyStatusReceipt(text, policy, sealed, status) {
  const receipt = await verifyReceipt(text, policy);
  const secret = sealed.secrets[status === "cast" ? "cast" : "challenge"];
  expect(receipt.entry, { kind: "status", confirmation_code: sealed.code, status, secret });
  return receipt;
}

/** Verify the receipt for a ballot that was opened.
 * @param {string} text @param {Policy} policy @param {{ confirmation_code: string }} opened @returns {Promise<Receipt>}
 */
export async function verifyOpenedReceipt(text, policy, opened) {
  const receipt = await verifyReceipt(text, policy);
  const sha = await sha256(opened);
  expect(receipt.entry, { kind: "opened", confirmation_code: opened.confirmation_code, sha256: sha });
  return receipt;
}

/** Return a ballot as the board has it: with its position, behind the device.
 * @param {Record<string, any>} ballot @param {number} position
 */
export function placed({ id_b, h_i, device, ...rest }, position) {
  return { id_b, h_i, device, position, ...rest };
}

/** Return the SHA-256, in hex, of bytes or of canonical JSON.
 * @param {Uint8Array | object} value @returns {Promise<string>}
 */
export async function sha256(value) {
  const data = value instanceof Uint8Array ? value : utf8(JSON.stringify(value));
  return toHex(new Uint8Array(await crypto.subtle.digest("SHA-256", /** @type {BufferSource} */ (data))));
}

/** @param {object} found @param {Record<string, string | number>} expected */
function expect(found, expected) {
  const fields = /** @type {Record<string, any>} */ (found);
  for (const [field, value] of Object.entries(expected)) {
    if (fields[field] !== value) throw new ReceiptError(`the receipt has another ${field}`);
  }
}
