// One screen at a time, from the templates of the page; its heading gets the focus, so that readers hear where they are.

import { byId, element } from "./dom.js";
import { Unreachable } from "./api.js";
import { sleep } from "./pause.js";

/** @typedef {import("./texts.js").Texts} Texts */

/** How often a busy server is asked before the reader is. */
const TRIES = 5;

/** A screen that is shown. */
export class Screen {
  /** @param {HTMLElement} root @param {Promise<never>} interrupted rejects when something ends what the reader does */
  constructor(root, interrupted) {
    this.root = root;
    this.interrupted = interrupted;
    /** @type {(answer: string) => void} */
    this.take = () => {};
    root.addEventListener("click", (event) => {
      const button = /** @type {HTMLElement} */ (event.target).closest("[data-answer]");
      if (button instanceof HTMLElement) this.take(button.dataset.answer ?? "");
    });
    root.addEventListener("keydown", (event) => {
      const typed = event.target instanceof HTMLInputElement && event.target.type === "text";
      if (event.key === "Enter" && typed) this.find("[data-primary]").click();
    });
  }

  /** @param {string} selector @returns {HTMLElement} */
  find(selector) {
    const found = this.root.querySelector(selector);
    if (!(found instanceof HTMLElement)) throw new Error(`the screen has no ${selector}`);
    return found;
  }

  /** Return the place in the screen for what the template does not know.
   * @param {string} name @returns {HTMLElement}
   */
  slot(name) {
    return this.find(`[data-slot="${name}"]`);
  }

  /** Fill a place, and show it.
   * @param {string} name @param {...(Node | string)} content
   */
  fill(name, ...content) {
    this.slot(name).replaceChildren(...content);
    this.slot(name).hidden = false;
  }

  /** Show a part of the screen, or hide it.
   * @param {string} name @param {boolean} visible
   */
  toggle(name, visible) {
    this.slot(name).hidden = !visible;
  }

  /** Say what is wrong, at once; an empty text says nothing.
   * @param {string} message
   */
  problem(message) {
    this.slot("problem").replaceChildren(...(message ? [element("p", {}, message)] : []));
  }

  /** Wait until a button is pressed, and return which.
   * @returns {Promise<string>}
   */
  answer() {
    /** @type {Promise<string>} */
    const pressed = new Promise((resolve) => (this.take = resolve));
    return Promise.race([pressed, this.interrupted]);
  }

  /** Let nothing be pressed while something is being done.
   * @template T
   * @param {() => Promise<T>} doing @returns {Promise<T>}
   */
  async busy(doing) {
    this.take = () => {};
    this.root.setAttribute("aria-busy", "true");
    try {
      return await doing();
    } finally {
      this.root.removeAttribute("aria-busy");
    }
  }
}

/** Shows screens. */
export class Screens {
  /** @param {Texts} texts @param {string} title of the page, behind a screen's own */
  constructor(texts, title) {
    this.texts = texts;
    this.title = title;
    this.held = false;
    /** @type {Error | null} */
    this.interruption = null;
    /** @type {(reason: Error) => void} */
    this.reject = () => {};
    this.interrupted = this.#uninterrupted();
  }

  /** Show the screen of a template.
   * @param {string} name @param {(screen: Screen) => void} [prepare] fills it before it is seen @returns {Screen}
   */
  show(name, prepare = () => {}) {
    if (this.interruption) throw this.interruption;
    const template = /** @type {HTMLTemplateElement} */ (byId(`screen-${name}`));
    const root = element("div", { class: "screen", "data-screen": name });
    root.append(template.content.cloneNode(true));
    const screen = new Screen(root, this.interrupted);
    prepare(screen);
    byId("screen").replaceChildren(root);
    const heading = screen.find("h1");
    document.title = `${heading.textContent} · ${this.title}`;
    heading.focus({ preventScroll: true });
    window.scrollTo(0, 0);
    return screen;
  }

  /** End what the reader does: who waits for an answer, or shows the next screen, gets the reason.
   * @param {Error} reason
   */
  interrupt(reason) {
    if (this.held) return;
    this.interruption = reason;
    this.reject(reason);
  }

  /** Let nothing interrupt what has begun. */
  hold() {
    this.held = true;
  }

  release() {
    this.held = false;
  }

  /** Forget an interruption. */
  resume() {
    this.interruption = null;
    this.interrupted = this.#uninterrupted();
  }

  /** @returns {Promise<never>} */
  #uninterrupted() {
    /** @type {Promise<never>} */
    const promise = new Promise((_, reject) => (this.reject = reject));
    promise.catch(() => {}); // nobody may be waiting
    return promise;
  }

  /** Do something that needs the network; when there is none, say so and let the reader try again, as often as it takes.
   * A server that is busy says when to come back; the reader hears of it only if that goes on.
   * @template T
   * @param {() => Promise<T>} doing @returns {Promise<T>}
   */
  async insist(doing) {
    for (let tries = 1; ; tries++) {
      try {
        return await doing();
      } catch (error) {
        if (!(error instanceof Unreachable)) throw error;
        if (error.wait && tries % TRIES) await Promise.race([sleep(error.wait), this.interrupted]);
        else await this.#askAgain();
      }
    }
  }

  async #askAgain() {
    const before = document.activeElement;
    const button = element("button", { type: "button" }, this.texts.say("try_again"));
    const panel = byId("connection");
    panel.replaceChildren(element("p", {}, this.texts.say("no_connection")), button);
    panel.hidden = false;
    button.focus();
    const pressed = new Promise((resolve) => button.addEventListener("click", resolve));
    try {
      await Promise.race([pressed, this.interrupted]);
    } finally {
      panel.hidden = true;
      panel.replaceChildren();
      if (before instanceof HTMLElement) before.focus();
    }
  }
}
