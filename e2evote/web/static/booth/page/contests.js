// A screen for each contest, then the review, until the voter is content.

import { optionFields } from "./fields.js";
import { review } from "./review.js";

/** @typedef {import("./ballot.js").Ballot} Ballot */
/** @typedef {import("./ballot.js").Choices} Choices */
/** @typedef {import("./booth.js").Booth} Booth */
/** @typedef {import("./screens.js").Screen} Screen */

/** Let the voter fill in a ballot.
 * @param {Booth} booth @param {Ballot} ballot
 */
export async function fillIn(booth, ballot) {
  const seen = new Set();
  /** @type {Choices | undefined} */
  let wanted;
  for (;;) {
    const current = wanted ?? ballot.shown.find((choices) => !seen.has(choices));
    wanted = undefined;
    if (!current) {
      wanted = await review(booth, ballot);
      if (!wanted) return;
      continue;
    }
    const answer = await askContest(booth, ballot, current, seen);
    if (answer === "back") wanted = ballot.shown[ballot.shown.indexOf(current) - 1];
    else seen.add(current);
  }
}

/** Ask one contest; tell whether the voter goes on or back.
 * @param {Booth} booth @param {Ballot} ballot @param {Choices} choices @param {Set<Choices>} seen
 */
async function askContest(booth, ballot, choices, seen) {
  const { screens, texts } = booth;
  const reviewed = ballot.shown.every((one) => seen.has(one));
  const number = ballot.shown.indexOf(choices) + 1;
  const screen = screens.show("contest", (screen) => {
    screen.fill("name", booth.name(choices.contest));
    screen.fill("number", texts.say("contest_number", { number, count: ballot.shown.length }));
    screen.fill("rule", rule(booth, choices));
    const changed = (/** @type {boolean} */ full) => sayCount(booth, screen, choices, full);
    screen.fill("options", ...optionFields({ booth, choices, changed }, seen.has(choices)));
    screen.fill("continue", texts.say(reviewed ? "to_review" : "continue"));
    if (choices.limit === 1) screen.slot("options").setAttribute("role", "radiogroup");
    screen.toggle("back", number > 1);
  });
  sayCount(booth, screen, choices, false);
  for (;;) {
    const answer = await screen.answer();
    const problem = whatIsWrong(booth, screen, choices);
    screen.problem(problem);
    if (answer === "back" || !problem) return answer;
  }
}

/** @param {Booth} booth @param {Choices} choices */
function rule({ texts }, { limit, limits, total: _, contest }) {
  if (limit === 1) return texts.say("rule_one");
  if (limits.some((most) => most > 1)) return texts.say("rule_votes", { limit });
  return texts.say(limit < contest.options.length ? "rule_several" : "rule_any", { limit });
}

/** Say how many are chosen; a refused one says why.
 * @param {Booth} booth @param {Screen} screen @param {Choices} choices @param {boolean} full
 */
function sayCount({ texts }, screen, { total, limit, limits }, full) {
  const kind = limits.some((most) => most > 1) ? "votes" : "chosen";
  screen.fill("count", texts.say(`${kind}_count`, { total, limit }));
  screen.problem(full ? texts.say(total >= limit ? "limit_reached" : "option_limit_reached", { limit }) : "");
}

/** Return what keeps the voter from going on, and go to it.
 * @param {Booth} booth @param {Screen} screen @param {Choices} choices @returns {string}
 */
function whatIsWrong({ texts }, screen, choices) {
  const { nameless } = choices;
  if (nameless !== undefined) screen.find(`[data-write-in="${nameless}"]`).focus();
  if (nameless !== undefined) return texts.say("name_missing");
  return choices.fits ? "" : texts.say("name_too_long");
}
