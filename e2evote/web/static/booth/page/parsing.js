// Reading JSON that comes from outside: what has not the form that it must have is refused before it is used.

/** What came has not its form; the text says where. */
export class Malformed extends Error {}

/** @param {any} holds @param {string} message @returns {asserts holds} */
export function demand(holds, message) {
  if (!holds) throw new Malformed(message);
}

/** @typedef {{ string: string, number: number, boolean: boolean, object: Record<string, any>, array: any[] }} Types */

/** Return what is in an object's field, if it is of the type.
 * @template {keyof Types} T
 * @param {any} object @param {string} field @param {T} type
 * @returns {Types[T]}
 */
export function take(object, field, type) {
  const value = isObject(object) && Object.hasOwn(object, field) ? object[field] : undefined;
  demand(TESTS[type](value), `${field}: expected ${type}`);
  return value;
}

/** Return a number of seconds, or a count: whole, and not negative.
 * @param {any} object @param {string} field @returns {number}
 */
export function count(object, field) {
  const value = take(object, field, "number");
  demand(Number.isSafeInteger(value) && value >= 0, `${field}: expected a whole number`);
  return value;
}

/** Return texts by language, at least one.
 * @param {any} object @param {string} field @returns {Record<string, string>}
 */
export function names(object, field) {
  const value = take(object, field, "object");
  const texts = Object.values(value);
  demand(texts.length > 0 && texts.every((text) => typeof text === "string"), `${field}: expected texts by language`);
  return value;
}

/** Return indices from 1 to a largest one.
 * @param {any} object @param {string} field @param {number} largest @returns {number[]}
 */
export function indices(object, field, largest) {
  const value = take(object, field, "array");
  demand(value.every((i) => Number.isInteger(i) && i >= 1 && i <= largest), `${field}: expected numbers to ${largest}`);
  return value;
}

/** Return a time that is written as YYYY-MM-DDThh:mm:ssZ.
 * @param {any} object @param {string} field @returns {Date}
 */
export function time(object, field) {
  const text = take(object, field, "string");
  const moment = new Date(text);
  const whole = !Number.isNaN(moment.getTime()) && moment.toISOString() === text.replace("Z", ".000Z");
  demand(whole, `${field}: expected a time`);
  return moment;
}

/** @param {any} value @returns {boolean} */
function isObject(value) {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

/** @type {Record<string, (value: any) => boolean>} */
const TESTS = {
  string: (value) => typeof value === "string",
  number: (value) => typeof value === "number",
  boolean: (value) => typeof value === "boolean",
  object: isObject,
  array: Array.isArray,
};
