// What the page asks of the server: JSON of the same origin, with the session's cookie.

import { Malformed, count, take } from "./parsing.js";

/** @typedef {import("./clock.js").Clock} Clock */

const PATIENCE = 60_000;

/** The server says no, for a reason. */
export class Refused extends Error {
  /** @param {string} reason @param {string} message in the reader's language @param {number} wait seconds
   * @param {string} field */
  constructor(reason, message = "", wait = 0, field = "") {
    super(message);
    this.reason = reason;
    this.wait = wait;
    this.field = field;
  }
}

/** No answer came, or the server is busy: the same may be asked again. */
export class Unreachable extends Error {
  /** @param {number} wait seconds after which asking again makes sense */
  constructor(wait = 0) {
    super("unreachable");
    this.wait = wait;
  }
}

/** Asks the server. */
export class Api {
  /** @param {string} language @param {Clock} clock which every answer sets */
  constructor(language, clock) {
    this.language = language;
    this.clock = clock;
  }

  /** Ask where the voter stands.
   * @returns {Promise<any>}
   */
  turn() {
    return this.#ask("turn", { method: "GET" });
  }

  /** Ask for something to be done.
   * @param {string} call @param {object} body @returns {Promise<any>} the answer
   * @throws {Refused | Unreachable | Malformed}
   */
  post(call, body) {
    const headers = { "Content-Type": "application/json", "X-E2EVote": "1" };
    return this.#ask(call, { method: "POST", headers, body: JSON.stringify(body) });
  }

  /** @param {string} call @param {RequestInit} how */
  async #ask(call, how) {
    const { response, text } = await fetched(`/vote/api/${call}?lang=${this.language}`, how);
    const answer = parsed(text, response);
    this.clock.set(count(answer, "now"));
    if (response.ok) return answer;
    const wait = "wait" in answer ? count(answer, "wait") : 0;
    if (response.status >= 500) throw new Unreachable(wait);
    const reason = take(answer, "error", "string");
    if (reason === "not-on-board") throw new Unreachable(wait); // in a moment it is
    const field = "field" in answer ? take(answer, "field", "string") : "";
    throw new Refused(reason, take(answer, "message", "string"), wait, field);
  }
}

/** Return the text of a public file, null where there is none yet.
 * @param {string} path @returns {Promise<string | null>}
 * @throws {Unreachable}
 */
export async function fetchText(path) {
  const { response, text } = await fetched(path, { method: "GET" });
  if (response.status === 404) return null;
  if (!response.ok) throw new Unreachable();
  return text;
}

/** @param {string} address @param {RequestInit} how */
async function fetched(address, how) {
  const fixed = /** @type {RequestInit} */ ({ cache: "no-store", credentials: "same-origin", redirect: "error" });
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), PATIENCE);
  try {
    const response = await fetch(address, { ...fixed, ...how, signal: patience.signal });
    return { response, text: await response.text() };
  } catch {
    throw new Unreachable();
  } finally {
    clearTimeout(timer);
  }
}

/** @param {string} text @param {Response} response */
function parsed(text, response) {
  try {
    return JSON.parse(text);
  } catch {
    // what stands before the server, such as a proxy, answers in its own words while the server is down
    if (response.status >= 500) throw new Unreachable();
    throw new Malformed("the server's answer is no JSON");
  }
}
