// H, H_q, key derivation and the table of domain tags. Every hashed message has a length that is asserted.

import { b, concat, integerOf, utf8 } from "./bytes.js";

/** @typedef {import("./group.js").Group} Group */

/** The first byte of every hashed message, by use (EG-2.1 §5.5). */
export const TAG = Object.freeze({
  SELECTION_IDENTIFIER: 0x20,
  SELECTION_NONCE: 0x21,
  BALLOT_NONCE_KEY: 0x22,
  BALLOT_NONCE_PROOF: 0x23,
  RANGE_PROOF: 0x24,
  CONTEST_DATA_NONCE: 0x25,
  CONTEST_DATA_KEY: 0x26,
  CONTEST_DATA_PROOF: 0x27,
  CONTEST: 0x28,
  CONFIRMATION_CODE: 0x29,
  /** Of our own: proofs of supplemental fields. */
  FIELD_RELATION: 0xe9,
});

const HMAC = { name: "HMAC", hash: "SHA-256" };

/** @param {Uint8Array} key @param {Uint8Array} message @returns {Promise<Uint8Array>} */
async function hmac(key, message) {
  const raw = /** @type {BufferSource[]} */ ([key, message]);
  const imported = await crypto.subtle.importKey("raw", raw[0], HMAC, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", imported, raw[1]));
}

/** Return H(key; tag ‖ parts); a number is encoded in 4 bytes (EG-2.1 §5.2, eq. 130).
 * @param {Uint8Array} key 32 bytes
 * @param {number} tag
 * @param {(Uint8Array | number)[]} parts
 * @param {number} length of the whole message
 * @returns {Promise<Uint8Array>}
 */
export async function H(key, tag, parts, length) {
  const message = concat(b(tag, 1), ...parts.map((part) => (typeof part === "number" ? b(part, 4) : part)));
  if (message.length !== length || key.length !== 32) {
    throw new Error(`tag ${tag}: ${message.length} bytes hashed, ${length} expected; key of ${key.length}`);
  }
  return hmac(key, message);
}

/** Return H(key; tag ‖ parts) mod q (EG-2.1 §5.4, eq. 132).
 * @param {Group} group
 * @param {Uint8Array} key
 * @param {number} tag
 * @param {(Uint8Array | number)[]} parts
 * @param {number} length
 * @returns {Promise<bigint>}
 */
export async function Hq(group, key, tag, parts, length) {
  return integerOf(await H(key, tag, parts, length)) % group.q;
}

/** Return one block of key: HMAC(key, counter ‖ label ‖ 00 ‖ context ‖ length).
 * @param {Uint8Array} key
 * @param {Uint8Array} counter
 * @param {string} label
 * @param {Uint8Array} context
 * @param {Uint8Array} length
 * @param {number} messageLength
 * @returns {Promise<Uint8Array>}
 */
export async function kdf(key, counter, label, context, length, messageLength) {
  const message = concat(counter, utf8(label), new Uint8Array(1), context, length);
  if (message.length !== messageLength || key.length !== 32) {
    throw new Error(`KDF: ${message.length} bytes hashed, ${messageLength} expected; key of ${key.length}`);
  }
  return hmac(key, message);
}

/** Return H_I = H(H_E; 20, id_B) (EG-2.1 §3.3.2, eq. 32).
 * @param {Uint8Array} h_e @param {Uint8Array} id_b @returns {Promise<Uint8Array>}
 */
export function selectionIdentifierHash(h_e, id_b) {
  // 20 ‖ id_B(32): 33 bytes
  return H(h_e, TAG.SELECTION_IDENTIFIER, [id_b], 33);
}

/** Return ξ_{i,j} = H_q(H_I; 21, ind_c, ind_o, ξ_B) (EG-2.1 §3.3.3, eq. 33).
 * @param {Group} group @param {Uint8Array} h_i @param {number} ind_c @param {number} ind_o @param {Uint8Array} xi_b
 * @returns {Promise<bigint>}
 */
export function selectionNonce(group, h_i, ind_c, ind_o, xi_b) {
  // 21 ‖ ind_c(4) ‖ ind_o(4) ‖ ξ_B(32): 41 bytes
  return Hq(group, h_i, TAG.SELECTION_NONCE, [ind_c, ind_o, xi_b], 41);
}

/** Return ξ = H_q(H_I; 25, ind_c, ξ_B) (EG-2.1 §3.3.10, eq. 64).
 * @param {Group} group @param {Uint8Array} h_i @param {number} ind_c @param {Uint8Array} xi_b
 * @returns {Promise<bigint>}
 */
export function contestDataNonce(group, h_i, ind_c, xi_b) {
  // 25 ‖ ind_c(4) ‖ ξ_B(32): 37 bytes
  return Hq(group, h_i, TAG.CONTEST_DATA_NONCE, [ind_c, xi_b], 37);
}
