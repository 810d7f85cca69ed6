// What a voter is told when something ends what they do, and how they go on.

import { BoardError } from "../board/error.js";
import { Refused, Unreachable } from "./api.js";
import { ReceiptError } from "./receipts.js";

/** @typedef {import("./booth.js").Booth} Booth */
/** @typedef {"sign-in" | "again" | "nothing"} Way how the voter goes on: sign in, begin another ballot, or not at all */

/** What each reason leads to; others are an `accident`. Headings are the texts `<screen>_heading`.
 * @type {Record<string, { screen: string, way: Way }>}
 */
const SCREENS = {
  "signed-out": { screen: "signed_out", way: "sign-in" },
  "no-session": { screen: "session_over", way: "sign-in" },
  elsewhere: { screen: "elsewhere", way: "sign-in" },
  "has-voted": { screen: "voted", way: "sign-in" },
  "at-station": { screen: "at_station", way: "sign-in" },
  closed: { screen: "closed", way: "nothing" },
  "not-open": { screen: "not_open", way: "sign-in" },
  "ballot-expired": { screen: "time_over", way: "again" },
  "other-ballot": { screen: "other_ballot", way: "again" },
  "too-often": { screen: "too_often", way: "again" },
  unproved: { screen: "unproved", way: "again" },
  accident: { screen: "accident", way: "again" },
};

/** Say what happened, until the voter goes on; who is not signed in after it begins at the landing page.
 * @param {Booth} booth @param {unknown} error
 */
export async function explainTrouble(booth, error) {
  const reason = reasonOf(error);
  const { screen: name, way } = SCREENS[reason] ?? SCREENS.accident;
  const { undecided } = booth;
  if (reason === "closed") booth.clock.stop("election"); // it is being said
  if (way !== "again") {
    if (booth.turn && reason !== "closed") await signOut(booth);
    booth.signedOut();
  }
  await show(booth, name, error, booth.turn ? way : way === "again" ? "sign-in" : way, undecided);
  booth.undecided = false;
  if (booth.turn) await refresh(booth);
}

/** @param {Booth} booth @param {string} name @param {unknown} error @param {Way} way @param {boolean} undecided */
async function show(booth, name, error, way, undecided) {
  const { screens, texts } = booth;
  const message = error instanceof Refused ? booth.explain(error) : "";
  const screen = screens.show("trouble", (screen) => {
    screen.fill("heading", texts.say(`${name}_heading`));
    screen.fill("why", message || texts.say(`${name}_why`));
    screen.toggle("undecided", undecided);
    screen.toggle("help", ["unproved", "accident"].includes(name));
    screen.toggle("again", way === "again");
    screen.toggle("sign-in", way === "sign-in");
  });
  await screen.answer();
}

/** @param {unknown} error @returns {string} */
function reasonOf(error) {
  if (error instanceof ReceiptError || error instanceof BoardError) return "unproved";
  if (error instanceof Refused) return error.reason in SCREENS ? error.reason : "accident";
  return "accident";
}

/** Have the cookie removed; where that does not work, the session ends by itself.
 * @param {Booth} booth
 */
async function signOut({ api }) {
  try {
    await api.post("sign-out", {});
  } catch (error) {
    if (!(error instanceof Unreachable || error instanceof Refused)) throw error;
  }
}

/** Ask where the voter stands now.
 * @param {Booth} booth
 */
async function refresh(booth) {
  booth.signedIn(await booth.screens.insist(() => booth.api.turn()));
}
