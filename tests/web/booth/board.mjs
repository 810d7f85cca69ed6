// In node: read calls of the board's modules as JSON from standard input, print what each returns or refuses.

import { parseEntry } from "../../../e2evote/web/static/booth/board/entry.js";
import { BoardError } from "../../../e2evote/web/static/booth/board/error.js";
import { isSignature, isSigningKey } from "../../../e2evote/web/static/booth/board/ed25519.js";
import { parseKey, parseNote, verifyNote } from "../../../e2evote/web/static/booth/board/notes.js";
import { parsePolicy, verifyWitnessed } from "../../../e2evote/web/static/booth/board/policy.js";
import { parseProof, verifyIncluded, verifyProof } from "../../../e2evote/web/static/booth/board/proof.js";
import { verifyReceipt } from "../../../e2evote/web/static/booth/board/receipt.js";

const bytes = (text) => Uint8Array.from(Buffer.from(text, "base64"));
const base64 = (data) => Buffer.from(data).toString("base64");

const CALLS = {
  signingKey: async (key) => isSigningKey(bytes(key)),
  signature: (key, signature, data) => isSignature(bytes(key), bytes(signature), bytes(data)),
  key: async (text) => {
    const { name, kind, public: raw, id } = await parseKey(text);
    return { name, kind, public: base64(raw), id: base64(id) };
  },
  note: async (data) => {
    const { text, signatures } = parseNote(bytes(data));
    return { text, signatures: signatures.map(({ name, keyId, value }) => [name, base64(keyId), base64(value)]) };
  },
  signed: async (data, keys) => {
    await verifyNote(parseNote(bytes(data)), await Promise.all(keys.map(parseKey)));
    return true;
  },
  policy: async (text) => {
    const { logs, members, quorum } = await parsePolicy(text);
    return { logs: logs.map(({ name }) => name), members: members.map(({ name }) => name), quorum };
  },
  witnessed: async (data, policy) => {
    const { checkpoint, time } = await verifyWitnessed(parseNote(bytes(data)), await parsePolicy(policy));
    return { size: checkpoint.size, root: base64(checkpoint.root), time: time && time.getTime() / 1000 };
  },
  included: async (text, entry, policy) => {
    const proof = parseProof(text);
    const { size } = await verifyIncluded(proof, bytes(entry), await parsePolicy(policy));
    return { index: proof.index, size };
  },
  proof: async (text, policy) => verifyProof(text, await parsePolicy(policy)),
  receipt: async (text, policy) => verifyReceipt(text, await parsePolicy(policy)),
  entry: async (line) => parseEntry(line),
};

let input = "";
for await (const chunk of process.stdin) input += chunk;
const outcomes = [];
for (const [name, ...values] of JSON.parse(input)) {
  try {
    outcomes.push({ returned: await CALLS[name](...values) });
  } catch (error) {
    if (!(error instanceof BoardError)) throw error;
    outcomes.push({ reason: error.reason, message: error.message });
  }
}
console.log(JSON.stringify(outcomes));
