// Contest hashes and confirmation codes.

import { b, concat } from "./bytes.js";
import { H, TAG } from "./hashing.js";

/** @typedef {import("./group.js").Group} Group */
/** @typedef {import("./elgamal.js").Ciphertext} Ciphertext */
/** @typedef {import("./hashed_elgamal.js").HashedCiphertext} HashedCiphertext */

/** Return χ_l = H(H_I; 28, l, α_1, β_1, …, α_m, β_m[, C_0, C_1, C_2]), l the index in the manifest (EG-2.1 §3.4.1,
 * eq. 70).
 * @param {Group} group
 * @param {Uint8Array} h_i
 * @param {number} ind_c
 * @param {Ciphertext[]} options
 * @param {HashedCiphertext | null} data
 * @returns {Promise<Uint8Array>}
 */
export function contestHash(group, h_i, ind_c, options, data) {
  const pairs = options.flatMap(({ alpha, beta }) => [group.element(alpha), group.element(beta)]);
  // 28 ‖ l(4) ‖ α_1 ‖ β_1 ‖ …: 5 + 2m·l_p bytes; with data C_0 ‖ C_1(32·b) ‖ C_2(64) more
  const length = 5 + 2 * options.length * group.l_p;
  if (data === null) return H(h_i, TAG.CONTEST, [ind_c, ...pairs], length);
  const proof = concat(group.scalar(data.c_2.challenge), group.scalar(data.c_2.response));
  const parts = [ind_c, ...pairs, group.element(data.c_0), data.c_1, proof];
  return H(h_i, TAG.CONTEST, parts, length + group.l_p + data.c_1.length + 64);
}

/** Return B_C of a device without chaining: 00000000 ‖ H_DI (EG-2.1 §3.4.4, eq. 73).
 * @param {Uint8Array} h_di @returns {Uint8Array}
 */
export function unchainedField(h_di) {
  return concat(b(0, 4), h_di);
}

/** Return H_C = H(H_I; 29, χ_1, …, χ_m, B_C) (EG-2.1 §3.4.2, eq. 71).
 * @param {Uint8Array} h_i @param {Uint8Array[]} contestHashes @param {Uint8Array} chainingField
 * @returns {Promise<Uint8Array>}
 */
export function confirmationCode(h_i, contestHashes, chainingField) {
  // 29 ‖ χ_1 ‖ … ‖ B_C(36): 37 + 32·m bytes
  return H(h_i, TAG.CONFIRMATION_CODE, [...contestHashes, chainingField], 37 + 32 * contestHashes.length);
}
