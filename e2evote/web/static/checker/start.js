// The first screen: code and nonce by camera, by picture, or typed.

import { button, element } from "./dom.js";
import { readPicture, scan } from "./scanning.js";
import { DIGITS, readDigits, readScanned } from "./typing.js";

/** @typedef {import("./main.js").Checker} Checker */
/** @typedef {"code" | "nonce"} Name */

/** @param {Checker} checker @returns {import("./dom.js").Child[]} */
export function startScreen(checker) {
  const said = element("p", { role: "status", class: "said" });
  const picture = element("input", { type: "file", accept: "image/*", id: "picture" });
  picture.addEventListener("change", () => void fromPicture(checker, /** @type {HTMLInputElement} */ (picture), said));
  const camera = element("div", { class: "camera" });
  camera.append(button(checker.text("scan"), () => void fromCamera(checker, camera, said)));
  return [
    element("h1", { tabindex: "-1" }, checker.text("title")),
    element("p", {}, checker.text("intro")),
    element("p", { class: "warning" }, checker.text("warning")),
    camera,
    element("p", { class: "picture" }, picture, element("label", { for: "picture" }, checker.text("picture"))),
    said,
    element("h2", {}, checker.text("type")),
    field(checker, "code"),
    field(checker, "nonce"),
    ...(checker.atHome ? [] : [address(checker)]),
    button(checker.text("check"), () => submit(checker), { class: "main" }),
  ];
}

/** @param {Checker} checker @param {Name} name @returns {HTMLElement} */
function field(checker, name) {
  const help = element("p", { id: `${name}-help`, class: "quiet" }, checker.text("form"));
  const said = element("p", { id: `${name}-said`, role: "status", class: "said" });
  const box = /** @type {HTMLTextAreaElement} */ (
    element("textarea", {
      id: name, rows: "3", dir: "ltr", spellcheck: "false", autocapitalize: "characters", autocomplete: "off",
      "aria-describedby": `${name}-help ${name}-said`,
    })
  );
  box.value = checker.typed[name];
  const look = () => {
    const scanned = readScanned(box.value); // somebody pasted what the QR code holds
    if (scanned) return accept(checker, scanned);
    checker.typed[name] = box.value;
    const { message, wrong } = judged(checker, box.value);
    said.textContent = message;
    box.setAttribute("aria-invalid", String(wrong));
  };
  box.addEventListener("input", look);
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    submit(checker);
  });
  if (box.value) look();
  return element("div", { class: "field" }, element("label", { for: name }, checker.text(name)), help, box, said);
}

/** Say how far a field is, and what is wrong with it.
 * @param {Checker} checker @param {string} typed @returns {{ message: string, wrong: boolean }}
 */
function judged(checker, typed) {
  const { digits, wrong } = readDigits(typed);
  const number = (/** @type {number} */ count) => checker.language.number(count);
  if (wrong) return { message: checker.text("not_a_digit", { character: wrong }), wrong: true };
  if (digits.length > DIGITS) {
    return { message: checker.text("too_many", { count: number(digits.length - DIGITS) }), wrong: true };
  }
  if (digits.length === DIGITS) return { message: checker.text("complete"), wrong: false };
  return { message: digits ? checker.text("typed", { count: number(digits.length) }) : "", wrong: false };
}

/** The board's address, for a page that does not come from there.
 * @param {Checker} checker @returns {HTMLElement}
 */
function address(checker) {
  const box = /** @type {HTMLInputElement} */ (
    element("input", { id: "board", type: "url", dir: "ltr", "aria-describedby": "board-said" })
  );
  box.value = checker.board;
  box.addEventListener("input", () => (checker.board = box.value.trim().replace(/\/+$/, "")));
  const said = element("p", { id: "board-said", role: "status", class: "said" });
  return element("div", { class: "field" }, element("label", { for: "board" }, checker.text("board")), box, said);
}

/** Check what was entered, or say what is missing and go there.
 * @param {Checker} checker
 */
function submit(checker) {
  const names = /** @type {Name[]} */ (["code", "nonce"]);
  const read = names.map((name) => readDigits(checker.typed[name]));
  const missing = names.find((_, i) => read[i].wrong || read[i].digits.length !== DIGITS);
  if (missing) return complain(missing, judgedOrIncomplete(checker, checker.typed[missing]));
  if (!/^https?:\/\/[^\s/]/.test(checker.board)) return complain("board", checker.text("board_wrong"));
  checker.typed = { code: read[0].digits, nonce: read[1].digits };
  void checker.check();
}

/** @param {Checker} checker @param {string} typed @returns {string} */
function judgedOrIncomplete(checker, typed) {
  const { message, wrong } = judged(checker, typed);
  return wrong ? message : checker.text("incomplete");
}

/** @param {string} id @param {string} message */
function complain(id, message) {
  const box = /** @type {HTMLElement} */ (document.getElementById(id));
  box.setAttribute("aria-invalid", "true");
  /** @type {HTMLElement} */ (document.getElementById(`${id}-said`)).textContent = message;
  box.focus();
}

/** @param {Checker} checker @param {{ code: string, nonce: string }} scanned */
function accept(checker, scanned) {
  checker.typed = scanned;
  checker.show(() => startScreen(checker));
  submit(checker);
}

/** @param {Checker} checker @param {HTMLElement} place @param {HTMLElement} said */
async function fromCamera(checker, place, said) {
  const stopping = new AbortController();
  checker.leaving.signal.addEventListener("abort", () => stopping.abort());
  const name = { playsinline: "", "aria-label": checker.text("aim") };
  const video = /** @type {HTMLVideoElement} */ (element("video", name));
  video.muted = true;
  const stop = button(checker.text("stop"), () => stopping.abort());
  place.replaceChildren(video, stop);
  stop.focus();
  said.textContent = checker.text("aim");
  let problem = "";
  try {
    while (!stopping.signal.aborted) {
      const text = await scan(video, stopping.signal);
      const scanned = text === null ? null : readScanned(text);
      if (scanned) return accept(checker, scanned);
      if (text !== null) problem = checker.text("other_code");
      if (text !== null) break;
    }
  } catch {
    problem = checker.text("no_camera");
  }
  if (checker.leaving.signal.aborted) return;
  const start = button(checker.text("scan"), () => void fromCamera(checker, place, said));
  place.replaceChildren(start);
  start.focus();
  said.textContent = problem;
}

/** @param {Checker} checker @param {HTMLInputElement} input @param {HTMLElement} said */
async function fromPicture(checker, input, said) {
  const [file] = input.files ?? [];
  if (!file) return;
  const text = await readPicture(file);
  const scanned = text === null ? null : readScanned(text);
  if (scanned) accept(checker, scanned);
  else said.textContent = checker.text(text === null ? "not_found" : "other_code");
}
