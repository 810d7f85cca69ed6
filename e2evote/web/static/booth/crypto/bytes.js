// Bytes and text, strictly: fixed-width integers, upper-case hex.

/** Return the n-byte big-endian encoding of 0 ≤ x < 256^n (EG-2.1 §5.1, eq. 123).
 * @param {bigint | number} x
 * @param {number} n
 * @returns {Uint8Array}
 */
export function b(x, n) {
  const text = x.toString(16);
  if (x < 0 || text.length > 2 * n) throw new RangeError(`${n} bytes cannot hold the number`);
  return fromHex(text.padStart(2 * n, "0").toUpperCase());
}

/** @param {Uint8Array} data @returns {bigint} */
export function integerOf(data) {
  return data.length ? BigInt("0x" + toHex(data)) : 0n;
}

/** @param {Uint8Array} data @returns {string} */
export function toHex(data) {
  let text = "";
  for (const byte of data) text += DIGITS[byte];
  return text;
}

/** Return the bytes of upper-case hex, of exactly `size` bytes where that is given.
 * @param {string} text
 * @param {number} [size]
 * @returns {Uint8Array}
 */
export function fromHex(text, size) {
  if (text.length % 2 || (size !== undefined && text.length !== 2 * size) || !/^[0-9A-F]*$/.test(text)) {
    throw new SyntaxError(`expected ${size === undefined ? "an even number of" : 2 * size} upper-case hex digits`);
  }
  const data = new Uint8Array(text.length / 2);
  for (let i = 0; i < data.length; i++) data[i] = parseInt(text.slice(2 * i, 2 * i + 2), 16);
  return data;
}

/** @param {...Uint8Array} parts @returns {Uint8Array} */
export function concat(...parts) {
  const data = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    data.set(part, at);
    at += part.length;
  }
  return data;
}

/** @param {Uint8Array} left @param {Uint8Array} right @returns {Uint8Array} */
export function xor(left, right) {
  if (left.length !== right.length) throw new RangeError("the lengths differ");
  return left.map((byte, i) => byte ^ right[i]);
}

/** @param {Uint8Array} left @param {Uint8Array} right @returns {boolean} */
export function equal(left, right) {
  return left.length === right.length && left.every((byte, i) => byte === right[i]);
}

/** @param {string} text @returns {Uint8Array} */
export function utf8(text) {
  return new TextEncoder().encode(text);
}

const DIGITS = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0").toUpperCase());
