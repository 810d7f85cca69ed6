// Words, digits and dates of the page's language; the words are in the page.

import { byId } from "./dom.js";

/** @typedef {Record<string, string>} Names text by language */
/** @typedef {Record<string, string | number>} Values */

/** What is said in the language of the page. */
export class Texts {
  /** @param {string} tag @param {string} locale for numbers and dates @param {Record<string, string>} words */
  constructor(tag, locale, words) {
    this.tag = tag;
    this.locale = locale;
    this.words = words;
    this.digits = new Intl.NumberFormat(locale);
    this.twoDigits = new Intl.NumberFormat(locale, { minimumIntegerDigits: 2 });
  }

  /** Read them from the page. */
  static ofPage() {
    const { lang, dataset } = document.documentElement;
    return new Texts(lang, dataset.locale ?? lang, JSON.parse(byId("texts").textContent ?? ""));
  }

  /** Return a text with its places filled; numbers get the language's digits.
   * @param {string} key @param {Values} [values] @returns {string}
   */
  say(key, values = {}) {
    if (!(key in this.words)) throw new Error(`the page has no text ${key}`);
    return this.words[key].replace(/\{(\w+)\}/g, (_, name) => {
      const value = values[name];
      return typeof value === "number" ? this.number(value) : String(value);
    });
  }

  /** @param {string} key @returns {boolean} */
  has(key) {
    return key in this.words;
  }

  /** @param {number} value @returns {string} */
  number(value) {
    return this.digits.format(value);
  }

  /** Return what something is called in this language, or in any that there is.
   * @param {Names | undefined} names @param {string} otherwise @returns {string}
   */
  name(names, otherwise) {
    return names?.[this.tag] ?? Object.values(names ?? {})[0] ?? otherwise;
  }

  /** Return a duration as days and a clock.
   * @param {number} seconds @returns {string}
   */
  duration(seconds) {
    const [days, hours, minutes] = [seconds / 86400, (seconds / 3600) % 24, (seconds / 60) % 60].map(Math.floor);
    const parts = days || hours ? [hours, minutes] : [minutes];
    const clock = [...parts, Math.floor(seconds % 60)].map((n) => this.twoDigits.format(n)).join(":");
    return days ? this.say("days_and_clock", { days, clock }) : clock;
  }

  /** Return day and time of day in the election's time zone.
   * @param {Date} moment @param {string} timeZone @returns {string}
   */
  time(moment, timeZone) {
    return new Intl.DateTimeFormat(this.locale, {
      ...{ year: "numeric", month: "long", day: "numeric", timeZone, timeZoneName: "short" },
      ...{ hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" },
    }).format(moment);
  }
}

/** Return text with Persian and Arabic digits made Latin.
 * @param {string} text @returns {string}
 */
export function latinDigits(text) {
  return text.replace(/[۰-۹٠-٩]/g, (digit) => String(digit.charCodeAt(0) & 0xf));
}
