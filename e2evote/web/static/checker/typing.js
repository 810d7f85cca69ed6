// Code and nonce as people type them, and as a QR code has them.

export const DIGITS = 64;

/** Return the digits of a field: groups, lower case, marks of direction, Persian and Arabic digits are as good.
 * @param {string} text @returns {{ digits: string, wrong: string }} the first character that is none, if there is one
 */
export function readDigits(text) {
  let digits = "";
  for (const character of text.normalize("NFKC")) {
    const digit = digitOf(character);
    if (digit === null) return { digits, wrong: character };
    digits += digit;
  }
  return { digits, wrong: "" };
}

/** @param {string} character @returns {string | null} the digit; nothing for what separates, null for anything else */
function digitOf(character) {
  if (/[\s\p{Cf}\p{Pd}\p{Pc}.:,]/u.test(character)) return "";
  if (/[0-9A-Fa-f]/.test(character)) return character.toUpperCase();
  const point = /** @type {number} */ (character.codePointAt(0));
  for (const zero of [0x660, 0x6f0]) if (zero <= point && point < zero + 10) return String(point - zero);
  return null;
}

/** Return code and nonce of the QR code of a challenged ballot, null where it is none.
 * @param {string} text @returns {{ code: string, nonce: string } | null}
 */
export function readScanned(text) {
  const found = /^E2E1:([0-9A-F]{64}):([0-9A-F]{64})$/.exec(text.trim());
  return found && { code: found[1], nonce: found[2] };
}
