// The subgroup of order q of the integers modulo p; elements and scalars are bigints, their group goes beside them.
// BigInt arithmetic takes a time that depends on the numbers; the threat model says what follows.

import { b, fromHex, integerOf } from "./bytes.js";

/** Bytes of a scalar. */
export const L_Q = 32;
/** A set of parameters (EG-2.1 §3.1.1). */
export class Group {
  /** @param {string} name @param {bigint} p @param {bigint} q @param {bigint} g */
  constructor(name, p, q, g) {
    this.name = name;
    this.p = p;
    this.q = q;
    this.g = g;
    /** Bytes of an element. */
    this.l_p = Math.ceil(p.toString(16).length / 2);
  }

  /** @param {bigint} x @returns {Uint8Array} */
  element(x) {
    return b(x, this.l_p);
  }

  /** @param {bigint} x @returns {Uint8Array} */
  scalar(x) {
    return b(x, L_Q);
  }

  /** @param {string} text @returns {bigint} */
  parseElement(text) {
    return integerOf(fromHex(text, this.l_p));
  }

  /** @param {string} text @returns {bigint} */
  parseScalar(text) {
    return integerOf(fromHex(text, L_Q));
  }

  /** Return x mod q, also of negative numbers.
   * @param {bigint} x
   * @returns {bigint}
   */
  modQ(x) {
    const rest = x % this.q;
    return rest < 0n ? rest + this.q : rest;
  }

  /** @param {bigint} x @param {bigint} y @returns {bigint} */
  times(x, y) {
    return (x * y) % this.p;
  }

  /** @param {bigint} base @param {bigint} exponent at least 0 @returns {bigint} */
  power(base, exponent) {
    let result = 1n;
    for (const bit of exponent.toString(2)) {
      result = (result * result) % this.p;
      if (bit === "1") result = (result * base) % this.p;
    }
    return result % this.p;
  }

  /** Tell whether 0 < x < p and x^q mod p = 1.
   * @param {bigint} x
   * @returns {boolean}
   */
  isMember(x) {
    return 0n < x && x < this.p && this.power(x, this.q) === 1n;
  }
}

/** Powers of one base from a table of base^(d·2^(window·i)): a product for each digit of the exponent. */
export class FixedBase {
  /** @param {Group} group @param {bigint} base @param {number} window 6 where there are a hundred powers */
  constructor(group, base, window = 6) {
    this.group = group;
    this.base = base;
    this.window = window;
    /** @type {bigint[][]} */
    this.table = [];
    let step = base;
    for (let bits = 0; bits < 8 * L_Q; bits += window) {
      const row = [1n];
      for (let digit = 1; digit < 1 << window; digit++) row.push(group.times(row[digit - 1], step));
      this.table.push(row);
      step = group.times(row[row.length - 1], step);
    }
  }

  /** @param {bigint} exponent in Z_q @returns {bigint} */
  power(exponent) {
    const { p } = this.group;
    const mask = BigInt((1 << this.window) - 1);
    let result = 1n;
    for (let row = 0; exponent > 0n; row++, exponent >>= BigInt(this.window)) {
      const digit = Number(exponent & mask);
      if (digit) result = (result * this.table[row][digit]) % p;
    }
    return result;
  }
}
