// What is wrong with what a board said, or with asking it.

/** Why something of a board is not believed; the checker has a sentence for each, and reports name it.
 *
 * unreachable: no answer, or none that makes sense; missing: no ballot has the code; unpublished: no published
 * checkpoint covers it yet; malformed: not in its form; signature: not signed by the log; quorum: not cosigned by
 * enough witnesses; inclusion: not in the log that the checkpoint stands for; other-entry: proved, but something else
 * than was asked for; other-ballot: not the ballot that the entry names; secret: a status without the secret for it.
 * @typedef {"unreachable" | "missing" | "unpublished" | "malformed" | "signature" | "quorum" | "inclusion"
 *           | "other-entry" | "other-ballot" | "secret"} Reason
 */

export class BoardError extends Error {
  /** @param {string} message in English @param {Reason} [reason] */
  constructor(message, reason = "malformed") {
    super(message);
    this.name = "BoardError";
    this.reason = reason;
    /** The proof that is not believed, as it was sent: evidence.
     * @type {string | undefined}
     */
    this.proof = undefined;
  }
}
