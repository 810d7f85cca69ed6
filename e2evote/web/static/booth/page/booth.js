// What every step has at hand, and where the voter stands.

import { Refused } from "./api.js";
import { byId, element } from "./dom.js";
import { count, take } from "./parsing.js";

/** @typedef {import("./api.js").Api} Api */
/** @typedef {import("./clock.js").Clock} Clock */
/** @typedef {import("./election.js").BoothElection} BoothElection */
/** @typedef {import("./receipts.js").Sealed} Sealed */
/** @typedef {import("./screens.js").Screens} Screens */
/** @typedef {import("./texts.js").Texts} Texts */
/** @typedef {{ name: string, ballot_style: number, weight: number, voted: boolean, undecided: boolean,
 *              challenges_left: number, ballot_ends: number }} Turn */

/** The booth, as long as the page is open. */
export class Booth {
  /** @param {BoothElection} election @param {Texts} texts @param {Clock} clock @param {Api} api
   * @param {Screens} screens */
  constructor(election, texts, clock, api, screens) {
    this.election = election;
    this.texts = texts;
    this.clock = clock;
    this.api = api;
    this.screens = screens;
    /** @type {Turn | null} null while nobody is signed in */
    this.turn = null;
    /** @type {Map<number, number[]>} the order of options, which stays while the page is open */
    this.orders = new Map();
    /** @type {boolean} whether a ballot of this page is on the board, and its fate is not decided */
    this.undecided = false;
  }

  /** Take over where the voter stands.
   * @param {any} answer of `turn` or `enter` @returns {Turn}
   * @throws {Refused} nobody is signed in
   */
  signedIn(answer) {
    if (!take(answer, "session", "boolean")) {
      this.signedOut();
      throw new Refused(take(answer, "error", "string"), take(answer, "message", "string"));
    }
    const style = count(answer, "ballot_style");
    if (!this.election.manifest.ballot_styles[style - 1]) throw new Refused("wrong-style");
    this.turn = {
      name: take(answer, "name", "string"),
      ballot_style: style,
      weight: count(answer, "weight"),
      voted: take(answer, "voted", "boolean"),
      undecided: take(answer, "undecided", "boolean"),
      challenges_left: count(answer, "challenges_left"),
      ballot_ends: count(answer, "ballot_ends"),
    };
    byId("voter").replaceChildren(element("bdi", {}, this.turn.name));
    byId("signed-in").hidden = false;
    byId("languages").hidden = true; // another language is another page, and would lose the ballot
    return this.turn;
  }

  /** Forget who was signed in. */
  signedOut() {
    this.turn = null;
    this.undecided = false;
    this.clock.stop("ballot");
    byId("voter").replaceChildren();
    byId("signed-in").hidden = true;
    byId("languages").hidden = false;
  }

  /** Show how long there is for the ballot; when it is over, whatever the voter does ends.
   * @param {any} answer with ballot_ends
   */
  startBallotClock(answer) {
    const over = () => this.screens.interrupt(new Refused("ballot-expired", this.texts.say("ballot_expired")));
    this.clock.start("ballot", count(answer, "ballot_ends"), over);
  }

  /** Say why something was refused, and when trying again makes sense.
   * @param {Refused} refused
   */
  explain(refused) {
    const { message, wait } = refused;
    return wait ? `${message} ${this.texts.say("wait", { duration: this.texts.duration(wait) })}` : message;
  }

  /** @param {import("./election.js").Contest | import("./election.js").Option} thing @returns {string} */
  name(thing) {
    return this.texts.name(thing.name, thing.label);
  }
}
