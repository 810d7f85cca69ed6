// Signing in: who the voter says they are, a question against programs, and a code that only they get.

import { Refused } from "./api.js";
import { enterCode, parseSent } from "./codes.js";
import { element } from "./dom.js";
import { count, names, take } from "./parsing.js";
import { findWork } from "./work.js";

/** @typedef {import("./booth.js").Booth} Booth */
/** @typedef {import("./screens.js").Screen} Screen */
/** @typedef {{ token: string, text: string, bits: number }} Question */

/** What leads back to the fields, with a message. */
const AGAIN = ["robot", "malformed", "too-often", "no-channel", "no-asking", "too-many-codes", "too-many-wrong"];

/** Sign in; `booth.turn` says then where the voter stands.
 * @param {Booth} booth
 */
export async function signIn(booth) {
  const { api, screens } = booth;
  const identity = new Identity(booth);
  for (let problem = null; ; ) {
    try {
      const sent = await identity.ask(problem);
      const entered = await enterCode(booth, {
        purpose: "sign_in",
        sent,
        resend: ({ token }, channel) => api.post("resend", { token, channel }),
        enter: (token, code) => screens.insist(() => api.post("enter", { token, code })),
      });
      if (entered) return booth.signedIn(entered);
      problem = null;
    } catch (error) {
      if (!(error instanceof Refused && AGAIN.includes(error.reason))) throw error;
      problem = error;
    }
  }
}

/** The screen with the fields; what was typed stays when it is shown again. */
class Identity {
  /** @param {Booth} booth */
  constructor(booth) {
    this.booth = booth;
    /** @type {Record<string, string>} */
    this.typed = {};
  }

  /** Ask who somebody is until a code is on its way.
   * @param {Refused | null} problem to begin with
   */
  async ask(problem) {
    const { screens } = this.booth;
    const question = await screens.insist(() => this.#question());
    const search = new AbortController();
    const work = findWork(question.token, question.bits, search.signal); // while the voter types
    work.catch(() => {});
    try {
      const screen = screens.show("identity", (screen) => this.#prepare(screen, question));
      if (problem) this.#explain(screen, problem);
      for (;;) {
        await screen.answer();
        if (!this.#complete(screen)) continue;
        screen.fill("working", this.booth.texts.say("one_moment"));
        const text = this.#value(screen, "answer");
        const answer = { token: question.token, text, work: await screen.busy(() => work) };
        const request = { fields: this.typed, answer };
        return parseSent(await screens.insist(() => this.booth.api.post("sign-in", request)));
      }
    } finally {
      search.abort();
    }
  }

  /** @returns {Promise<Question>} */
  async #question() {
    const found = await this.booth.api.post("question", {});
    const texts = take(found, "texts", "object");
    const text = Object.keys(texts).length ? this.booth.texts.name(names(found, "texts"), "") : "";
    return { token: take(found, "token", "string"), text, bits: count(found, "work_bits") };
  }

  /** @param {Screen} screen @param {Question} question */
  #prepare(screen, question) {
    const { election, texts } = this.booth;
    const fields = election.fields.map((name) => field(name, texts.say(`field_${name}`), this.typed[name] ?? ""));
    screen.fill("fields", ...fields);
    screen.toggle("question", question.text !== "");
    screen.fill("question-text", question.text);
  }

  /** Take what was typed; point at what is missing.
   * @param {Screen} screen
   */
  #complete(screen) {
    for (const name of this.booth.election.fields) this.typed[name] = this.#value(screen, name);
    const asked = [...this.booth.election.fields, ...(screen.slot("question").hidden ? [] : ["answer"])];
    const missing = asked.find((name) => !this.#value(screen, name));
    mark(screen, asked, missing);
    screen.problem(missing ? this.booth.texts.say("fill_in") : "");
    return missing === undefined;
  }

  /** @param {Screen} screen @param {Refused} refused */
  #explain(screen, refused) {
    screen.problem(this.booth.explain(refused));
    const wrong = refused.reason === "robot" ? "answer" : refused.field;
    mark(screen, [...this.booth.election.fields, "answer"], wrong);
  }

  /** @param {Screen} screen @param {string} name */
  #value(screen, name) {
    return input(screen, name).value.trim();
  }
}

/** Return one labelled field.
 * @param {string} name @param {string} label @param {string} value
 */
function field(name, label, value) {
  const autocomplete = { mobile: "tel", email: "email" }[name] ?? "off";
  const inputmode = { mobile: "tel", email: "email", national_id: "numeric" }[name] ?? "text";
  const id = `field-${name}`;
  const typed = element("input", { id, name, type: "text", dir: "ltr", autocomplete, inputmode, maxlength: 200, value });
  return element("p", { class: "field" }, element("label", { for: id }, label), typed);
}

/** Mark the field that is wrong, and go to it.
 * @param {Screen} screen @param {string[]} names @param {string | undefined} wrong
 */
function mark(screen, names, wrong) {
  for (const name of names) input(screen, name).setAttribute("aria-invalid", String(name === wrong));
  if (wrong && names.includes(wrong)) input(screen, wrong).focus();
}

/** @param {Screen} screen @param {string} name @returns {HTMLInputElement} */
function input(screen, name) {
  return /** @type {HTMLInputElement} */ (screen.find(`input[name="${name}"]`));
}
