// The code, to be written down; then the choice: cast this ballot, or challenge it.

import { qrSvg } from "../qr.js";
import { codeElement, element } from "./dom.js";

/** @typedef {import("./booth.js").Booth} Booth */
/** @typedef {import("./screens.js").Screen} Screen */
/** @typedef {import("./sealing.js").Committed} Committed */

/** Show the code of a ballot that is on the board.
 * @param {Booth} booth @param {Committed} committed
 */
export async function showCode(booth, { sealed }) {
  const { screens, texts } = booth;
  const screen = screens.show("code-shown", (screen) => {
    screen.fill("code", codeElement(sealed.code));
    screen.fill("qr", picture(sealed.code, texts.say("qr_of_code")));
  });
  while ((await screen.answer()) === "copy") await copy(booth, screen, sealed.code);
}

/** Ask what becomes of a ballot.
 * @param {Booth} booth @param {Committed} committed @param {string} problem what went wrong before
 * @returns {Promise<"cast" | "challenge">}
 */
export async function choose(booth, { sealed }, problem) {
  const left = booth.turn?.challenges_left ?? 0;
  const screen = booth.screens.show("choice", (screen) => {
    screen.fill("code", codeElement(sealed.code));
    screen.toggle("challenge", left > 0);
    screen.toggle("no-challenge", left === 0);
  });
  screen.problem(problem);
  return (await screen.answer()) === "challenge" ? "challenge" : "cast";
}

/** Return a QR code as a picture with a name.
 * @param {string} text @param {string} label @returns {HTMLElement}
 */
export function picture(text, label) {
  const svg = qrSvg(text);
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", label);
  return element("figure", { class: "qr" }, svg);
}

/** Copy a text and say whether that worked.
 * @param {Booth} booth @param {Screen} screen @param {string} text
 */
async function copy({ texts }, screen, text) {
  const copied = await navigator.clipboard.writeText(text).then(
    () => true,
    () => false,
  );
  screen.fill("status", texts.say(copied ? "copied" : "not_copied"));
}
