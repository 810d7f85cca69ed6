// Ed25519 (RFC 8032) as the library verifies it: keys of small order refused, and no signature that only some accept.

import { Point, verifyAsync } from "../vendor/noble-ed25519/index.js";

const HALF = 32; // bytes of a key, and of each half of a signature

/** Tell whether signatures under a key say who signed.
 * @param {Uint8Array} key @returns {boolean}
 */
export function isSigningKey(key) {
  return isPrimeOrder(key);
}

/** Tell whether a signature holds.
 *
 * The library noble multiplies by the cofactor, OpenSSL, which verifies elsewhere, does not; they differ only where the
 * signature's point R is outside the subgroup of prime order, and then nobody believes it.
 * @param {Uint8Array} key @param {Uint8Array} signature @param {Uint8Array} data @returns {Promise<boolean>}
 */
export async function isSignature(key, signature, data) {
  if (signature.length !== 2 * HALF || !isPrimeOrder(signature.subarray(0, HALF))) return false;
  return verifyAsync(signature, data, key, { zip215: false });
}

/** Tell whether bytes are a point: canonical, on the curve, and in the subgroup of prime order.
 * @param {Uint8Array} encoded @returns {boolean}
 */
function isPrimeOrder(encoded) {
  try {
    const point = Point.fromBytes(encoded);
    return !point.isSmallOrder() && point.isTorsionFree();
  } catch {
    return false;
  }
}
