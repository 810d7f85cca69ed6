// What a voter has chosen so far. It is in this page's memory and nowhere else.

import { pack, unpack } from "../crypto/contest_data.js";
import { contestLimit, optionLimits } from "../crypto/manifest.js";
import { optionOrder } from "./order.js";

/** @typedef {import("./election.js").BoothElection} BoothElection */
/** @typedef {import("./election.js").Contest} Contest */
/** @typedef {import("../crypto/encryption.js").PlaintextBallot} PlaintextBallot */

/** The choices in one contest; options are counted from 0 here. */
export class Choices {
  /** @param {number} index of the contest, from 1 @param {Contest} contest @param {boolean} keptOrder */
  constructor(index, contest, keptOrder) {
    this.index = index;
    this.contest = contest;
    this.limit = contestLimit(contest);
    this.limits = optionLimits(contest);
    this.order = optionOrder(contest, keptOrder);
    this.marks = contest.options.map(() => 0);
    /** @type {string[]} what was written in, by option */
    this.texts = contest.options.map(() => "");
  }

  /** How often the voter has marked anything. */
  get total() {
    return this.marks.reduce((sum, mark) => sum + mark, 0);
  }

  /** Mark an option so often, if the limits let it; tell whether they do.
   * @param {number} option @param {number} times @returns {boolean}
   */
  mark(option, times) {
    const total = this.total - this.marks[option] + times;
    if (times > this.limits[option] || total > this.limit) return false;
    this.marks[option] = times;
    return true;
  }

  /** Choose one option instead of all others.
   * @param {number | null} option null: none
   */
  only(option) {
    this.marks = this.marks.map((_, i) => Number(i === option));
  }

  /** @param {number} option @param {string} text */
  write(option, text) {
    this.texts[option] = written(text);
  }

  /** The write-in option that is marked and has no name yet, if there is one.
   * @returns {number | undefined}
   */
  get nameless() {
    return this.order.find((i) => this.contest.options[i].write_in && this.marks[i] > 0 && !this.texts[i]);
  }

  /** Tell whether the names that were written in fit into the ballot. */
  get fits() {
    const blocks = this.contest.contest_data_blocks;
    return blocks === undefined || !unpack(pack(blocks, null, this.#writeIns))?.cut;
  }

  /** @returns {import("../crypto/encryption.js").PlaintextContest} */
  get plaintext() {
    const writeIns = Object.fromEntries([...this.#writeIns].map(([ind_o, text]) => [String(ind_o), text]));
    const some = Object.keys(writeIns).length > 0;
    return { contest: this.index, selections: this.marks, ...(some ? { write_ins: writeIns } : {}) };
  }

  get #writeIns() {
    const marked = this.marks.flatMap((mark, i) => (mark && this.contest.options[i].write_in ? [i] : []));
    return new Map(marked.map((i) => [i + 1, this.texts[i]]));
  }
}

/** The choices in all contests of a ballot style. */
export class Ballot {
  /** @param {BoothElection} election @param {number} style @param {Map<number, number[]>} orders kept from an earlier
   *     ballot of this page, so that the same voter sees the same order; what is new is added
   */
  constructor(election, style, orders) {
    this.style = style;
    this.conditions = election.conditions;
    /** @type {Choices[]} */
    this.contests = election.manifest.ballot_styles[style - 1].contests.map((index) => {
      const kept = election.keptOrder.includes(index);
      const choices = new Choices(index, election.manifest.contests[index - 1], kept);
      choices.order = orders.get(index) ?? choices.order;
      orders.set(index, choices.order);
      return choices;
    });
  }

  /** The contests that are asked, after what was chosen in those before.
   * @returns {Choices[]}
   */
  get shown() {
    /** @type {Map<number, Choices>} */
    const shown = new Map();
    for (const choices of this.contests) {
      const conditions = this.conditions.filter(({ contest }) => contest === choices.index);
      const holds = conditions.every(({ depends_on, options }) =>
        options.some((ind_o) => shown.get(depends_on)?.marks[ind_o - 1]),
      );
      if (holds) shown.set(choices.index, choices);
    }
    return [...shown.values()];
  }

  /** What is encrypted; a contest that is not shown, or has no mark, is a null vote.
   * @param {number} weight @returns {PlaintextBallot}
   */
  plaintext(weight) {
    const marked = this.shown.filter((choices) => choices.total > 0);
    return { ballot_style: this.style, weight, contests: marked.map((choices) => choices.plaintext) };
  }
}

/** Return a name as it is kept: one line, well formed, in one normal form.
 * @param {string} text @returns {string}
 */
function written(text) {
  const whole = text.replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, "");
  return whole.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ").trim().normalize("NFC");
}
