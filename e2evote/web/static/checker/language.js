// The page's two languages: words, digits, dates.

/** @typedef {{ tag: string, name: string, direction: string, texts: Record<string, string> }} Words */

export class Language {
  /** @param {Words} words @param {string} zone time zone of the election */
  constructor(words, zone) {
    this.tag = words.tag;
    this.direction = words.direction;
    this.texts = words.texts;
    this.zone = zone;
  }

  /** @param {string} name @param {Record<string, string>} [values] @returns {string} */
  text(name, values = {}) {
    return this.texts[name].replace(/%\((\w+)\)s/g, (_, key) => values[key]);
  }

  /** @param {number} value @returns {string} */
  number(value) {
    return new Intl.NumberFormat(this.tag).format(value);
  }

  /** @param {Date} moment @returns {string} with the calendar of the language, to the second */
  time(moment) {
    const locale = this.tag === "fa" ? "fa-IR-u-ca-persian" : "en-GB";
    const style = /** @type {Intl.DateTimeFormatOptions} */ ({ dateStyle: "long", timeStyle: "medium" });
    return new Intl.DateTimeFormat(locale, { ...style, timeZone: this.zone }).format(moment);
  }

  /** Return what something is called: in this language, in another one, or its label.
   * @param {{ label: string, name?: Record<string, string> }} thing @returns {string}
   */
  nameOf({ label, name = {} }) {
    return name[this.tag] ?? Object.values(name)[0] ?? label;
  }
}

/** Return the language that a reader wants, by what the browser says; the first where it says none that is there.
 * @param {string[]} tags @param {readonly string[]} wanted @returns {string}
 */
export function preferred(tags, wanted) {
  const known = wanted.map((tag) => tag.split("-")[0]).find((tag) => tags.includes(tag));
  return known ?? tags[0];
}
