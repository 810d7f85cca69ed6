// Exponential ElGamal: (α, β) = (g^ξ, K^(σ+ξ)), which add up when they are multiplied.

/** @typedef {import("./group.js").Group} Group */
/** @typedef {import("./group.js").FixedBase} FixedBase */
/** @typedef {{ alpha: bigint, beta: bigint }} Ciphertext */

/** Encrypt σ with nonce ξ (EG-2.1 §3.3.1, eq. 31).
 * @param {FixedBase} g @param {FixedBase} K @param {number} sigma @param {bigint} xi @returns {Ciphertext}
 */
export function encrypt(g, K, sigma, xi) {
  return { alpha: g.power(xi), beta: K.power(K.group.modQ(BigInt(sigma) + xi)) };
}

/** Return (Π α^n, Π β^n · K^−constant), an encryption of Σ n·value − constant, of ciphertexts this page made.
 * @param {Group} group
 * @param {Ciphertext[]} ciphertexts
 * @param {number[]} coefficients
 * @param {number} constant
 * @param {FixedBase} K
 * @returns {Ciphertext}
 */
export function combine(group, ciphertexts, coefficients, constant, K) {
  let total = { alpha: 1n, beta: K.power(group.modQ(BigInt(-constant))) };
  for (const [i, n] of coefficients.entries()) {
    if (n === 0) continue;
    const exponent = group.modQ(BigInt(n)); // members of the group have order q
    const { alpha, beta } = ciphertexts[i];
    total = {
      alpha: group.times(total.alpha, n === 1 ? alpha : group.power(alpha, exponent)),
      beta: group.times(total.beta, n === 1 ? beta : group.power(beta, exponent)),
    };
  }
  return total;
}
