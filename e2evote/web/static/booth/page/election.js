// What the page needs of the election, from election.json, which is the same for everybody and whose hash is public.

import { parsePolicy } from "../board/policy.js";
import { fromHex, integerOf } from "../crypto/bytes.js";
import { Election } from "../crypto/encryption.js";
import { Group } from "../crypto/group.js";
import { contestLimit } from "../crypto/manifest.js";
import { STANDARD } from "../crypto/parameters.js";
import { count, demand, indices, names, take, time } from "./parsing.js";

/** @typedef {import("../crypto/manifest.js").Option & { name?: Record<string, string> }} Option */
/** @typedef {import("../crypto/manifest.js").Contest & { name?: Record<string, string>, options: Option[] }} Contest */
/** @typedef {import("../crypto/manifest.js").Manifest & { contests: Contest[] }} Manifest */
/** @typedef {{ contest: number, depends_on: number, options: number[] }} Condition */
/** @typedef {{ text?: Record<string, string>, phone?: string, email?: string }} Support */

const FIELDS = ["member_number", "national_id", "mobile", "email"];

/** An election as the page shows it and encrypts for it. */
export class BoothElection {
  /** Read election.json.
   * @param {string} text
   * @returns {Promise<BoothElection>}
   * @throws {import("./parsing.js").Malformed | SyntaxError | import("../board/error.js").BoardError} something has not
   *     its form
   */
  static async parse(text) {
    const json = JSON.parse(text);
    demand(JSON.stringify(json) === text.replace(/\n$/, ""), "election.json is not canonical"); // so no key is twice
    return new BoothElection(json, await parsePolicy(take(take(json, "board", "object"), "policy", "string")));
  }

  /** @param {any} json @param {import("../board/policy.js").Policy} policy */
  constructor(json, policy) {
    this.policy = policy;
    this.names = names(json, "names");
    this.opens = time(json, "opens");
    this.closes = time(json, "closes");
    this.zone = take(json, "zone", "string");
    /** @type {string[]} */
    this.fields = take(json, "fields", "array");
    demand(this.fields.length > 0 && this.fields.every((field) => FIELDS.includes(field)), "fields: one is not known");
    const limits = take(json, "limits", "object");
    this.challenges = count(limits, "challenges");
    this.support = parseSupport(take(json, "support", "object"));
    this.manifest = parseManifest(take(json, "manifest", "object"));
    const contests = this.manifest.contests.length;
    this.keptOrder = indices(json, "kept_order", contests);
    /** @type {any[]} */
    const conditions = take(json, "conditions", "array");
    this.conditions = conditions.map((one) => parseCondition(one, this.manifest));
    const device = take(json, "device", "object");
    this.device = { device: count(device, "device"), h_di: fromHex(take(device, "h_di", "string"), 32) };
    this.group = parseGroup(json.parameters);
    this.h_e = fromHex(take(json, "h_e", "string"), 32);
    this.K = parseKey(this.group, json, "K");
    this.K_hat = parseKey(this.group, json, "K_hat");
    /** @type {Election | null} */
    this.tables = null;
  }

  /** What encrypts for it; the tables are built when it is first asked for.
   * @returns {Election}
   */
  get encryption() {
    this.tables ??= new Election(this.group, this.manifest, this.h_e, this.K, this.K_hat);
    return this.tables;
  }
}

/** @param {any} json @returns {Support} */
function parseSupport(json) {
  return {
    ...("text" in json ? { text: names(json, "text") } : {}),
    ...("phone" in json ? { phone: take(json, "phone", "string") } : {}),
    ...("email" in json ? { email: take(json, "email", "string") } : {}),
  };
}

/** @param {any} json @returns {Manifest} */
function parseManifest(json) {
  const contests = take(json, "contests", "array");
  demand(contests.length > 0, "manifest: it has no contest");
  for (const contest of contests) {
    take(contest, "label", "string");
    if ("name" in contest) names(contest, "name");
    for (const option of take(contest, "options", "array")) {
      take(option, "label", "string");
      if ("name" in option) names(option, "name");
    }
    demand(contestLimit(contest) >= 1, "manifest: a contest has no limit");
  }
  for (const style of take(json, "ballot_styles", "array")) indices(style, "contests", contests.length);
  return /** @type {any} */ (json);
}

/** @param {any} json @param {Manifest} manifest @returns {Condition} */
function parseCondition(json, manifest) {
  const [contest, depends_on] = [count(json, "contest"), count(json, "depends_on")];
  const earlier = 1 <= depends_on && depends_on < contest && contest <= manifest.contests.length;
  demand(earlier, "conditions: expected a contest and one before it");
  const options = indices(json, "options", manifest.contests[depends_on - 1].options.length);
  return { contest, depends_on, options };
}

/** @param {any} json null for the standard group @returns {Group} */
function parseGroup(json) {
  if (json === null) return STANDARD;
  const [p, q, g] = ["p", "q", "g"].map((key) => integerOf(fromHex(take(json, key, "string"))));
  const group = new Group("of the election", p, q, g);
  demand(group.isMember(g) && g !== 1n, "parameters: g is not in the group");
  return group;
}

/** @param {Group} group @param {any} json @param {string} key @returns {bigint} */
function parseKey(group, json, key) {
  const element = group.parseElement(take(json, key, "string"));
  demand(group.isMember(element) && element !== 1n, `${key}: it is not in the group`);
  return element;
}
