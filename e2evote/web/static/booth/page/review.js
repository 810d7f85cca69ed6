// The whole ballot before it is encrypted; every contest can be changed.

import { element } from "./dom.js";

/** @typedef {import("./ballot.js").Ballot} Ballot */
/** @typedef {import("./ballot.js").Choices} Choices */
/** @typedef {import("./booth.js").Booth} Booth */

/** Show the ballot; return the contest that the voter wants to change, undefined when all is right.
 * @param {Booth} booth @param {Ballot} ballot @returns {Promise<Choices | undefined>}
 */
export async function review(booth, ballot) {
  const { shown } = ballot;
  const screen = booth.screens.show("review", (screen) => {
    screen.fill("contests", ...shown.map((choices) => summary(booth, choices)));
    const weight = booth.turn?.weight ?? 1;
    screen.toggle("weight", weight !== 1);
    if (weight !== 1) screen.fill("weight", booth.texts.say("weight", { weight }));
  });
  const answer = await screen.answer();
  return shown.find(({ index }) => answer === `change-${index}`);
}

/** @param {Booth} booth @param {Choices} choices */
function summary(booth, choices) {
  const name = booth.name(choices.contest);
  const spoken = booth.texts.say("change_contest", { contest: name });
  const attributes = { type: "button", class: "plain", "data-answer": `change-${choices.index}`, "aria-label": spoken };
  const change = element("button", attributes, booth.texts.say("change"));
  const heading = element("h2", { dir: "auto" }, name);
  return element("section", { class: "summary" }, element("div", {}, heading, change), ...content(booth, choices));
}

/** @param {Booth} booth @param {Choices} choices */
function content(booth, choices) {
  const { texts } = booth;
  const { total, limit, limits } = choices;
  if (total === 0) return [element("p", { class: "note" }, texts.say("blank"))];
  const chosen = choices.order.filter((i) => choices.marks[i] > 0);
  const list = element("ul", { class: "chosen" }, ...chosen.map((i) => element("li", {}, ...described(booth, choices, i))));
  if (total === limit) return [list];
  const kind = limits.some((most) => most > 1) ? "votes" : "chosen";
  return [list, element("p", { class: "note" }, texts.say(`${kind}_fewer`, { total, limit }))];
}

/** @param {Booth} booth @param {Choices} choices @param {number} option */
function described(booth, choices, option) {
  const parts = [element("span", { dir: "auto" }, booth.name(choices.contest.options[option]))];
  if (choices.texts[option]) parts.push(element("bdi", { class: "written" }, choices.texts[option]));
  if (choices.limits[option] > 1) {
    parts.push(element("span", { class: "times" }, booth.texts.say("times", { times: choices.marks[option] })));
  }
  return parts.flatMap((part) => [part, " "]);
}
