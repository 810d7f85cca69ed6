// In node: the page's own model of a ballot, and its order of options, on values from standard input; prints JSON.

import { readFileSync } from "node:fs";

import { Ballot } from "../../../e2evote/web/static/booth/page/ballot.js";
import { BoothElection } from "../../../e2evote/web/static/booth/page/election.js";
import { shuffled } from "../../../e2evote/web/static/booth/page/order.js";
import { findWork } from "../../../e2evote/web/static/booth/page/work.js";
import { openedBallot } from "../../../e2evote/web/static/booth/page/challenge.js";

/** Mark options of contests, [contest, option from 1, times], and say what is shown and encrypted. */
function filled({ manifest, conditions, style, marks, writeIns }) {
  const election = { manifest, conditions, keptOrder: manifest.contests.map((_, i) => i + 1) };
  const ballot = new Ballot(election, style, new Map());
  const of = (index) => ballot.contests.find((choices) => choices.index === index);
  const held = marks.map(([index, option, times]) => of(index).mark(option - 1, times));
  for (const [index, option, text] of writeIns ?? []) of(index).write(option - 1, text);
  const fits = ballot.contests.map((choices) => choices.fits);
  return { held, fits, shown: ballot.shown.map(({ index }) => index), plaintext: ballot.plaintext(1) };
}

const CALLS = {
  filled,
  /** Return every order, from every way to draw. */
  orders({ count }) {
    const found = [];
    const draw = (drawn) => {
      const waiting = [...drawn];
      const asked = [];
      const order = shuffled(
        Array.from({ length: count }, (_, i) => i),
        (limit) => {
          asked.push(limit);
          return waiting.length ? waiting.shift() : 0;
        },
      );
      if (drawn.length === asked.length) return found.push(order);
      for (let next = 0; next < asked[drawn.length]; next++) draw([...drawn, next]);
    };
    draw([]);
    return found;
  },
  work: ({ token, bits }) => findWork(token, bits),
  async election({ text }) {
    try {
      return { fields: (await BoothElection.parse(text)).fields };
    } catch (error) {
      return { refused: error.message };
    }
  },
  async opened({ text, ballot, code, nonce, position }) {
    const election = await BoothElection.parse(text);
    const xi_b = Uint8Array.from(nonce.match(/../g).map((digits) => parseInt(digits, 16)));
    return openedBallot(election, { ballot, code, nonce: xi_b }, position);
  },
};

const answers = [];
for (const [name, value] of JSON.parse(readFileSync(0, "utf8"))) answers.push((await CALLS[name](value)) ?? null);
console.log(JSON.stringify(answers));
