// Building elements without markup in strings, which Trusted Types would refuse.

/** @typedef {Record<string, string | number | boolean>} Attributes true sets an attribute, false leaves it out */

/** Return a new element.
 * @template {keyof HTMLElementTagNameMap} Name
 * @param {Name} name @param {Attributes} [attributes] @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[Name]}
 */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== false) made.setAttribute(key, value === true ? "" : String(value));
  }
  made.append(...children);
  return made;
}

/** Return the element with an id.
 * @param {string} id @returns {HTMLElement}
 */
export function byId(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no element ${id}`);
  return found;
}

/** Return a code that reads from left to right whatever surrounds it, in groups of four.
 * @param {string} code @returns {HTMLElement}
 */
export function codeElement(code) {
  const groups = (code.match(/.{1,4}/g) ?? []).map((group) => element("span", {}, `${group} `));
  return element("bdi", { class: "code", dir: "ltr", translate: "no" }, ...groups);
}

/** Hand a file to the reader, made of text in the page's memory.
 * @param {string} name @param {string} text
 */
export function download(name, text) {
  const address = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  element("a", { href: address, download: name }).click();
  URL.revokeObjectURL(address);
}
