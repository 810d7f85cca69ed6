// Both clocks: how long voting lasts, and how long there is for this ballot. The time is the server's.

import { byId } from "./dom.js";

/** @typedef {import("./texts.js").Texts} Texts */

/** Seconds before an end from which on it is called near. */
const NEAR = 120;

/** Knows the time, and tells when an end is near or there. */
export class Clock {
  /** @param {Texts} texts */
  constructor(texts) {
    this.texts = texts;
    this.offset = 0;
    /** @type {Map<string, Span>} */
    this.spans = new Map();
    setInterval(() => this.tick(), 500);
  }

  /** Take over the server's time.
   * @param {number} now seconds since 1970
   */
  set(now) {
    this.offset = now - Math.floor(Date.now() / 1000);
  }

  /** Seconds since 1970. */
  get now() {
    return Math.floor(Date.now() / 1000) + this.offset;
  }

  /** Return the time as a ballot states it. */
  get stamp() {
    return new Date(this.now * 1000).toISOString().replace(".000Z", "Z");
  }

  /** Show the time until an end in the page's bar, from now on.
   * @param {"election" | "ballot"} name @param {number} end seconds since 1970 @param {() => void} over called at it
   */
  start(name, end, over) {
    this.spans.set(name, new Span(this.texts, name, end, over));
    this.tick();
  }

  /** @param {"election" | "ballot"} name */
  stop(name) {
    this.spans.delete(name);
    byId(`${name}-clock`).hidden = true;
    byId(`${name}-near`).textContent = "";
  }

  tick() {
    for (const [name, span] of this.spans) {
      if (span.show(this.now)) continue;
      this.spans.delete(name);
      span.over();
    }
    // what else stays in sight stands below the clocks, whose lines depend on language, width and warnings
    document.documentElement.style.setProperty("--clocks", `${byId("clocks").offsetHeight}px`);
  }
}

/** Time until an end, as it is shown. */
class Span {
  /** @param {Texts} texts @param {string} name @param {number} end @param {() => void} over */
  constructor(texts, name, end, over) {
    this.texts = texts;
    this.name = name;
    this.end = end;
    this.over = over;
  }

  /** Show what is left; tell whether anything is.
   * @param {number} now
   */
  show(now) {
    const left = Math.max(0, this.end - now);
    byId(`${this.name}-left`).textContent = this.texts.duration(left);
    byId(`${this.name}-clock`).hidden = false;
    byId(`${this.name}-clock`).classList.toggle("near", left <= NEAR);
    const warning = left && left <= NEAR ? this.texts.say(`${this.name}_near`) : "";
    const said = byId(`${this.name}-near`); // a live region: what does not change is not said again
    if (said.textContent !== warning) said.textContent = warning;
    return left > 0;
  }
}
