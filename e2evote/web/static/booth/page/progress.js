// One bar that only ever grows, with what is being done beside it.

/** @typedef {import("./booth.js").Booth} Booth */

/** A screen that shows how far something is. */
export class Progress {
  /** @param {Booth} booth @param {string} what its texts are `<what>_heading` and `<what>_why` @param {number} steps */
  constructor({ screens, texts }, what, steps) {
    this.texts = texts;
    this.screen = screens.show("progress", (screen) => {
      screen.fill("heading", texts.say(`${what}_heading`));
      screen.fill("why", texts.say(`${what}_why`));
    });
    this.bar = /** @type {HTMLProgressElement} */ (this.screen.find("progress"));
    this.bar.max = steps;
    this.bar.value = 0;
  }

  /** @param {number} step reached @param {string} [next] what is done now, a text */
  reach(step, next) {
    this.bar.value = step;
    const said = next ? this.texts.say(next) : "";
    if (this.screen.slot("step").textContent !== said) this.screen.fill("step", said);
  }
}
