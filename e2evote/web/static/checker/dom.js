// Elements of the page, made without HTML.

/** @typedef {Node | string} Child */

/** @param {string} tag @param {Record<string, string | EventListener>} [attributes] a function listens to its event
 * @param {...Child} children @returns {HTMLElement}
 */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(name, value);
    else made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

/** @param {string} words @param {() => void} act @param {Record<string, string>} [attributes] @returns {HTMLElement} */
export function button(words, act, attributes = {}) {
  return element("button", { type: "button", ...attributes, click: act }, words);
}

/** Return hex in groups of four that break between them, left to right in every language.
 * @param {string} digits @returns {HTMLElement}
 */
export function grouped(digits) {
  return element("bdi", { dir: "ltr", class: "code" }, (digits.match(/.{1,4}/g) ?? []).join(" "));
}

/** @param {string} title @param {...Child} children @returns {HTMLElement} a part that is closed at first */
export function closed(title, ...children) {
  return element("details", {}, element("summary", {}, title), ...children);
}
