// Checkpoints (C2SP tlog-checkpoint): a log's origin, size and root; the origin is the name of the key, no extensions.

import { BoardError } from "./error.js";
import { parseDecimal, parseHash } from "./lines.js";
import { verifyNote } from "./notes.js";

/** @typedef {{ origin: string, size: number, root: Uint8Array }} Checkpoint */

/** @param {string} text of the checkpoint's note @returns {Checkpoint} */
export function parseCheckpoint(text) {
  const lines = text.split("\n");
  if (lines.length !== 4 || lines[3] || !lines[0]) {
    throw new BoardError("checkpoint: expected three lines: origin, size, root");
  }
  return { origin: lines[0], size: parseDecimal(lines[1], "size"), root: parseHash(lines[2], "root") };
}

/** Return the checkpoint of a note that one of the logs' keys has signed, one with the origin's name.
 * @param {import("./notes.js").Note} note @param {import("./notes.js").VerifierKey[]} keys
 * @returns {Promise<Checkpoint>}
 */
export async function verifyCheckpoint(note, keys) {
  const checkpoint = parseCheckpoint(note.text);
  const own = keys.filter((key) => key.name === checkpoint.origin);
  if (!own.length) throw new BoardError(`no key is known for the origin ${checkpoint.origin}`, "signature");
  await verifyNote(note, own);
  return checkpoint;
}
