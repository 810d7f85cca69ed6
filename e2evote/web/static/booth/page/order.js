// Options in an order of each voter's own, so that nobody profits from standing first.

import { SYSTEM } from "../crypto/randomness.js";

/** @typedef {import("./election.js").Contest} Contest */

/** Return the options' positions in the order that they are shown in; write-ins stay behind the others.
 * @param {Contest} contest @param {boolean} kept whether the manifest's order is kept @returns {number[]}
 */
export function optionOrder(contest, kept) {
  const positions = contest.options.map((_, i) => i);
  if (kept) return positions;
  const isWriteIn = (/** @type {number} */ i) => Boolean(contest.options[i].write_in);
  return [...shuffled(positions.filter((i) => !isWriteIn(i))), ...positions.filter(isWriteIn)];
}

/** Return the items in an order of which each is as likely as any other (Fisher–Yates).
 * @template T
 * @param {T[]} items @param {(limit: number) => number} [below] draws a number below a limit @returns {T[]}
 */
export function shuffled(items, below = drawBelow) {
  const result = [...items];
  for (let left = result.length; left > 1; left--) {
    const drawn = below(left);
    [result[left - 1], result[drawn]] = [result[drawn], result[left - 1]];
  }
  return result;
}

/** Draw a number below a limit; what would favour some is drawn again.
 * @param {number} limit at most 2^32 @returns {number}
 */
function drawBelow(limit) {
  for (;;) {
    const drawn = new DataView(SYSTEM.bytes(4).buffer).getUint32(0);
    if (drawn < 2 ** 32 - (2 ** 32 % limit)) return drawn % limit;
  }
}
