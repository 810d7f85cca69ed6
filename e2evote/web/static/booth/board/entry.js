// Entries of an election's board: one canonical JSON object each, with the fields of its kind in their order.

import { utf8 } from "../crypto/bytes.js";
import { BoardError } from "./error.js";

const LIMIT = 2 ** 16 - 1; // bytes
const HASH = /^[0-9A-F]{64}$/;

/** @type {Record<string, (value: unknown) => boolean>} */
const FIELDS = {
  time: isTime,
  path: (value) => typeof value === "string" && value !== "" && [...value].length <= 200,
  device: isIndex,
  position: isIndex,
  status: (value) => ["cast", "challenged", "spoiled", "uncast"].includes(/** @type {string} */ (value)),
  confirmation_code: isHash,
  sha256: isHash,
  cast_commitment: isHash,
  challenge_commitment: isHash,
  secret: isHash,
};
/** The fields behind `kind` and `time`; those with a question mark may be left out. */
const KINDS = new Map([
  ["file", ["path", "sha256"]],
  ["ballot", ["device", "position", "confirmation_code", "sha256", "cast_commitment?", "challenge_commitment?"]],
  ["status", ["confirmation_code", "status", "secret?"]],
  ["recorded", ["confirmation_code", "sha256"]],
  ["opened", ["confirmation_code", "sha256"]],
  ["end", []],
]);

/** Return the entry that a line is the canonical JSON of.
 * @param {string} line @returns {Record<string, any>} with `kind`, and the fields of that kind
 */
export function parseEntry(line) {
  const entry = objectOf(line);
  const fields = KINDS.get(entry.kind);
  if (!fields) throw new BoardError("entry: expected an object with a kind that is known");
  const present = ["time", ...fields].filter((name) => !name.endsWith("?") || name.slice(0, -1) in entry);
  const names = ["kind", ...present.map((name) => name.replace("?", ""))];
  // The text is compared with what the fields make in their order: nothing is there twice, or written otherwise.
  if (JSON.stringify(Object.fromEntries(names.map((name) => [name, entry[name]]))) !== line) {
    throw new BoardError(`entry: not the canonical form of a ${entry.kind} entry`);
  }
  for (const name of names.slice(1)) {
    if (!FIELDS[name](entry[name])) throw new BoardError(`entry: ${name} has another form`);
  }
  return entry;
}

/** @param {string} line @returns {Record<string, any>} */
function objectOf(line) {
  if (utf8(line).length > LIMIT) throw new BoardError(`entry: longer than ${LIMIT} bytes`);
  try {
    const value = JSON.parse(line);
    if (value !== null && typeof value === "object" && !Array.isArray(value)) return value;
  } catch {
    // said below
  }
  throw new BoardError("entry: not a JSON object");
}

/** Tell whether something is a time as `2026-12-01T08:00:00Z`, one that exists.
 * @param {unknown} value @returns {boolean}
 */
export function isTime(value) {
  if (typeof value !== "string" || !/^(?!0000)\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(value)) return false;
  const moment = new Date(value);
  return !Number.isNaN(moment.getTime()) && moment.toISOString() === value.replace("Z", ".000Z");
}

/** @param {unknown} value @returns {boolean} */
function isHash(value) {
  return typeof value === "string" && HASH.test(value);
}

/** @param {unknown} value @returns {boolean} */
function isIndex(value) {
  return Number.isInteger(value) && 1 <= Number(value) && Number(value) < 2 ** 31;
}
