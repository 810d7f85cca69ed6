// The checker: reads the pinned data, then goes from screen to screen. A screen is a function that makes its elements.

import { toHex, utf8 } from "../booth/crypto/bytes.js";
import { sha256 } from "../booth/board/lines.js";
import { check } from "./checking.js";
import { closed, element, grouped } from "./dom.js";
import { preferred, Language } from "./language.js";
import { busyScreen, outcomeScreen } from "./outcomes.js";
import { startScreen } from "./start.js";

/** @typedef {() => import("./dom.js").Child[]} Screen */

const PINNED = contentOf("election").replace(/\\u003c/g, "<"); // as election.json has it
const ELECTION = JSON.parse(PINNED);
const PAGE = JSON.parse(contentOf("page"));
/** Where the page itself comes from, empty where that is a file. */
const ORIGIN = location.protocol.startsWith("http") ? location.origin : "";

/** What the screens share. */
export class Checker {
  constructor() {
    this.election = ELECTION;
    this.version = PAGE.version;
    /** Digits as typed. */
    this.typed = { code: "", nonce: "" };
    this.board = ELECTION.board.url || ORIGIN;
    /** Whether the page comes from the board's own server, so that there is nothing to choose. */
    this.atHome = ORIGIN !== "" && new URL(this.board, location.href).origin === ORIGIN;
    /** @type {Language} */
    this.language = this.speak(preferred(Object.keys(PAGE.languages), navigator.languages));
    /** @type {Screen} */
    this.screen = () => startScreen(this);
    /** Ends what the screen has begun. */
    this.leaving = new AbortController();
  }

  /** @param {string} tag @returns {Language} */
  speak(tag) {
    this.language = new Language(PAGE.languages[tag], ELECTION.zone);
    document.documentElement.lang = this.language.tag;
    document.documentElement.dir = this.language.direction;
    return this.language;
  }

  /** @param {string} name @param {Record<string, string>} [values] @returns {string} */
  text(name, values) {
    return this.language.text(name, values);
  }

  /** Show another screen and bring the reader to its heading.
   * @param {Screen} screen
   */
  show(screen) {
    this.leaving.abort();
    this.leaving = new AbortController();
    this.screen = screen;
    this.draw();
    document.querySelector("h1")?.focus();
  }

  /** Draw the screen anew, in the language that is chosen. */
  draw() {
    document.title = `${this.text("title")} · ${this.language.nameOf(this.named())}`;
    document.querySelector("header")?.replaceWith(this.header());
    document.querySelector("main")?.replaceChildren(...this.screen());
    document.querySelector("footer")?.replaceChildren(this.trust());
  }

  /** Check what was entered.
   * @param {boolean} [unasked] open it although the board does not say that it was challenged
   */
  async check(unasked = false) {
    const { code, nonce } = this.typed;
    this.show(() => busyScreen(this));
    const { signal } = this.leaving;
    await new Promise((resolve) => setTimeout(resolve)); // lets the screen be drawn
    try {
      const outcome = await check(ELECTION, this.board, code, nonce, unasked, signal);
      if (!signal.aborted) this.show(() => outcomeScreen(this, outcome));
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  /** Begin again, with empty fields. */
  restart() {
    this.typed = { code: "", nonce: "" };
    this.show(() => startScreen(this));
  }

  named() {
    return { label: ELECTION.manifest.label, name: ELECTION.names };
  }

  /** @returns {HTMLElement} */
  header() {
    const choices = Object.entries(PAGE.languages).map(([tag, { name }]) => {
      const chosen = tag === this.language.tag;
      const choose = () => {
        this.speak(tag);
        this.draw();
        /** @type {HTMLElement | null} */ (document.querySelector(`nav [lang="${tag}"]`))?.focus();
      };
      return element("button", { type: "button", lang: tag, "aria-pressed": String(chosen), click: choose }, name);
    });
    const title = element("p", { class: "election" }, element("bdi", {}, this.language.nameOf(this.named())));
    return element("header", {}, title, element("nav", { "aria-label": this.text("language") }, ...choices));
  }

  /** What somebody can compare by another channel.
   * @returns {HTMLElement}
   */
  trust() {
    const digest = grouped("");
    void sha256(utf8(PINNED)).then((hash) => digest.replaceWith(grouped(toHex(hash))));
    const logs = ELECTION.board.policy.match(/^log\s+\S+/gm) ?? [];
    const keys = logs.map((/** @type {string} */ line) => element("bdi", { dir: "ltr" }, line.split(/\s+/)[1]));
    /** @type {[string, HTMLElement[]][]} */
    const rows = [
      ["election", [digest]],
      ["h_e", [grouped(ELECTION.h_e)]],
      ["log", keys],
      ["version", [element("bdi", { dir: "ltr" }, this.version)]],
    ];
    const list = rows.flatMap(([name, values]) => [
      element("dt", {}, this.text(name)),
      ...values.map((value) => element("dd", {}, value)),
    ]);
    return closed(this.text("trust"), element("p", {}, this.text("trust_why")), element("dl", {}, ...list));
  }
}

/** @param {string} id @returns {string} */
function contentOf(id) {
  return /** @type {HTMLElement} */ (document.getElementById(id)).textContent ?? "";
}

if (typeof BigInt === "function" && globalThis.crypto?.subtle && typeof AbortController === "function") {
  document.getElementById("old")?.remove();
  document.body.prepend(element("header"), element("main"), element("footer"));
  new Checker().draw();
}
