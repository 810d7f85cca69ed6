// The spellings that all texts of the log share, each value in one way only: numbers, base64, UTF-8.

import { BoardError } from "./error.js";

/** Return a number below 2^53, written without sign and leading zeros. The library reads numbers below 2^63, but no
 * log has so many entries.
 * @param {string} text @param {string} what @returns {number}
 */
export function parseDecimal(text, what) {
  const value = /^(0|[1-9][0-9]{0,15})$/.test(text) ? Number(text) : NaN;
  if (!Number.isSafeInteger(value)) throw new BoardError(`${what}: expected a decimal number without leading zeros`);
  return value;
}

/** Return standard base64 with padding (RFC 4648 §4).
 * @param {Uint8Array} data @returns {string}
 */
export function toBase64(data) {
  let text = "";
  for (const byte of data) text += String.fromCharCode(byte);
  return btoa(text);
}

/** Return the bytes of base64 in the one spelling that `toBase64` gives, at least one.
 * @param {string} text @param {string} what @returns {Uint8Array}
 */
export function parseBase64(text, what) {
  let data = new Uint8Array();
  if (/^[A-Za-z0-9+/]+={0,2}$/.test(text) && text.length % 4 === 0) {
    data = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  }
  if (!data.length || toBase64(data) !== text) throw new BoardError(`${what}: expected base64 in canonical spelling`);
  return data;
}

/** @param {string} text @param {string} what @returns {Uint8Array} 32 bytes */
export function parseHash(text, what) {
  const data = parseBase64(text, what);
  if (data.length !== 32) throw new BoardError(`${what}: expected base64 of 32 bytes, found ${data.length}`);
  return data;
}

/** Return the text of UTF-8 bytes, a mark at its beginning kept.
 * @param {Uint8Array} data @param {string} what @returns {string}
 */
export function decodeUtf8(data, what) {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(data);
  } catch {
    throw new BoardError(`${what}: not UTF-8`);
  }
}

/** @param {Uint8Array} data @returns {Promise<Uint8Array>} */
export async function sha256(data) {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", /** @type {BufferSource} */ (data)));
}
