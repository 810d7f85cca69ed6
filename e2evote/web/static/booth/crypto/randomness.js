// Where secret numbers come from: the browser's generator, unless a caller hands in another source (tests do).

import { integerOf } from "./bytes.js";
import { L_Q } from "./group.js";

/** @typedef {import("./group.js").Group} Group */
/** @typedef {{ bytes(n: number): Uint8Array, scalar(group: Group): bigint }} Randomness */

/** @type {Randomness} */
export const SYSTEM = {
  bytes: (n) => crypto.getRandomValues(new Uint8Array(n)),
  scalar(group) {
    for (;;) {
      const x = integerOf(this.bytes(L_Q)) >> BigInt(8 * L_Q - group.q.toString(2).length);
      if (x < group.q) return x;
    }
  },
};
