// Range proofs (disjunctive Chaum–Pedersen) and Schnorr proofs, as they are made.

import { Hq } from "./hashing.js";

/** @typedef {import("./group.js").Group} Group */
/** @typedef {import("./group.js").FixedBase} FixedBase */
/** @typedef {import("./elgamal.js").Ciphertext} Ciphertext */
/** @typedef {import("./randomness.js").Randomness} Randomness */
/** @typedef {{ challenges: bigint[], responses: bigint[] }} RangeProof */
/** @typedef {{ challenge: bigint, response: bigint }} SchnorrProof */

/** Return c = H_q(H_I; tag, ind_c[, ind_o], α, β, a_0, b_0, …, a_R, b_R) (EG-2.1 §3.3.7, eq. 59; §3.3.8, eq. 62).
 * @param {Group} group
 * @param {Uint8Array} h_i
 * @param {number} tag
 * @param {number[]} indices ind_c, and ind_o where the proof is of one field
 * @param {Ciphertext} ciphertext
 * @param {bigint[]} commitments
 * @returns {Promise<bigint>}
 */
export function rangeChallenge(group, h_i, tag, indices, { alpha, beta }, commitments) {
  const elements = [alpha, beta, ...commitments].map((x) => group.element(x));
  // tag ‖ ind_c(4)[ ‖ ind_o(4)] ‖ α ‖ β ‖ a_0 ‖ b_0 ‖ …: 3081 bytes for an option with R = 1
  return Hq(group, h_i, tag, [...indices, ...elements], 1 + 4 * indices.length + elements.length * group.l_p);
}

/** Prove that Enc(value, ξ) lies in 0…limit: the true branch honestly, every other with its challenge chosen first
 * (EG-2.1 §3.3.7, eqs. 57, 58, 60, 61).
 * @param {FixedBase} g
 * @param {FixedBase} K
 * @param {number} value
 * @param {bigint} xi
 * @param {number} limit
 * @param {(commitments: bigint[]) => Promise<bigint>} challenge of a_0, b_0, …, a_R, b_R
 * @param {Randomness} rng
 * @returns {Promise<RangeProof>}
 */
export async function proveRange(g, K, value, xi, limit, challenge, rng) {
  if (!(Number.isInteger(value) && 0 <= value && value <= limit)) throw new RangeError("there is no true branch");
  const { group } = g;
  const branches = Array.from({ length: limit + 1 }, (_, j) => j);
  const u = branches.map(() => rng.scalar(group));
  const c = branches.map((j) => (j === value ? 0n : rng.scalar(group)));
  // t_j = u_j + (ℓ − j)·c_j, which is u_ℓ in the true branch
  const t = branches.map((j) => group.modQ(u[j] + BigInt(value - j) * c[j]));
  const commitments = branches.flatMap((j) => [g.power(u[j]), K.power(t[j])]);
  const others = c.reduce((sum, c_j) => sum + c_j, 0n);
  c[value] = group.modQ((await challenge(commitments)) - others);
  return { challenges: c, responses: branches.map((j) => group.modQ(u[j] - c[j] * xi)) };
}

/** Prove knowledge of x with X = g^x: a = g^u, c = challenge(a), v = u − c·x (EG-2.1 §3.2.2, eq. 22).
 * @param {FixedBase} g
 * @param {bigint} x
 * @param {(a: bigint) => Promise<bigint>} challenge
 * @param {Randomness} rng
 * @returns {Promise<SchnorrProof>}
 */
export async function proveSchnorr(g, x, challenge, rng) {
  const u = rng.scalar(g.group);
  const c = await challenge(g.power(u));
  return { challenge: c, response: g.group.modQ(u - c * x) };
}
