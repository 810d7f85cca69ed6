// What a ballot holds, in words: options by their names, texts, null votes and overvotes.

import { element } from "./dom.js";

/** @typedef {import("./language.js").Language} Language */
/** @typedef {import("../booth/crypto/opening.js").OpenedContest} OpenedContest */

/** Return the contests of a ballot in words.
 * @param {any} manifest @param {OpenedContest[]} contests @param {Language} language @returns {HTMLElement[]}
 */
export function contestsInWords(manifest, contests, language) {
  return contests.map((opened) => {
    const contest = manifest.contests[opened.index - 1];
    const heading = element("h2", {}, element("bdi", {}, language.nameOf(contest)));
    return element("section", { class: "contest" }, heading, ...marksInWords(contest, opened, language));
  });
}

/** @param {any} contest @param {OpenedContest} opened @param {Language} language @returns {HTMLElement[]} */
function marksInWords(contest, { values, data }, language) {
  const content = data ? data.content : {};
  const overvoted = Array.isArray(content.overvote) || Boolean(values[overvoteIndicator(contest)]);
  const marks = Array.isArray(content.overvote) ? content.overvote : values;
  const lines = contest.options.flatMap((/** @type {any} */ option, /** @type {number} */ i) => {
    const text = content.write_ins?.[String(i + 1)];
    return marks[i] || text !== undefined ? [lineOf(language, language.nameOf(option), Number(marks[i]), text)] : [];
  });
  const parts = [];
  if (overvoted) parts.push(element("p", {}, language.text(lines.length ? "overvote" : "overvote_cut")));
  if (lines.length) parts.push(element("ul", {}, ...lines));
  else if (!overvoted) parts.push(element("p", { class: "nothing" }, language.text("null_vote")));
  if (content.cut) parts.push(element("p", { class: "quiet" }, language.text("cut")));
  return parts;
}

/** @param {any} contest @returns {number} its place behind the options, −1 where there is none */
function overvoteIndicator({ options, supplemental_fields: fields = [] }) {
  const at = fields.indexOf("overvote_indicator");
  return at < 0 ? at : options.length + at;
}

/** @param {Language} language @param {string} option @param {number} votes @param {string | undefined} text
 * @returns {HTMLElement}
 */
function lineOf(language, option, votes, text) {
  let words = option;
  if (text !== undefined) words = language.text("write_in", { option: words, text });
  if (votes !== 1) words = language.text("times", { option: words, count: language.number(votes) });
  return element("li", {}, element("bdi", {}, words));
}
