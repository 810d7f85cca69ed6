// A check that failed, told to the board's server with its evidence; the same as a file for the inspectors.

const SECONDS = 30;
const LONGEST = { detail: 1000, words: 2000, proof: 32768 };

/** @typedef {import("./checking.js").Finding} Finding */
/** @typedef {{ code: string, nonce: string, finding: Finding, detail: string,
 *              ballot?: string, proof?: string }} Evidence */

/** Findings about what the ballot holds: nobody can look into these without the nonce. */
export const NEEDS_NONCE = new Set(["opening", "choices"]);

/** Return the report, as it is sent and kept (docs/formats/report.md).
 * @param {string} version of the checker @param {Evidence} evidence @param {string} words of the voter
 * @returns {string} canonical JSON
 */
export function reportOf(version, { code, nonce, finding, detail, ballot, proof }, words) {
  return JSON.stringify({
    format: "e2evote-report/v1",
    checker: version,
    confirmation_code: code,
    nonce: NEEDS_NONCE.has(finding) ? nonce : undefined,
    finding,
    detail: cut(detail, LONGEST.detail),
    ballot_sha256: ballot,
    proof: proof !== undefined && proof.length <= LONGEST.proof ? cut(proof, LONGEST.proof) : undefined,
    words: cut(words, LONGEST.words) || undefined,
  });
}

/** Send a report and return its number.
 * @param {string} url of the board @param {string} report @returns {Promise<number>}
 * @throws {Error} whose text says what the server answered; empty where it did not
 */
export async function send(url, report) {
  const limited = new AbortController();
  const timer = setTimeout(() => limited.abort(), 1000 * SECONDS);
  let answer;
  try {
    const headers = { "Content-Type": "application/json" };
    const asked = { method: "POST", body: report, headers, signal: limited.signal };
    answer = await fetch(`${url}/report`, { ...asked, credentials: "omit", referrerPolicy: "no-referrer" });
    const { number } = answer.ok ? await answer.json() : { number: null };
    if (Number.isSafeInteger(number)) return number;
  } catch {
    // said below
  } finally {
    clearTimeout(timer);
  }
  throw new Error(answer ? String(answer.status) : "");
}

/** Have the browser keep a report as a file.
 * @param {string} report @param {string} code
 */
export function keep(report, code) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([report], { type: "application/json" }));
  link.download = `report-${code.slice(0, 8)}.json`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}

/** Return a text without what JSON cannot carry, at most so many characters.
 * @param {string} text @param {number} longest @returns {string}
 */
function cut(text, longest) {
  const whole = new TextDecoder().decode(new TextEncoder().encode(text)); // halves of characters are replaced
  return [...whole].slice(0, longest).join("");
}
