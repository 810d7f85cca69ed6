// Proofs that are verified offline (C2SP tlog-proof): an entry's index, inclusion proof, and the cosigned checkpoint.

import { utf8 } from "../crypto/bytes.js";
import { parseCheckpoint } from "./checkpoint.js";
import { parseEntry } from "./entry.js";
import { BoardError } from "./error.js";
import { decodeUtf8, parseBase64, parseDecimal, parseHash } from "./lines.js";
import { leafHash, verifyInclusion } from "./merkle.js";
import { MAX_NOTE, parseNote } from "./notes.js";
import { verifyWitnessed } from "./policy.js";

const HEADER = "c2sp.org/tlog-proof@v1";
const MAX_HASHES = 63;
const MAX_EXTRA = 64 * 1024;
const MAX_PROOF = MAX_NOTE + 2 * MAX_EXTRA;

/** @typedef {import("./policy.js").Policy} Policy */
/** @typedef {{ index: number, hashes: Uint8Array[], note: import("./notes.js").Note, extra: Uint8Array }} Proof */

/** Return the proof of a text; nothing in it is verified yet.
 * @param {string} text @returns {Proof}
 */
export function parseProof(text) {
  const divider = text.indexOf("\n\n");
  const head = text.slice(0, divider);
  if (utf8(text).length > MAX_PROOF || divider < 0 || !/^[\x00-\x7f]*$/.test(head)) {
    throw new BoardError("proof: expected ASCII lines, an empty line and a checkpoint");
  }
  const [header, ...lines] = head.split("\n");
  if (header !== HEADER) throw new BoardError(`proof: expected ${HEADER} in the first line`);
  let extra = new Uint8Array();
  if (lines[0]?.startsWith("extra ")) extra = parseBase64(String(lines.shift()).slice("extra ".length), "extra");
  if (!lines[0]?.startsWith("index ")) throw new BoardError("proof: expected an index line");
  const index = parseDecimal(String(lines.shift()).slice("index ".length), "index");
  if (lines.length > MAX_HASHES) throw new BoardError(`proof: more than ${MAX_HASHES} hashes`);
  if (extra.length > MAX_EXTRA) throw new BoardError(`proof: more than ${MAX_EXTRA} bytes of extra data`);
  const note = parseNote(text.slice(divider + 2));
  parseCheckpoint(note.text);
  return { index, hashes: lines.map((line) => parseHash(line, "hash")), note, extra };
}

/** Check that an entry is in the log at the proof's index, under a checkpoint that satisfies the policy.
 * @param {Proof} proof @param {Uint8Array} entry @param {Policy} policy
 * @returns {Promise<{ size: number, time: Date | null }>} of the checkpoint; the time is that of the quorum
 */
export async function verifyIncluded(proof, entry, policy) {
  const { checkpoint, time } = await verifyWitnessed(proof.note, policy);
  await verifyInclusion(await leafHash(entry), proof.index, checkpoint.size, proof.hashes, checkpoint.root);
  return { size: checkpoint.size, time };
}

/** Return what a board's proof, which brings its entry as extra data, proves.
 * @param {string} text @param {Policy} policy
 * @returns {Promise<{ index: number, size: number, entry: Record<string, any>, line: string, time: Date | null }>}
 */
export async function verifyProof(text, policy) {
  const proof = parseProof(text);
  const { size, time } = await verifyIncluded(proof, proof.extra, policy);
  const line = decodeUtf8(proof.extra, "entry");
  return { index: proof.index, size, entry: parseEntry(line), line, time };
}
