// The Merkle tree of RFC 6962 §2.1 with SHA-256: that a leaf is in it.

import { concat, equal } from "../crypto/bytes.js";
import { BoardError } from "./error.js";
import { sha256 } from "./lines.js";

/** @param {Uint8Array} entry @returns {Promise<Uint8Array>} SHA-256(00 ‖ entry) */
export function leafHash(entry) {
  return sha256(concat(Uint8Array.of(0), entry));
}

/** @param {Uint8Array} left @param {Uint8Array} right @returns {Promise<Uint8Array>} SHA-256(01 ‖ left ‖ right) */
function nodeHash(left, right) {
  return sha256(concat(Uint8Array.of(1), left, right));
}

/** Check that the leaf with this hash is number `index` of the tree with this size and root (RFC 9162 §2.1.3.2).
 * @param {Uint8Array} leaf @param {number} index @param {number} size @param {Uint8Array[]} proof
 * @param {Uint8Array} root @returns {Promise<void>}
 */
export async function verifyInclusion(leaf, index, size, proof, root) {
  if (!(0 <= index && index < size)) throw wrong(`leaf ${index} is not in a tree of ${size} leaves`);
  let [node, last, value] = [index, size - 1, leaf];
  for (const sibling of proof) {
    if (last === 0) throw wrong("more hashes than the tree is high");
    if (node % 2 || node === last) {
      value = await nodeHash(sibling, value);
      while (node % 2 === 0 && node > 0) [node, last] = [half(node), half(last)]; // siblings that are missing
    } else {
      value = await nodeHash(value, sibling);
    }
    [node, last] = [half(node), half(last)];
  }
  if (last !== 0) throw wrong("fewer hashes than the tree is high");
  if (!equal(value, root)) throw wrong(`leaf ${index} with this hash is not under the root`);
}

/** @param {number} n @returns {number} */
function half(n) {
  return Math.floor(n / 2); // n may have more than 32 bits
}

/** @param {string} problem */
function wrong(problem) {
  return new BoardError(`inclusion proof: ${problem}`, "inclusion");
}
