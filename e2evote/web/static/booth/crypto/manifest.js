// What encryption needs of a manifest: effective limits, supplemental fields, and the relations that are proved of them.
// The manifest has been checked by the library; here it is only read.

/** @typedef {{ label: string, selection_limit?: number | "CONTEST_LIMIT", write_in?: boolean }} Option */
/** @typedef {{ label: string, selection_limit?: number | "NO_LIMIT", options: Option[],
 *              contest_data_blocks?: number, supplemental_fields?: string[] }} Contest */
/** @typedef {{ label: string, contests: number[] }} BallotStyle */
/** @typedef {{ contests: Contest[], ballot_styles: BallotStyle[], maximum_weight?: number }} Manifest */
/** @typedef {{ coefficients: number[], constant: number, limit: number }} Relation */

/** Return the effective R of every option.
 * @param {Contest} contest
 * @returns {number[]}
 */
export function optionLimits(contest) {
  const stated = contest.selection_limit ?? 1;
  return contest.options.map((option) => {
    const limit = option.selection_limit ?? 1;
    if (limit !== "CONTEST_LIMIT") return stated === "NO_LIMIT" ? limit : Math.min(limit, stated);
    if (stated === "NO_LIMIT") throw new RangeError(`${option.label}: CONTEST_LIMIT, and the contest has NO_LIMIT`);
    return stated;
  });
}

/** Return the effective L.
 * @param {Contest} contest
 * @returns {number}
 */
export function contestLimit(contest) {
  const total = sum(optionLimits(contest));
  const stated = contest.selection_limit ?? 1;
  return stated === "NO_LIMIT" ? total : Math.min(stated, total);
}

/** Return the largest value of every verifiable field: options, then supplemental fields.
 * @param {Contest} contest @returns {number[]}
 */
export function fieldLimits(contest) {
  const limits = optionLimits(contest);
  const writeIns = sum(limits.filter((_, i) => contest.options[i].write_in));
  const fields = (contest.supplemental_fields ?? []).map((name) => {
    if (name === "undervote_difference") return contestLimit(contest);
    return name === "write_in_count" ? Math.min(contestLimit(contest), writeIns) : 1;
  });
  return [...limits, ...fields];
}

/** Tell whether marks exceed the contest's limit or an option's (EG-2.1 §3.3.5).
 * @param {Contest} contest @param {number[]} marks @returns {boolean}
 */
export function isOvervoted(contest, marks) {
  const limits = optionLimits(contest);
  return sum(marks) > contestLimit(contest) || marks.some((mark, i) => mark > limits[i]);
}

/** Return what is encrypted of a voter's marks: a value an option, then one a supplemental field.
 * @param {Contest} contest @param {number[]} marks @returns {number[]}
 */
export function encryptedValues(contest, marks) {
  const names = contest.supplemental_fields ?? [];
  const overvoted = isOvervoted(contest, marks);
  const values = overvoted ? marks.map(() => 0) : marks;
  const limit = contestLimit(contest);
  const used = overvoted && names.includes("overvote_indicator") ? limit : sum(values);
  /** @type {Record<string, number>} */
  const fields = {
    overvote_indicator: Number(overvoted),
    undervote_indicator: Number(used < limit),
    undervote_difference: limit - used,
    null_vote_indicator: Number(used === 0),
    write_in_count: sum(values.filter((_, i) => contest.options[i].write_in)),
  };
  return [...values, ...names.map((name) => fields[name])];
}

/** Return 0 ≤ Σ ≤ L; with an overvote indicator 0 ≤ Σ + L·indicator ≤ L (EG-2.1 §3.3.8).
 * @param {Contest} contest @returns {Relation}
 */
export function limitRelation(contest) {
  return { coefficients: used(contest), constant: 0, limit: contestLimit(contest) };
}

/** Return what is proved of each supplemental field but the overvote indicator, with its index from 1.
 * @param {Contest} contest @returns {[number, Relation][]}
 */
export function fieldRelations(contest) {
  const L = contestLimit(contest);
  /** @type {[number, Relation][]} */
  const relations = [];
  for (const [i, name] of (contest.supplemental_fields ?? []).entries()) {
    const at = contest.options.length + i;
    /** @param {number[]} coefficients @param {number} n */
    const plus = (coefficients, n) => coefficients.map((old, j) => (j === at ? n : old));
    /** @type {Record<string, () => Relation>} */
    const of = {
      undervote_difference: () => ({ coefficients: plus(used(contest), 1), constant: L, limit: 0 }),
      undervote_indicator: () => ({ coefficients: plus(used(contest), L + 1), constant: L, limit: L }),
      null_vote_indicator: () => ({ coefficients: plus(used(contest), L + 1), constant: 1, limit: L }),
      write_in_count: () => ({ coefficients: plus(writeIns(contest), -1), constant: 0, limit: 0 }),
    };
    if (name in of) relations.push([at + 1, of[name]()]);
  }
  return relations;
}

/** @param {Contest} contest @returns {number[]} */
function used(contest) {
  const fields = (contest.supplemental_fields ?? []).map((name) =>
    name === "overvote_indicator" ? contestLimit(contest) : 0,
  );
  return [...contest.options.map(() => 1), ...fields];
}

/** @param {Contest} contest @returns {number[]} */
function writeIns(contest) {
  return [
    ...contest.options.map((option) => Number(option.write_in ?? false)),
    ...(contest.supplemental_fields ?? []).map(() => 0),
  ];
}

/** @param {number[]} numbers @returns {number} */
function sum(numbers) {
  return numbers.reduce((total, n) => total + n, 0);
}
