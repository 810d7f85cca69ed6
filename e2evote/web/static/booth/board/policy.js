// Policies (C2SP tlog-policy): which logs are believed, and which witnesses must have cosigned a checkpoint.
// What a reader trusts; everything else follows from it. As narrow as the library is.

import { utf8 } from "../crypto/bytes.js";
import { verifyCheckpoint } from "./checkpoint.js";
import { verifyCosignatures } from "./cosignature.js";
import { BoardError } from "./error.js";
import { parseDecimal } from "./lines.js";
import { KIND, parseKey } from "./notes.js";

const MAX_POLICY = 64 * 1024;
const MAX_EACH = 64;
const NONE = "none";

/** @typedef {import("./notes.js").VerifierKey} VerifierKey */
/** @typedef {{ name: string, key: VerifierKey }} Witness */
/** @typedef {{ name: string, threshold: number, members: string[] }} Group so many of members defined before */
/** What is asked of a checkpoint; `quorum` names a witness or group, null asks for no cosignature.
 * @typedef {{ logs: VerifierKey[], members: (Witness | Group)[], quorum: string | null }} Policy
 */

/** Return the policy of a file's text.
 * @param {string} text @returns {Promise<Policy>}
 * @throws {BoardError} with the number of the line
 */
export async function parsePolicy(text) {
  if (utf8(text).length > MAX_POLICY) throw new BoardError(`policy: more than ${MAX_POLICY} bytes`);
  if (!text.endsWith("\n") || /[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]/u.test(text)) {
    throw new BoardError("policy: a control character, or no newline at the end");
  }
  const reader = new Reader();
  for (const [i, line] of text.slice(0, -1).split("\n").entries()) {
    const items = line.split(/[ \t]+/).filter((item) => item);
    if (items.length && !items[0].startsWith("#")) await reader.read(items, `policy:${i + 1}`);
  }
  return reader.policy();
}

/** Return the checkpoint of a note that satisfies a policy, and when witnesses of the quorum had cosigned it.
 * @param {import("./notes.js").Note} note @param {Policy} policy
 * @returns {Promise<{ checkpoint: import("./checkpoint.js").Checkpoint, time: Date | null }>} no time where the policy
 *     asks for no cosignature
 */
export async function verifyWitnessed(note, policy) {
  const checkpoint = await verifyCheckpoint(note, policy.logs);
  const witnesses = policy.members.flatMap((member) => ("key" in member ? [member.key] : []));
  const seen = await verifyCosignatures(note, witnesses);
  /** @type {Map<string, bigint>} */
  const times = new Map();
  for (const member of policy.members) {
    const time = "key" in member ? seen.get(member.key) : timeOf(member, times);
    if (time !== undefined) times.set(member.name, time);
  }
  if (policy.quorum === null) return { checkpoint, time: null };
  const time = times.get(policy.quorum);
  if (time === undefined) throw new BoardError(`the quorum ${policy.quorum} has not cosigned`, "quorum");
  return { checkpoint, time: momentOf(time) };
}

/** Return when the last of those members had cosigned whom a group needs.
 * @param {Group} group @param {Map<string, bigint>} times @returns {bigint | undefined}
 */
function timeOf({ threshold, members }, times) {
  const known = members.flatMap((name) => times.get(name) ?? []).sort((left, right) => (left < right ? -1 : 1));
  return known[threshold - 1];
}

/** @param {bigint} seconds @returns {Date} */
function momentOf(seconds) {
  const last = 253402300799n; // of the year 9999
  return new Date(1000 * Number(seconds < last ? seconds : last));
}

/** What the lines so far have defined. */
class Reader {
  constructor() {
    /** @type {VerifierKey[]} */
    this.logs = [];
    /** @type {(Witness | Group)[]} */
    this.members = [];
    /** @type {string | undefined} */
    this.quorum = undefined;
    /** Names of groups' members so far: each may be in one. */
    this.used = new Set();
  }

  /** @param {string[]} items of a line @param {string} where */
  async read([word, ...items], where) {
    if (word === "log" && (items.length === 1 || items.length === 2)) {
      this.logs.push(await this.key(items[0], KIND.ED25519, where));
    } else if (word === "witness" && (items.length === 2 || items.length === 3)) {
      const key = await this.key(items[1], KIND.COSIGNATURE, where);
      this.members.push({ name: this.newName(items[0], where), key });
    } else if (word === "group" && items.length > 2) {
      this.members.push(this.group(items, where));
    } else if (word === "quorum" && items.length === 1 && this.quorum === undefined) {
      if (items[0] !== NONE) this.refer(items[0], where);
      this.quorum = items[0];
    } else {
      throw new BoardError(`${where}: expected log, witness, group or one quorum, with what belongs to it`);
    }
    const groups = this.members.filter((member) => "threshold" in member).length;
    if (Math.max(this.logs.length, this.members.length - groups, groups) > MAX_EACH) {
      throw new BoardError(`${where}: more than ${MAX_EACH} logs, witnesses or groups`);
    }
  }

  /** @returns {Policy} */
  policy() {
    if (this.quorum === undefined) throw new BoardError("policy: expected one quorum line");
    return { logs: this.logs, members: this.members, quorum: this.quorum === NONE ? null : this.quorum };
  }

  /** @param {string} text @param {number} kind @param {string} where @returns {Promise<VerifierKey>} */
  async key(text, kind, where) {
    const key = await parseKey(text);
    if (key.kind !== kind) throw new BoardError(`${where}: expected a key of type 0${kind}`);
    const known = [...this.logs, ...this.members.flatMap((member) => ("key" in member ? [member.key] : []))];
    for (const other of known) {
      const named = other.name === key.name && String(other.id) === String(key.id);
      if (named || String(other.public) === String(key.public)) throw new BoardError(`${where}: a key is there twice`);
    }
    return key;
  }

  /** @param {string[]} items @param {string} where @returns {Group} */
  group([name, threshold, ...members], where) {
    for (const member of members) {
      this.refer(member, where);
      if (this.used.has(member)) throw new BoardError(`${where}: ${member} is a member already`);
      this.used.add(member);
    }
    const words = new Map([["any", 1], ["all", members.length]]);
    const count = words.get(threshold) ?? parseDecimal(threshold, where);
    if (count < 1 || count > members.length) throw new BoardError(`${where}: expected from 1 to ${members.length}`);
    return { name: this.newName(name, where), threshold: count, members };
  }

  /** @param {string} name @param {string} where @returns {string} */
  newName(name, where) {
    if (name === NONE || this.defines(name)) throw new BoardError(`${where}: the name is there twice, or it is none`);
    return name;
  }

  /** @param {string} name @param {string} where */
  refer(name, where) {
    if (!this.defines(name)) throw new BoardError(`${where}: no line before defines ${name}`);
  }

  /** @param {string} name @returns {boolean} */
  defines(name) {
    return this.members.some((member) => member.name === name);
  }
}
