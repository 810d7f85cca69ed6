// The options of a contest as fields: one of n as radio buttons, several as checkboxes, several times as numbers.

import { element } from "./dom.js";
import { latinDigits } from "./texts.js";

/** @typedef {import("./ballot.js").Choices} Choices */
/** @typedef {import("./booth.js").Booth} Booth */
/** @typedef {{ booth: Booth, choices: Choices, changed: (full: boolean) => void }} Context `changed` is called after
 *     every change; `full`: it was refused, since the limit is reached */

/** Return the fields of all options, in the voter's order.
 * @param {Context} context @param {boolean} seen whether the voter has been here before
 * @returns {HTMLElement[]}
 */
export function optionFields(context, seen) {
  const { choices } = context;
  const fields = choices.order.map((option) => {
    const made = choices.limits[option] > 1 ? number(context, option) : box(context, option);
    return element("div", { class: "option" }, made, ...writeIn(context, option));
  });
  return choices.limit === 1 ? [...fields, noneOfThese(context, seen)] : fields;
}

/** @param {Context} context @param {number} option */
function box(context, option) {
  const { choices } = context;
  const single = choices.limit === 1;
  const input = choice(single ? "radio" : "checkbox", choices.marks[option] > 0);
  input.dataset.option = String(option);
  input.addEventListener("change", () => {
    if (single) choices.only(option);
    const held = single || choices.mark(option, Number(input.checked));
    if (!held) input.checked = false;
    context.changed(!held);
  });
  return element("label", { class: "choice" }, input, name(context, option));
}

/** @param {Context} context @param {boolean} seen */
function noneOfThese({ booth, choices, changed }, seen) {
  const input = choice("radio", seen && choices.total === 0);
  input.addEventListener("change", () => {
    choices.only(null);
    changed(false);
  });
  const label = element("label", { class: "choice" }, input, element("span", {}, booth.texts.say("none_of_these")));
  return element("div", { class: "option none" }, label);
}

/** @param {"radio" | "checkbox"} type @param {boolean} checked */
function choice(type, checked) {
  const input = element("input", { type, autocomplete: "off", ...(type === "radio" ? { name: "choice" } : {}) });
  input.checked = checked;
  return input;
}

/** @param {Context} context @param {number} option */
function number(context, option) {
  const { booth, choices } = context;
  const { texts } = booth;
  const id = `option-${option}`;
  const input = element("input", { id, type: "text", inputmode: "numeric", autocomplete: "off", maxlength: 4 });
  const show = () => (input.value = texts.number(choices.marks[option]));
  const set = (/** @type {number} */ times) => {
    const held = choices.mark(option, times);
    show();
    context.changed(!held);
  };
  input.addEventListener("change", () => {
    const typed = latinDigits(input.value).trim() || "0";
    set(/^\d+$/.test(typed) ? Number(typed) : choices.marks[option]);
  });
  const step = (/** @type {string} */ sign, /** @type {string} */ key, /** @type {number} */ by) => {
    const spoken = texts.say(key, { option: booth.name(choices.contest.options[option]) });
    const button = element("button", { type: "button", class: "step", "aria-label": spoken }, sign);
    button.addEventListener("click", () => set(Math.max(0, choices.marks[option] + by)));
    return button;
  };
  show();
  const label = element("label", { for: id }, name(context, option));
  const most = element("span", { class: "aside" }, texts.say("at_most", { limit: choices.limits[option] }));
  const counter = element("span", { class: "counter" }, step("−", "one_less", -1), input, step("+", "one_more", 1));
  return element("div", { class: "number" }, element("span", {}, label, most), counter);
}

/** Return the field for a name where the option takes one; typing a name chooses the option.
 * @param {Context} context @param {number} option @returns {HTMLElement[]}
 */
function writeIn(context, option) {
  const { booth, choices } = context;
  if (!choices.contest.options[option].write_in) return [];
  const spoken = booth.texts.say("name_to_write", { option: booth.name(choices.contest.options[option]) });
  const attributes = { type: "text", autocomplete: "off", maxlength: 200, "aria-label": spoken, dir: "auto" };
  const input = element("input", { ...attributes, "data-write-in": option, value: choices.texts[option] });
  input.addEventListener("input", () => {
    choices.write(option, input.value);
    if (!choices.texts[option] || choices.marks[option]) return;
    if (choices.limit === 1) choices.only(option);
    const held = choices.limit === 1 || choices.mark(option, 1);
    refresh(input, choices.marks[option]);
    context.changed(!held);
  });
  return [input];
}

/** Show in an option's field that it is chosen.
 * @param {HTMLElement} inside @param {number} mark
 */
function refresh(inside, mark) {
  const field = inside.closest(".option")?.querySelector("input");
  if (field?.type === "text") field.value = String(mark);
  else if (field) field.checked = mark > 0;
}

/** @param {Context} context @param {number} option */
function name({ booth, choices }, option) {
  return element("span", { dir: "auto" }, booth.name(choices.contest.options[option]));
}
