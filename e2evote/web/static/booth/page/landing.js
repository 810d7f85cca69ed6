// The first screen: what the election is, how long it lasts, and how voting works.

import { Refused } from "./api.js";
import { sleep } from "./pause.js";

/** @typedef {import("./booth.js").Booth} Booth */

/** Show it until the voter begins; until voting opens nobody can.
 * @param {Booth} booth
 */
export async function land(booth) {
  const { clock, election, screens, texts } = booth;
  const opens = election.opens.getTime() / 1000;
  const screen = screens.show("landing", (screen) => {
    screen.fill("opens", texts.time(election.opens, election.zone));
    screen.fill("closes", texts.time(election.closes, election.zone));
    screen.toggle("soon", clock.now < opens);
    screen.toggle("begin", clock.now >= opens);
  });
  while (clock.now < opens) await Promise.race([sleep(1), screen.interrupted]);
  startElectionClock(booth);
  screen.toggle("soon", false);
  screen.toggle("begin", true);
  await screen.answer();
}

/** Show how long voting lasts; at its end whatever the voter does ends.
 * @param {Booth} booth
 */
export function startElectionClock({ clock, election, screens, texts }) {
  const over = () => screens.interrupt(new Refused("closed", texts.say("closed")));
  clock.start("election", election.closes.getTime() / 1000, over);
}
