// Entering a one-time code: where it was sent, how long it holds, another one, another way.

import { Refused } from "./api.js";
import { element } from "./dom.js";
import { count, demand, take } from "./parsing.js";
import { latinDigits } from "./texts.js";

/** @typedef {import("./booth.js").Booth} Booth */
/** @typedef {import("./screens.js").Screen} Screen */
/** @typedef {{ token: string, channel: string, masks: Record<string, string>, expires: number }} Sent */
/** @typedef {{ purpose: "sign_in" | "cast", sent: Sent,
 *              resend: (sent: Sent, channel: string) => Promise<any>,
 *              enter: (token: string, code: string) => Promise<any> }} Occasion */

/** After these the same screen is shown again, with the message. */
const HERE = ["wrong-code", "expired-code", "too-often", "too-many-codes"];

/** Ask for a code until it is right.
 * @param {Booth} booth @param {Occasion} occasion
 * @returns {Promise<any>} what `enter` returns, null where the voter goes back
 */
export async function enterCode(booth, occasion) {
  const entry = new Entry(booth, occasion);
  for (;;) {
    const outcome = await entry.step();
    if (outcome !== undefined) return outcome;
  }
}

/** Return where a code was sent, as the server says it.
 * @param {any} answer @returns {Sent}
 */
export function parseSent(answer) {
  const masks = take(answer, "masks", "object");
  const channel = take(answer, "channel", "string");
  demand(channel in masks && Object.values(masks).every((mask) => typeof mask === "string"), "masks: one is missing");
  return { token: take(answer, "token", "string"), channel, masks, expires: count(answer, "expires") };
}

/** One code being entered. */
class Entry {
  /** @param {Booth} booth @param {Occasion} occasion */
  constructor(booth, occasion) {
    this.booth = booth;
    this.occasion = occasion;
    this.sent = occasion.sent;
    this.screen = this.#show();
  }

  #show() {
    const { screens, texts } = this.booth;
    const screen = screens.show("code", (screen) => {
      screen.fill("heading", texts.say(`${this.occasion.purpose}_heading`));
      screen.fill("why", texts.say(`${this.occasion.purpose}_why`));
      screen.fill("continue", texts.say(`${this.occasion.purpose}_continue`));
    });
    this.#describe(screen);
    return screen;
  }

  /** Say where the code went, and count down.
   * @param {Screen} screen
   */
  #describe(screen) {
    const { clock, texts } = this.booth;
    const mask = element("bdi", { dir: "ltr" }, this.sent.masks[this.sent.channel]);
    const place = "\u{fffc}"; // stands for the mask, which is an element of its own
    const said = texts.say(`${this.occasion.purpose}_by_${this.sent.channel}`, { mask: place });
    const [before, after] = said.split(place);
    screen.fill("sent", before, mask, after);
    const [other] = Object.keys(this.sent.masks).filter((channel) => channel !== this.sent.channel);
    screen.toggle("other", other !== undefined);
    if (other) screen.fill("other", texts.say(`other_by_${other}`));
    clearInterval(this.timer);
    const tick = () => {
      const left = this.sent.expires - clock.now;
      screen.slot("left").textContent = left > 0 ? texts.duration(left) : texts.say("code_over");
      if (!screen.root.isConnected) clearInterval(this.timer);
    };
    this.timer = setInterval(tick, 500);
    tick();
  }

  /** Do what the voter wants; undefined means that they are not done.
   * @returns {Promise<any>}
   */
  async step() {
    const answer = await this.screen.answer();
    this.screen.problem("");
    try {
      if (answer === "back") return null;
      if (answer === "continue") return await this.#enter();
      await this.#resend(answer === "other");
    } catch (error) {
      if (!(error instanceof Refused && HERE.includes(error.reason))) throw error;
      this.#problem(this.booth.explain(error));
    }
    return undefined;
  }

  async #enter() {
    const code = latinDigits(this.#input.value).replace(/\D/g, "");
    if (!code) return this.#problem(this.booth.texts.say("type_the_code"));
    return this.screen.busy(() => this.occasion.enter(this.sent.token, code));
  }

  /** @param {boolean} otherChannel */
  async #resend(otherChannel) {
    const channels = Object.keys(this.sent.masks);
    const channel = otherChannel ? channels.find((one) => one !== this.sent.channel) : this.sent.channel;
    const { screens, texts } = this.booth;
    const resend = () => this.occasion.resend(this.sent, channel ?? "");
    this.sent = parseSent(await this.screen.busy(() => screens.insist(resend)));
    this.#describe(this.screen);
    this.screen.fill("status", texts.say("sent_again"));
    this.#input.focus();
  }

  /** @param {string} message */
  #problem(message) {
    if (!this.screen.root.isConnected) this.screen = this.#show(); // while it was judged, another screen was shown
    this.screen.problem(message);
    this.#input.focus();
    this.#input.select();
  }

  get #input() {
    return /** @type {HTMLInputElement} */ (this.screen.find("input"));
  }
}
