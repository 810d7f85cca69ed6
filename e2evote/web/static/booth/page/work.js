// Work that shows a server that this is no program which fills in any form: a number whose hash begins with zeros.

import { utf8 } from "../crypto/bytes.js";
import { pause } from "./pause.js";

/** Hashes between two pauses: some ten milliseconds. */
const SLICE = 256;

/** Return a number, in digits, so that SHA-256 of token:number begins with so many zero bits.
 * @param {string} token @param {number} bits @param {AbortSignal} [signal] ends the search @returns {Promise<string>}
 */
export async function findWork(token, bits, signal) {
  for (let first = 0; bits > 0; first += SLICE) {
    const hashes = await Promise.all(Array.from({ length: SLICE }, (_, i) => digest(`${token}:${first + i}`)));
    const found = hashes.findIndex((hash) => zeroBits(hash) >= bits);
    if (found >= 0) return String(first + found);
    signal?.throwIfAborted();
    await pause();
  }
  return "0";
}

/** @param {string} text @returns {Promise<Uint8Array>} */
async function digest(text) {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", /** @type {BufferSource} */ (utf8(text))));
}

/** @param {Uint8Array} hash @returns {number} */
function zeroBits(hash) {
  let bits = 0;
  for (const byte of hash) {
    bits += Math.clz32(byte) - 24;
    if (byte) break;
  }
  return bits;
}
