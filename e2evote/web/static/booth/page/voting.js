// The voter's path, from the landing page to the receipt; whatever goes wrong leads to a screen that says so.

import { Refused } from "./api.js";
import { Ballot } from "./ballot.js";
import { cast } from "./casting.js";
import { challenge } from "./challenge.js";
import { choose, showCode } from "./choice.js";
import { fillIn } from "./contests.js";
import { unguard } from "./guard.js";
import { land, startElectionClock } from "./landing.js";
import { showReceipt } from "./receipt.js";
import { seal } from "./sealing.js";
import { signIn } from "./signin.js";
import { explainTrouble } from "./trouble.js";

/** @typedef {import("./booth.js").Booth} Booth */
/** @typedef {import("./casting.js").Cast} Cast */

/** Lead whoever is at the page, one voter after another.
 * @param {Booth} booth
 */
export async function lead(booth) {
  /** @type {(booth: Booth) => Promise<void>} */
  let step = resume;
  for (;;) {
    try {
      await step(booth);
      step = leadOne;
    } catch (error) {
      const explaining = step !== resume && step !== leadOne;
      if (explaining && !(error instanceof Refused)) throw error; // what cannot be explained is not tried again
      unguard();
      booth.screens.release();
      booth.screens.resume();
      booth.clock.stop("ballot");
      step = () => explainTrouble(booth, error); // which the end of voting may interrupt as well
    }
  }
}

/** After a reload the voter is still signed in, and what they had chosen is forgotten.
 * @param {Booth} booth
 */
async function resume(booth) {
  const answer = await booth.screens.insist(() => booth.api.turn());
  if (!answer.session && answer.error === "no-session") return;
  booth.signedIn(answer);
  startElectionClock(booth);
  if (!booth.turn?.voted) await start(booth, booth.turn?.ballot_ends || booth.turn?.undecided ? "reloaded" : "welcome");
}

/** @param {Booth} booth */
async function leadOne(booth) {
  if (!booth.turn) {
    await land(booth);
    const turn = await signIn(booth);
    if (turn.undecided) await start(booth, "elsewhere");
  }
  while (booth.turn) {
    if (booth.turn.voted) throw new Refused("has-voted");
    const done = await vote(booth);
    if (done) {
      await showReceipt(booth, done);
      throw new Refused("signed-out");
    }
    booth.signedIn(await booth.screens.insist(() => booth.api.turn()));
  }
}

/** Say what is known of an earlier ballot before a new one is begun.
 * @param {Booth} booth @param {"reloaded" | "elsewhere" | "welcome"} why
 */
async function start({ screens, texts, turn }, why) {
  const screen = screens.show("start", (screen) => {
    screen.fill("heading", texts.say(why === "welcome" ? "welcome_heading" : "start_heading"));
    screen.fill("why", texts.say(`start_${why}`));
    screen.toggle("undecided", turn?.undecided ?? false);
  });
  if ((await screen.answer()) === "sign-out") throw new Refused("signed-out");
}

/** Fill in a ballot, encrypt it, and cast or challenge it; undefined after a challenge.
 * @param {Booth} booth @returns {Promise<Cast | undefined>}
 */
async function vote(booth) {
  const { api, screens, turn } = booth;
  booth.startBallotClock(await screens.insist(() => api.post("begin", {})));
  const ballot = new Ballot(booth.election, turn?.ballot_style ?? 0, booth.orders);
  await fillIn(booth, ballot);
  const committed = await seal(booth, ballot);
  await showCode(booth, committed);
  for (let problem = ""; ; ) {
    if ((await choose(booth, committed, problem)) === "challenge") {
      const outcome = await challenge(booth, committed);
      if (outcome === null) return undefined;
      problem = outcome;
    } else {
      const outcome = await cast(booth, committed);
      if (typeof outcome !== "string") return outcome;
      problem = outcome;
    }
  }
}
