// Receipts: the board's signed promise that an entry stands in its log, at this index, from a deadline on.

import { isTime, parseEntry } from "./entry.js";
import { BoardError } from "./error.js";
import { parseDecimal } from "./lines.js";
import { parseNote, verifyNote } from "./notes.js";

const HEADER = "e2evote-receipt/v1";

/** Return what a log of the policy promised.
 * @param {string} text a signed note whose text has five lines @param {import("./policy.js").Policy} policy
 * @returns {Promise<{ index: number, deadline: Date, entry: Record<string, any>, line: string }>}
 */
export async function verifyReceipt(text, policy) {
  const note = parseNote(text);
  const lines = note.text.split("\n");
  if (lines.length !== 6 || lines[5] || lines[0] !== HEADER) {
    throw new BoardError(`receipt: expected five lines, the first of them ${HEADER}`);
  }
  const [, origin, index, deadline, line] = lines;
  if (!origin || !isTime(deadline)) throw new BoardError("receipt: expected an origin, an index and a time");
  const promised = { index: parseDecimal(index, "index"), deadline: new Date(deadline), entry: parseEntry(line), line };
  const own = policy.logs.filter((key) => key.name === origin);
  if (!own.length) throw new BoardError(`receipt: it is of another board, ${origin}`, "signature");
  await verifyNote(note, own);
  return promised;
}
