// What contest data holds: overvoted marks and write-in texts, in a fixed number of 32-byte blocks.

import { b, concat, integerOf, utf8 } from "./bytes.js";

/** @typedef {[string, string][]} Texts option index in digits, and text; ascending */

/** Return b(len, 4) ‖ JSON ‖ zeros, exactly 32·blocks bytes; what does not fit is cut and marked so (EG-2.1 §3.3.10,
 * eq. 63).
 * @param {number} blocks
 * @param {number[] | null} overvote the marks of an overvoted contest
 * @param {Map<number, string>} writeIns texts by option index
 * @returns {Uint8Array}
 */
export function pack(blocks, overvote, writeIns) {
  const size = 32 * blocks - 4;
  /** @type {Texts} */
  const texts = [...writeIns].sort(([left], [right]) => left - right).map(([ind_o, text]) => [String(ind_o), text]);
  let text = [content(overvote, texts, false), content(null, texts, overvote !== null)].find((t) => t.length <= size);
  if (text === undefined) {
    let [fits, tooLong] = [0, size + 1]; // the longest cut that fits, the same for every text
    while (tooLong - fits > 1) {
      const limit = (fits + tooLong) >> 1;
      if (content(null, cut(texts, limit), true).length <= size) fits = limit;
      else tooLong = limit;
    }
    text = content(null, cut(texts, fits), true);
  }
  return concat(b(text.length, 4), text, new Uint8Array(size - text.length));
}

/** Return the object in a contest data field, null where length, padding or text are not as `pack` writes them.
 * @param {Uint8Array} data
 * @returns {Record<string, any> | null}
 */
export function unpack(data) {
  const length = Number(integerOf(data.slice(0, 4)));
  if (data.length < 4 || length > data.length - 4 || data.slice(4 + length).some((byte) => byte !== 0)) return null;
  try {
    const value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(data.slice(4, 4 + length)));
    return value !== null && typeof value === "object" && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}

/** @param {number[] | null} overvote @param {Texts} texts @param {boolean} wasCut @returns {Uint8Array} */
function content(overvote, texts, wasCut) {
  const fields = [];
  if (overvote !== null) fields.push(`"overvote":${JSON.stringify(overvote)}`);
  // not by way of an object, which would put keys below 2^32 − 1 before all others
  const members = texts.map(([ind_o, text]) => `"${ind_o}":${quoted(text)}`);
  if (members.length) fields.push(`"write_ins":{${members.join(",")}}`);
  if (wasCut) fields.push('"cut":true');
  return utf8(`{${fields.join(",")}}`);
}

/** Return each text cut to at most `limit` bytes at a character boundary, empty ones left out.
 * @param {Texts} texts @param {number} limit @returns {Texts}
 */
function cut(texts, limit) {
  return texts
    .map(([ind_o, text]) => /** @type {[string, string]} */ ([ind_o, beginning(text, limit)]))
    .filter(([, text]) => text);
}

/** @param {string} text @param {number} limit @returns {string} */
function beginning(text, limit) {
  let [size, kept] = [0, ""];
  for (const character of text) {
    size += utf8(character).length;
    if (size > limit) break;
    kept += character;
  }
  return kept;
}

/** Return the JSON string that the library writes: of control characters only those that must be are escaped.
 * @param {string} text @returns {string}
 */
function quoted(text) {
  if (/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/.test(text)) {
    throw new RangeError("a text holds half of a surrogate pair");
  }
  return JSON.stringify(text);
}
