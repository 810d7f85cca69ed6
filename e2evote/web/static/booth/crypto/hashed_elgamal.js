// Hashed ElGamal with a proof of the nonce: the ballot nonce and contest data, encrypted under K̂.

import { b, concat, utf8, xor } from "./bytes.js";
import { H, Hq, kdf, TAG } from "./hashing.js";
import { proveSchnorr } from "./proofs.js";

/** @typedef {import("./group.js").FixedBase} FixedBase */
/** @typedef {import("./randomness.js").Randomness} Randomness */
/** @typedef {{ c_0: bigint, c_1: Uint8Array, c_2: import("./proofs.js").SchnorrProof }} HashedCiphertext */

/** Encrypt ξ_B under K̂ with a nonce of its own (EG-2.1 §3.3.4, eqs. 34–38).
 * @param {Uint8Array} h_i @param {FixedBase} g @param {FixedBase} K_hat @param {Uint8Array} xi_b @param {Randomness} rng
 * @returns {Promise<HashedCiphertext>}
 */
export async function encryptNonce(h_i, g, K_hat, xi_b, rng) {
  const { group } = g;
  const xi = rng.scalar(group);
  const [alpha, beta] = [g.power(xi), K_hat.power(xi)];
  // 22 ‖ α_B ‖ β_B: 1025 bytes
  const h = await H(h_i, TAG.BALLOT_NONCE_KEY, [group.element(alpha), group.element(beta)], 1 + 2 * group.l_p);
  // 01 ‖ label(12) ‖ 00 ‖ context(20) ‖ 0100: 36 bytes
  const k_1 = await kdf(h, b(1, 1), "ballot_nonce", utf8("ballot_nonce_encrypt"), b(256, 2), 36);
  const c_1 = xor(xi_b, k_1);
  // 23 ‖ a_B ‖ C_0 ‖ C_1(32): 1057 bytes
  const challenge = (/** @type {bigint} */ a) =>
    Hq(group, h_i, TAG.BALLOT_NONCE_PROOF, [group.element(a), group.element(alpha), c_1], 33 + 2 * group.l_p);
  return { c_0: alpha, c_1, c_2: await proveSchnorr(g, xi, challenge, rng) };
}

/** Return C_0 and C_1 of contest data (EG-2.1 §3.3.10, eqs. 65–68).
 * @param {Uint8Array} h_i @param {number} ind_c @param {FixedBase} g @param {FixedBase} K_hat
 * @param {Uint8Array} data whole blocks of 32 bytes
 * @param {bigint} xi
 * @returns {Promise<{ c_0: bigint, c_1: Uint8Array }>}
 */
export async function maskData(h_i, ind_c, g, K_hat, data, xi) {
  const { group } = g;
  const [alpha, beta] = [g.power(xi), K_hat.power(xi)];
  // 26 ‖ ind_c(4) ‖ α ‖ β: 1029 bytes
  const parts = [ind_c, group.element(alpha), group.element(beta)];
  const h = await H(h_i, TAG.CONTEST_DATA_KEY, parts, 5 + 2 * group.l_p);
  const context = concat(utf8("contest_data"), b(ind_c, 4));
  const length = b(8 * data.length, 4);
  const stream = [];
  for (let t = 1; t <= data.length / 32; t++) {
    // t(4) ‖ label(13) ‖ 00 ‖ context(16) ‖ length in bits(4): 38 bytes
    stream.push(await kdf(h, b(t, 4), "data_enc_keys", context, length, 38));
  }
  return { c_0: alpha, c_1: xor(data, concat(...stream)) };
}

/** Encrypt the data of one contest and prove the nonce (EG-2.1 §3.3.10, eqs. 64–69).
 * @param {Uint8Array} h_i @param {number} ind_c @param {FixedBase} g @param {FixedBase} K_hat
 * @param {Uint8Array} data
 * @param {bigint} xi
 * @param {Randomness} rng
 * @returns {Promise<HashedCiphertext>}
 */
export async function encryptData(h_i, ind_c, g, K_hat, data, xi, rng) {
  const { group } = g;
  const { c_0, c_1 } = await maskData(h_i, ind_c, g, K_hat, data, xi);
  // 27 ‖ ind_c(4) ‖ a ‖ C_0 ‖ C_1(32·b): 1029 + 32·b bytes
  const length = 5 + 2 * group.l_p + c_1.length;
  const challenge = (/** @type {bigint} */ a) =>
    Hq(group, h_i, TAG.CONTEST_DATA_PROOF, [ind_c, group.element(a), group.element(c_0), c_1], length);
  return { c_0, c_1, c_2: await proveSchnorr(g, xi, challenge, rng) };
}
