// From a voter's selections to an encrypted ballot and its confirmation code, byte for byte as the library makes it.

import { toHex } from "./bytes.js";
import { confirmationCode, contestHash, unchainedField } from "./codes.js";
import { pack } from "./contest_data.js";
import { combine, encrypt } from "./elgamal.js";
import { FixedBase } from "./group.js";
import { encryptData, encryptNonce } from "./hashed_elgamal.js";
import { contestDataNonce, selectionIdentifierHash, selectionNonce, TAG } from "./hashing.js";
import { encryptedValues, fieldLimits, fieldRelations, isOvervoted, limitRelation } from "./manifest.js";
import { proveRange, rangeChallenge } from "./proofs.js";
import { SYSTEM } from "./randomness.js";

/** @typedef {import("./group.js").Group} Group */
/** @typedef {import("./manifest.js").Manifest} Manifest */
/** @typedef {import("./manifest.js").Contest} Contest */
/** @typedef {import("./manifest.js").Relation} Relation */
/** @typedef {import("./elgamal.js").Ciphertext} Ciphertext */
/** @typedef {import("./hashed_elgamal.js").HashedCiphertext} HashedCiphertext */
/** @typedef {import("./proofs.js").RangeProof} RangeProof */
/** @typedef {import("./randomness.js").Randomness} Randomness */
/** @typedef {{ contest: number, selections: number[], write_ins?: Record<string, string> }} PlaintextContest */
/** @typedef {{ ballot_style: number, weight?: number, contests: PlaintextContest[] }} PlaintextBallot */
/** @typedef {{ device: number, h_di: Uint8Array }} Device a device without chaining */
/** @typedef {{ index: number, ciphertexts: Ciphertext[], proofs: RangeProof[], limitProof: RangeProof,
 *              relations: RangeProof[], data: HashedCiphertext | null, hash: Uint8Array }} EncryptedContest */
/** @typedef {(done: number, total: number) => Promise<void> | void} Progress called after every contest */

/** What encryption needs of an election; the tables of g, K and K̂ are built once. */
export class Election {
  /** @param {Group} group @param {Manifest} manifest @param {Uint8Array} h_e @param {bigint} K @param {bigint} K_hat */
  constructor(group, manifest, h_e, K, K_hat) {
    this.group = group;
    this.manifest = manifest;
    this.h_e = h_e;
    this.g = new FixedBase(group, group.g);
    this.K = new FixedBase(group, K);
    this.K_hat = new FixedBase(group, K_hat, 4); // a power a contest and one more
  }
}

/** Encrypt one ballot on a device without chaining (EG-2.1 §3.3.1–3.4.2).
 * @param {Election} election
 * @param {Device} device
 * @param {PlaintextBallot} plaintext
 * @param {string} encryptedAt the time, as YYYY-MM-DDThh:mm:ssZ
 * @param {Progress} [progress]
 * @param {Randomness} [rng]
 * @returns {Promise<{ ballot: object, code: Uint8Array, nonce: Uint8Array }>} the ballot as JSON has it, without the
 *     position that the board gives it; its code; and ξ_B, which opens it
 */
export async function encryptBallot(election, device, plaintext, encryptedAt, progress = () => {}, rng = SYSTEM) {
  const { group, manifest } = election;
  const style = manifest.ballot_styles[plaintext.ballot_style - 1];
  const [id_b, xi_b] = [rng.bytes(32), rng.bytes(32)];
  const h_i = await selectionIdentifierHash(election.h_e, id_b);
  const marks = new Map(plaintext.contests.map((contest) => [contest.contest, contest]));
  const contests = [];
  for (const [done, ind_c] of style.contests.entries()) {
    contests.push(await encryptVotes(election, h_i, ind_c, marks.get(ind_c), xi_b, rng));
    await progress(done + 1, style.contests.length);
  }
  for (const contest of contests) {
    contest.data = await encryptMarks(election, h_i, contest.index, marks.get(contest.index), xi_b, rng);
    contest.hash = await contestHash(group, h_i, contest.index, contest.ciphertexts, contest.data);
  }
  const field = unchainedField(device.h_di);
  const code = await confirmationCode(h_i, contests.map((contest) => contest.hash), field);
  const ballot = {
    id_b: toHex(id_b),
    h_i: toHex(h_i),
    device: device.device,
    ballot_style: plaintext.ballot_style,
    weight: plaintext.weight ?? 1,
    encrypted_at: encryptedAt,
    contests: contests.map((contest) => contestJson(group, contest)),
    ballot_nonce: hashedJson(group, await encryptNonce(h_i, election.g, election.K_hat, xi_b, rng)),
    chaining_field: toHex(field),
    confirmation_code: toHex(code),
  };
  return { ballot, code, nonce: xi_b };
}

/** Return the ciphertexts of one contest; they follow from ξ_B and the marks.
 * @param {Election} election
 * @param {Uint8Array} h_i
 * @param {number} ind_c
 * @param {number[]} values of every verifiable field
 * @param {Uint8Array} xi_b
 * @returns {Promise<{ nonces: bigint[], ciphertexts: Ciphertext[] }>}
 */
export async function encryptValues(election, h_i, ind_c, values, xi_b) {
  const nonces = await Promise.all(values.map((_, i) => selectionNonce(election.group, h_i, ind_c, i + 1, xi_b)));
  return { nonces, ciphertexts: values.map((sigma, i) => encrypt(election.g, election.K, sigma, nonces[i])) };
}

/** Encrypt and prove one contest but for its data and hash.
 * @param {Election} election
 * @param {Uint8Array} h_i
 * @param {number} ind_c
 * @param {PlaintextContest | undefined} marks none is a null vote
 * @param {Uint8Array} xi_b
 * @param {Randomness} rng
 * @returns {Promise<EncryptedContest>}
 */
async function encryptVotes(election, h_i, ind_c, marks, xi_b, rng) {
  const { group, g, K } = election;
  const contest = election.manifest.contests[ind_c - 1];
  const values = encryptedValues(contest, marks?.selections ?? contest.options.map(() => 0));
  const { nonces, ciphertexts } = await encryptValues(election, h_i, ind_c, values, xi_b);

  /** @param {number[]} indices @param {number} tag @param {Ciphertext} ciphertext */
  const challenge = (indices, tag, ciphertext) => (/** @type {bigint[]} */ commitments) =>
    rangeChallenge(group, h_i, tag, indices, ciphertext, commitments);
  /** @param {Relation} relation @param {number[]} indices @param {number} tag */
  const proveRelation = ({ coefficients, constant, limit }, indices, tag) => {
    const total = combine(group, ciphertexts, coefficients, constant, K);
    const value = coefficients.reduce((sum, n, i) => sum + n * values[i], -constant);
    const xi = group.modQ(coefficients.reduce((sum, n, i) => sum + BigInt(n) * nonces[i], 0n));
    return proveRange(g, K, value, xi, limit, challenge(indices, tag, total), rng);
  };

  const proofs = [];
  for (const [i, limit] of fieldLimits(contest).entries()) {
    const asked = challenge([ind_c, i + 1], TAG.RANGE_PROOF, ciphertexts[i]);
    proofs.push(await proveRange(g, K, values[i], nonces[i], limit, asked, rng));
  }
  const limitProof = await proveRelation(limitRelation(contest), [ind_c], TAG.RANGE_PROOF);
  const relations = [];
  for (const [ind_o, relation] of fieldRelations(contest)) {
    relations.push(await proveRelation(relation, [ind_c, ind_o], TAG.FIELD_RELATION));
  }
  return { index: ind_c, ciphertexts, proofs, limitProof, relations, data: null, hash: new Uint8Array() };
}

/** Encrypt the data of one contest, null where it has none.
 * @param {Election} election
 * @param {Uint8Array} h_i
 * @param {number} ind_c
 * @param {PlaintextContest | undefined} marks
 * @param {Uint8Array} xi_b
 * @param {Randomness} rng
 * @returns {Promise<HashedCiphertext | null>}
 */
async function encryptMarks(election, h_i, ind_c, marks, xi_b, rng) {
  const contest = election.manifest.contests[ind_c - 1];
  if (contest.contest_data_blocks === undefined) return null;
  const writeIns = new Map(Object.entries(marks?.write_ins ?? {}).map(([ind_o, text]) => [Number(ind_o), text]));
  const overvote = marks && isOvervoted(contest, marks.selections) ? marks.selections : null;
  const data = pack(contest.contest_data_blocks, overvote, writeIns);
  const xi = await contestDataNonce(election.group, h_i, ind_c, xi_b);
  return encryptData(h_i, ind_c, election.g, election.K_hat, data, xi, rng);
}

/** @param {Group} group @param {EncryptedContest} contest */
function contestJson(group, { index, ciphertexts, proofs, limitProof, relations, data, hash }) {
  const options = ciphertexts.map(({ alpha, beta }, i) => ({
    ciphertext: { alpha: toHex(group.element(alpha)), beta: toHex(group.element(beta)) },
    proof: rangeJson(group, proofs[i]),
  }));
  return {
    index,
    options,
    proof: rangeJson(group, limitProof),
    ...(relations.length ? { relations: relations.map((proof) => rangeJson(group, proof)) } : {}),
    ...(data ? { contest_data: hashedJson(group, data) } : {}),
    contest_hash: toHex(hash),
  };
}

/** @param {Group} group @param {RangeProof} proof */
function rangeJson(group, { challenges, responses }) {
  const hex = (/** @type {bigint[]} */ scalars) => scalars.map((x) => toHex(group.scalar(x)));
  return { challenges: hex(challenges), responses: hex(responses) };
}

/** @param {Group} group @param {HashedCiphertext} ciphertext */
function hashedJson(group, { c_0, c_1, c_2 }) {
  const proof = { challenge: toHex(group.scalar(c_2.challenge)), response: toHex(group.scalar(c_2.response)) };
  return { c_0: toHex(group.element(c_0)), c_1: toHex(c_1), c_2: proof };
}
