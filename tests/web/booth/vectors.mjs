// Every vector that concerns a voting page, run through the page's own modules; in node here, in a browser by the caller.

/** @typedef {(path: string) => Promise<any>} Load reads a file of vectors/ */

import { fromHex, toHex, utf8 } from "../../../e2evote/web/static/booth/crypto/bytes.js";
import { confirmationCode, contestHash, unchainedField } from "../../../e2evote/web/static/booth/crypto/codes.js";
import { Election, encryptBallot } from "../../../e2evote/web/static/booth/crypto/encryption.js";
import { FixedBase, Group } from "../../../e2evote/web/static/booth/crypto/group.js";
import { encryptNonce, maskData } from "../../../e2evote/web/static/booth/crypto/hashed_elgamal.js";
import { TAG, selectionIdentifierHash, selectionNonce } from "../../../e2evote/web/static/booth/crypto/hashing.js";
import { encryptedValues, isOvervoted } from "../../../e2evote/web/static/booth/crypto/manifest.js";
import { OpeningError, openBallot } from "../../../e2evote/web/static/booth/crypto/opening.js";
import { STANDARD } from "../../../e2evote/web/static/booth/crypto/parameters.js";
import { proveRange, rangeChallenge } from "../../../e2evote/web/static/booth/crypto/proofs.js";

/** Return the names of what failed, and how many there were. @param {Load} load */
export async function run(load) {
  const failed = [];
  let count = 0;
  for (const [name, check] of await cases(load)) {
    count += 1;
    try {
      await check();
    } catch (error) {
      failed.push(`${name}: ${error}`);
    }
  }
  return { count, failed };
}

function same(found, expected) {
  if (found !== expected) throw new Error(`${String(found).slice(0, 200)} is not ${String(expected).slice(0, 200)}`);
}

async function cases(load) {
  const found = [];
  for (const election of (await load("booth-ballots.json")).elections) {
    for (const [i, ballot] of election.ballots.entries()) {
      found.push([`ballot ${election.group.name} ${i}`, () => wholeBallot(election, ballot)]);
      if (!ballot.ballot) continue;
      found.push([`opening ${i}`, () => opening(election, ballot)]);
      for (const [name, change] of Object.entries(CHANGES)) {
        found.push([`opening ${i}, ${name}`, () => refused(election, ballot, change)]);
      }
    }
  }
  for (const vector of (await load("electionguard-2.1-known-answers.json")).vectors) {
    if (vector.family in KNOWN) found.push([vector.name, () => KNOWN[vector.family](vector)]);
  }
  return found;
}

const number = (text) => BigInt("0x" + text);

function electionOf(given) {
  const { name, p, q, g } = given.group;
  const group = name === STANDARD.name ? STANDARD : new Group(name, number(p), number(q), number(g));
  same(group.p, number(p));
  same(group.q, number(q));
  same(group.g, number(g));
  return new Election(group, given.manifest, fromHex(given.h_e), number(given.K), number(given.K_hat));
}

const deviceOf = ({ device }) => ({ device: device.device, h_di: fromHex(device.h_di) });

function open(given, { ballot, confirmation_code, nonce }) {
  return openBallot(electionOf(given), deviceOf(given), ballot, fromHex(confirmation_code), fromHex(nonce));
}

async function opening(given, expected) {
  const marks = new Map(expected.plaintext.contests.map((contest) => [contest.contest, contest]));
  for (const { index, values, data } of await open(given, expected)) {
    const contest = given.manifest.contests[index - 1];
    const marked = marks.get(index);
    const selections = marked?.selections ?? contest.options.map(() => 0);
    same(values.join(), encryptedValues(contest, selections).join());
    if (!data) continue;
    const overvoted = isOvervoted(contest, selections);
    if (!data.content.cut) same(String(data.content.overvote), String(overvoted ? selections : undefined));
    for (const [ind_o, text] of Object.entries(data.content.write_ins ?? {})) {
      same(marked.write_ins[ind_o].startsWith(text), true);
    }
  }
}

async function refused(given, expected, change) {
  const changed = structuredClone(expected);
  if (change(changed) === "not here") return;
  try {
    await open(given, changed);
  } catch (error) {
    same(error instanceof OpeningError, true);
    return;
  }
  throw new Error("accepted");
}

const flipped = (text) => (text[0] === "0" ? "1" : "0") + text.slice(1);
const option = ({ ballot }) => ballot.contests[0].options[0];

/** What a page, a server or a voter could have wrong. */
const CHANGES = {
  "another nonce": (given) => (given.nonce = flipped(given.nonce)),
  "another code": (given) => (given.confirmation_code = flipped(given.confirmation_code)),
  "another identifier": ({ ballot }) => (ballot.id_b = flipped(ballot.id_b)),
  "another H_I": ({ ballot }) => (ballot.h_i = flipped(ballot.h_i)),
  "another α": (given) => (option(given).ciphertext.alpha = flipped(option(given).ciphertext.alpha)),
  "another β": (given) => (option(given).ciphertext.beta = flipped(option(given).ciphertext.beta)),
  "an option less": ({ ballot }) => ballot.contests[0].options.pop(),
  "a contest less": ({ ballot }) => ballot.contests.pop(),
  "a contest twice": ({ ballot }) => ballot.contests.push(ballot.contests[0]),
  "another style": ({ ballot }) => (ballot.ballot_style = 3 - ballot.ballot_style),
  "a style that is none": ({ ballot }) => (ballot.ballot_style = 9),
  "another contest hash": ({ ballot }) => (ballot.contests[0].contest_hash = flipped(ballot.contests[0].contest_hash)),
  "another chaining field": ({ ballot }) => (ballot.chaining_field = flipped(ballot.chaining_field)),
  "other data": ({ ballot }) => {
    const data = ballot.contests.at(-1).contest_data;
    if (!data) return "not here";
    data.c_1 = flipped(data.c_1);
  },
  "no data": ({ ballot }) => {
    if (!ballot.contests.at(-1).contest_data) return "not here";
    delete ballot.contests.at(-1).contest_data;
  },
  "shorter data": ({ ballot }) => {
    const data = ballot.contests.at(-1).contest_data;
    if (!data) return "not here";
    data.c_1 = data.c_1.slice(64);
  },
};

async function wholeBallot(given, expected) {
  const election = electionOf(given);
  const waiting = [...expected.randomness];
  const rng = {
    bytes: (n) => fromHex(waiting.shift(), n),
    scalar: () => number(waiting.shift()),
  };
  const made = await encryptBallot(election, deviceOf(given), expected.plaintext, expected.encrypted_at, () => {}, rng);
  const data = JSON.stringify(made.ballot);
  if (expected.ballot) same(data, JSON.stringify(expected.ballot));
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", utf8(data)));
  same(toHex(digest), expected.sha256);
  same(toHex(made.code), expected.confirmation_code);
  same(toHex(made.nonce), expected.nonce);
  same(waiting.length, 0);
}

const powers = new Map();
/** Return an element from g^E. */
function element(text) {
  if (!powers.has(1)) powers.set(1, new FixedBase(STANDARD, STANDARD.g));
  return powers.get(1).power(BigInt("0x" + text.slice(2)));
}

function base(text) {
  if (!powers.has(text)) powers.set(text, new FixedBase(STANDARD, element(text)));
  return powers.get(text);
}

/** Run a proof with the randomness of the vector. */
async function proof({ inputs, proof }, tag, indices) {
  const { h_i, limit, value, nonce, alpha, beta, u, chosen_challenges } = inputs;
  const ciphertext = { alpha: element(alpha), beta: element(beta) };
  const waiting = [...u, ...Object.keys(chosen_challenges).sort().map((j) => chosen_challenges[j])];
  const rng = { scalar: () => STANDARD.parseScalar(waiting.shift()) };
  const asked = (commitments) => rangeChallenge(STANDARD, fromHex(h_i), tag, indices, ciphertext, commitments);
  // the vectors do not name the key, which is that of the election with K = g^5
  const K = base("g^5");
  const made = await proveRange(base("g^1"), K, value, STANDARD.parseScalar(nonce), limit, asked, rng);
  const hex = (scalars) => JSON.stringify(scalars.map((x) => toHex(STANDARD.scalar(x))));
  same(hex(made.challenges), JSON.stringify(proof.challenges));
  same(hex(made.responses), JSON.stringify(proof.responses));
}

async function hashOfContest({ inputs, result }) {
  const { h_i, ind_c, options, contest_data } = inputs;
  const ciphertexts = options.map(({ alpha, beta }) => ({ alpha: element(alpha), beta: element(beta) }));
  let data = null;
  if (contest_data) {
    const { c_0, c_1, c, v } = contest_data;
    const c_2 = { challenge: STANDARD.parseScalar(c), response: STANDARD.parseScalar(v) };
    data = { c_0: element(c_0), c_1: fromHex(c_1), c_2 };
    const [xi, plain] = [STANDARD.parseScalar(contest_data.nonce), fromHex(contest_data.data)];
    const masked = await maskData(fromHex(h_i), ind_c, base("g^1"), base("g^7"), plain, xi);
    same(masked.c_0, data.c_0);
    same(toHex(masked.c_1), c_1);
  }
  same(toHex(await contestHash(STANDARD, fromHex(h_i), ind_c, ciphertexts, data)), result);
}

async function code({ inputs, result }) {
  const { h_i, contest_hashes, chaining_field, mode, previous } = inputs;
  if (mode === 0) same(toHex(unchainedField(fromHex(previous))), chaining_field);
  const hashes = contest_hashes.map((text) => fromHex(text));
  same(toHex(await confirmationCode(fromHex(h_i), hashes, fromHex(chaining_field))), result);
}

async function sealedNonce({ inputs, ciphertext }) {
  const waiting = [inputs.xi_hat, inputs.u_b];
  const rng = { scalar: () => STANDARD.parseScalar(waiting.shift()) };
  const key = base(inputs.K_hat);
  const made = await encryptNonce(fromHex(inputs.h_i), base("g^1"), key, fromHex(inputs.xi_b), rng);
  same(made.c_0, element(ciphertext.c_0));
  same(toHex(made.c_1), ciphertext.c_1);
  same(toHex(STANDARD.scalar(made.c_2.challenge)), ciphertext.c);
  same(toHex(STANDARD.scalar(made.c_2.response)), ciphertext.v);
}

/** What the page computes of the known answers, by family. */
const KNOWN = {
  selection_identifier_hash: async ({ inputs, result }) =>
    same(toHex(await selectionIdentifierHash(fromHex(inputs.h_e), fromHex(inputs.id_b))), result),
  selection_nonce: async ({ inputs, scalar }) => {
    const { h_i, ind_c, ind_o, xi_b } = inputs;
    const xi = await selectionNonce(STANDARD, fromHex(h_i), ind_c, ind_o, fromHex(xi_b));
    same(toHex(STANDARD.scalar(xi)), scalar);
  },
  ballot_nonce_encryption: sealedNonce,
  range_proof: (vector) => proof(vector, TAG.RANGE_PROOF, [vector.inputs.ind_c, vector.inputs.ind_o]),
  limit_proof: (vector) => proof(vector, TAG.RANGE_PROOF, [vector.inputs.ind_c]),
  contest_hash: hashOfContest,
  challenged_contest_hash: hashOfContest,
  confirmation_code: code,
  challenged_confirmation_code: code,
};
