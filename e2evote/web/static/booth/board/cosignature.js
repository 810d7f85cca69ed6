// Cosignatures by witnesses (C2SP tlog-cosignature, cosignature/v1 with Ed25519): a checkpoint, seen at a time.

import { integerOf, utf8 } from "../crypto/bytes.js";
import { isSignature } from "./ed25519.js";
import { BoardError } from "./error.js";
import { signaturesBy } from "./notes.js";

/** Return when which of the witnesses' keys have cosigned a checkpoint's note: the latest time, where one did twice.
 * A bad cosignature by a key that is known rejects the whole note.
 * @param {import("./notes.js").Note} note @param {import("./notes.js").VerifierKey[]} keys of type 04
 * @returns {Promise<Map<import("./notes.js").VerifierKey, bigint>>} seconds since 1970
 */
export async function verifyCosignatures(note, keys) {
  const times = new Map();
  for (const [key, { value }] of signaturesBy(note, keys)) {
    // time, 8 bytes ‖ signature, 64 bytes
    const time = integerOf(value.subarray(0, 8));
    const message = utf8(`cosignature/v1\ntime ${time}\n${note.text}`);
    const inRange = value.length === 72 && 0n < time && time < 1n << 63n;
    if (!inRange || !(await isSignature(key.public, value.subarray(8), message))) {
      throw new BoardError(`${key.name}: the cosignature does not hold`, "quorum");
    }
    const before = times.get(key) ?? 0n;
    times.set(key, before > time ? before : time);
  }
  return times;
}
