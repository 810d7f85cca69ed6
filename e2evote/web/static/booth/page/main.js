// Starts the page: reads what the election is, then leads the voter.

import { Api, Refused, fetchText } from "./api.js";
import { Booth } from "./booth.js";
import { Clock } from "./clock.js";
import { byId } from "./dom.js";
import { BoothElection } from "./election.js";
import { showHelp } from "./help.js";
import { Screens } from "./screens.js";
import { Texts } from "./texts.js";
import { lead } from "./voting.js";

async function main() {
  const texts = Texts.ofPage();
  const clock = new Clock(texts);
  const api = new Api(texts.tag, clock);
  const screens = new Screens(texts, document.title);
  const booth = new Booth(await readElection(screens), texts, clock, api, screens);
  showHelp(booth);
  byId("sign-out").addEventListener("click", () => leave(booth));
  document.addEventListener("visibilitychange", () => look(booth));
  await lead(booth);
}

/** @param {Screens} screens */
async function readElection(screens) {
  const text = await screens.insist(() => fetchText("/vote/election.json"));
  return BoothElection.parse(text ?? "");
}

/** Sign out where the voter is; with a ballot in hand they are asked first.
 * @param {Booth} booth
 */
function leave({ clock, screens, texts }) {
  const begun = clock.spans.has("ballot");
  if (!begun || confirm(texts.say("really_leave"))) screens.interrupt(new Refused("signed-out"));
}

/** When the voter comes back to the page: tell whether they have signed in elsewhere meanwhile.
 * @param {Booth} booth
 */
async function look({ api, screens, turn }) {
  if (document.visibilityState !== "visible" || !turn) return;
  const answer = await api.turn().catch(() => null);
  const ended = answer?.session === false && answer.error !== "has-voted"; // who has voted looks at the receipt
  if (ended) screens.interrupt(new Refused(String(answer.error), String(answer.message)));
}

// What an old browser lacks has been found out, and said, by support.js.
if (!("unsupported" in document.documentElement.dataset)) {
  main().catch((error) => {
    byId("failed").hidden = false;
    byId("screen").hidden = true;
    byId("failed").focus();
    throw error;
  });
}
