// Signed notes (C2SP signed-note): a text, and below it signature lines by named keys; as narrow as the library is.

import { concat, equal, utf8 } from "../crypto/bytes.js";
import { isSignature, isSigningKey } from "./ed25519.js";
import { BoardError } from "./error.js";
import { decodeUtf8, parseBase64, sha256 } from "./lines.js";

export const MAX_NOTE = 512 * 1024;
const MAX_SIGNATURES = 64;
const MAX_NAME = 255;
const MAX_LINE = 8192;
const DASH = "— ";

/** What a key signs. */
export const KIND = Object.freeze({ ED25519: 1, COSIGNATURE: 4 });

/** @typedef {{ name: string, kind: number, public: Uint8Array, id: Uint8Array }} VerifierKey */
/** @typedef {{ name: string, keyId: Uint8Array, value: Uint8Array }} Signature */
/** @typedef {{ text: string, signatures: Signature[] }} Note a text that ends with a newline, and its signatures */

/** Return the key of a vkey, `name+id+base64`.
 * @param {string} text @returns {Promise<VerifierKey>}
 */
export async function parseKey(text) {
  const [name, identifier, ...rest] = text.split("+");
  if (!rest.length || text.length > MAX_LINE) throw new BoardError("verifier key: expected name+id+base64");
  checkName(name);
  if (!/^[0-9a-f]{8}$/.test(identifier)) throw new BoardError(`${name}: expected an identifier of 8 hex digits`);
  const material = parseBase64(rest.join("+"), name);
  const kind = material[0];
  if (kind !== KIND.ED25519 && kind !== KIND.COSIGNATURE) throw new BoardError(`${name}: another type of key`);
  const key = { name, kind, public: material.subarray(1), id: new Uint8Array() };
  if (!isSigningKey(key.public)) throw new BoardError(`${name}: no key that signatures can be trusted under`);
  // name, in UTF-8 ‖ 0A ‖ type, 1 byte ‖ public key, 32 bytes
  key.id = (await sha256(concat(utf8(name + "\n"), material))).subarray(0, 4);
  const id = Array.from(key.id, (byte) => byte.toString(16).padStart(2, "0")).join("");
  if (identifier !== id) throw new BoardError(`${name}: the identifier is ${identifier}, of this key it is ${id}`);
  return key;
}

/** Return the note of a text or of its bytes; its signatures are not yet verified.
 * @param {string | Uint8Array} data @returns {Note}
 */
export function parseNote(data) {
  const bytes = typeof data === "string" ? utf8(data) : data;
  if (bytes.length > MAX_NOTE) throw new BoardError(`note: more than ${MAX_NOTE} bytes`);
  const content = decodeUtf8(bytes, "note");
  if (typeof data === "string" && content !== data) throw new BoardError("note: half of a surrogate pair");
  const divider = content.lastIndexOf("\n\n"); // the last: a text may have empty lines, signatures may not
  if (divider < 0 || !content.endsWith("\n") || divider + 2 === content.length) {
    throw new BoardError("note: expected a text, an empty line, and signature lines that end with a newline");
  }
  const text = content.slice(0, divider + 1);
  if (hasControls(text.split("\n").join(""))) throw new BoardError("note: a control character");
  const lines = content.slice(divider + 2, -1).split("\n");
  if (lines.length > MAX_SIGNATURES) throw new BoardError(`note: more than ${MAX_SIGNATURES} signatures`);
  return { text, signatures: lines.map(parseSignature) };
}

/** Check that one of the keys has signed a note, and that no signature by one of them is bad.
 * @param {Note} note @param {VerifierKey[]} keys of type 01 @returns {Promise<void>}
 */
export async function verifyNote(note, keys) {
  let signed = false;
  for (const [key, signature] of signaturesBy(note, keys)) {
    if (!(await isSignature(key.public, signature.value, utf8(note.text)))) {
      throw new BoardError(`${key.name}: the signature does not hold`, "signature");
    }
    signed = true;
  }
  if (!signed) throw new BoardError("no known key has signed", "signature");
}

/** Return the signatures that claim to be by one of the keys.
 * @param {Note} note @param {VerifierKey[]} keys no two with one name and identifier
 * @returns {[VerifierKey, Signature][]}
 */
export function signaturesBy(note, keys) {
  return note.signatures.flatMap((signature) =>
    keys
      .filter((key) => key.name === signature.name && equal(key.id, signature.keyId))
      .map((key) => /** @type {[VerifierKey, Signature]} */ ([key, signature])),
  );
}

/** @param {string} line without its newline @returns {Signature} */
function parseSignature(line) {
  if ([...line].length > MAX_LINE) throw new BoardError(`note: a line has more than ${MAX_LINE} characters`);
  const space = line.indexOf(" ", DASH.length);
  if (!line.startsWith(DASH) || space < 0) throw new BoardError("note: expected a signature line: —, name, base64");
  const name = line.slice(DASH.length, space);
  checkName(name);
  const data = parseBase64(line.slice(space + 1), "note");
  if (data.length < 5) throw new BoardError("note: expected 4 bytes of identifier and a signature behind them");
  return { name, keyId: data.subarray(0, 4), value: data.subarray(4) };
}

/** @param {string} name */
function checkName(name) {
  if (!name || /[\s\x85+]/u.test(name) || hasControls(name)) {
    throw new BoardError("expected a key's name without spaces and plus signs");
  }
  if (utf8(name).length > MAX_NAME) throw new BoardError(`a key's name has more than ${MAX_NAME} bytes`);
}

/** @param {string} text @returns {boolean} */
function hasControls(text) {
  return /[\x00-\x1f]/.test(text);
}
