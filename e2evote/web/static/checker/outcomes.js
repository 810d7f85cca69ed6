// The screens behind a check: what was found, what it holds, what the voter says to it, and the report.

import { contestsInWords } from "./contents.js";
import { button, closed, element } from "./dom.js";
import { keep, NEEDS_NONCE, reportOf, send } from "./reporting.js";

/** @typedef {import("./main.js").Checker} Checker */
/** @typedef {import("./dom.js").Child} Child */
/** @typedef {import("./checking.js").Outcome} Outcome */
/** @typedef {import("./checking.js").Finding} Finding */

/** What is a matter of time: it is tried again first. */
const PASSING = new Set(["unreachable", "unpublished"]);
/** What may be nothing but a wrong digit. */
const MISTYPED = new Set(["missing", "opening"]);

/** @param {Checker} checker @returns {Child[]} */
export function busyScreen(checker) {
  return [
    heading(checker.text("checking")),
    element("p", { role: "status" }, checker.text("wait")),
    button(checker.text("cancel"), () => checker.restart()),
  ];
}

/** @param {Checker} checker @param {Outcome} outcome @returns {Child[]} */
export function outcomeScreen(checker, outcome) {
  if (outcome.kind === "opened") return openedScreen(checker, outcome);
  if (outcome.kind === "not-challenged") return notChallengedScreen(checker, outcome);
  return failedScreen(checker, outcome);
}

/** @param {Checker} checker @param {Extract<Outcome, { kind: "opened" }>} outcome @returns {Child[]} */
function openedScreen(checker, outcome) {
  const { manifest } = checker.election;
  const { ballot, proof } = outcome.found;
  const style = checker.language.nameOf(manifest.ballot_styles[ballot.ballot_style - 1]);
  const facts = [fact(checker, "style", style)];
  if ((manifest.maximum_weight ?? 1) > 1) facts.push(fact(checker, "weight", checker.language.number(ballot.weight)));
  if (proof.time) facts.push(fact(checker, "since", checker.language.time(proof.time)));
  const no = () => {
    /** @type {Outcome} */
    const denied = { kind: "failed", finding: "choices", detail: "", proof: proof.text, found: outcome.found };
    checker.show(() => failedScreen(checker, denied));
  };
  return [
    heading(checker.text("found")),
    ...contestsInWords(manifest, outcome.contests, checker.language),
    element("dl", {}, ...facts.flat()),
    element("h2", {}, checker.text("question")),
    element(
      "div",
      { class: "answers" },
      button(checker.text("yes"), () => checker.show(() => goodScreen(checker))),
      button(checker.text("no"), no),
    ),
  ];
}

/** @param {Checker} checker @returns {Child[]} */
function goodScreen(checker) {
  return [
    heading(checker.text("good")),
    element("p", {}, checker.text("good_why")),
    button(checker.text("restart"), () => checker.restart()),
  ];
}

/** @param {Checker} checker @param {Extract<Outcome, { kind: "not-challenged" }>} outcome @returns {Child[]} */
function notChallengedScreen(checker, { found, status }) {
  const again = button(checker.text("again"), () => void checker.check(), { class: "main" });
  if (status === null) {
    return [
      heading(checker.text("not_challenged")),
      element("p", { class: "warning" }, checker.text("not_challenged_why")),
      again,
      button(checker.text("all_the_same"), () => void checker.check(true)),
    ];
  }
  const detail = `the board has the status ${status}`;
  return [
    heading(checker.text("other_status", { status: checker.text(status) })),
    element("p", { class: "warning" }, checker.text("other_status_why")),
    ...reporting(checker, { finding: "not-challenged", detail, proof: found.status?.text, ballot: found.entry.sha256 }),
  ];
}

/** @param {Checker} checker @param {Extract<Outcome, { kind: "failed" }>} outcome @returns {Child[]} */
function failedScreen(checker, { finding, detail, proof, found }) {
  const why = `${finding}_why` in checker.language.texts ? `${finding}_why` : "failed_why";
  const parts = [heading(checker.text(finding)), element("p", {}, checker.text(why))];
  const again = () => button(checker.text("again"), () => void checker.check());
  if (PASSING.has(finding)) parts.push(again());
  parts.push(...reporting(checker, { finding, detail, proof, ballot: found?.entry.sha256 }));
  if (MISTYPED.has(finding)) parts.push(again(), button(checker.text("restart"), () => checker.restart()));
  if (detail) parts.push(closed(checker.text("details"), element("p", { lang: "en", dir: "ltr" }, detail)));
  return parts;
}

/** @typedef {{ finding: Finding, detail: string, proof?: string, ballot?: string }} Found */

/** The one button that reports, and what it will say.
 * @param {Checker} checker @param {Found} found @returns {HTMLElement[]}
 */
function reporting(checker, found) {
  const asked = checker.text("words");
  const words = /** @type {HTMLTextAreaElement} */ (
    element("textarea", { id: "words", rows: "3", maxlength: "2000", "aria-label": asked })
  );
  const evidence = checker.text(NEEDS_NONCE.has(found.finding) ? "evidence_nonce" : "evidence");
  const send = () => {
    const report = reportOf(checker.version, { ...checker.typed, ...found }, words.value);
    void sendReport(checker, report);
  };
  return [
    closed(asked, words),
    button(checker.text("report"), send, { class: "main" }),
    element("p", { class: "quiet" }, evidence),
  ];
}

/** @param {Checker} checker @param {string} report */
async function sendReport(checker, report) {
  checker.show(() => [heading(checker.text("report")), element("p", { role: "status" }, checker.text("sending"))]);
  const { signal } = checker.leaving;
  try {
    const number = await send(checker.board, report);
    if (!signal.aborted) checker.show(() => reportedScreen(checker, report, number));
  } catch (error) {
    const status = error instanceof Error ? error.message : "";
    if (!signal.aborted) checker.show(() => unsentScreen(checker, report, status));
  }
}

/** @param {Checker} checker @param {string} report @param {number} number @returns {Child[]} */
function reportedScreen(checker, report, number) {
  return [
    heading(checker.text("reported", { number: checker.language.number(number) })),
    element("p", {}, checker.text("reported_why")),
    button(checker.text("download"), () => keep(report, checker.typed.code)),
    button(checker.text("restart"), () => checker.restart()),
  ];
}

/** @param {Checker} checker @param {string} report @param {string} status @returns {Child[]} */
function unsentScreen(checker, report, status) {
  const parts = [heading(checker.text("unsent")), element("p", {}, checker.text("unsent_why"))];
  if (status) parts.push(element("p", { class: "quiet" }, checker.text("refused", { status })));
  parts.push(button(checker.text("download"), () => keep(report, checker.typed.code), { class: "main" }));
  parts.push(button(checker.text("again"), () => void sendReport(checker, report)));
  return parts;
}

/** @param {string} words @returns {HTMLElement} */
function heading(words) {
  return element("h1", { tabindex: "-1" }, words);
}

/** @param {Checker} checker @param {string} name @param {string} value @returns {HTMLElement[]} */
function fact(checker, name, value) {
  return [element("dt", {}, checker.text(name)), element("dd", {}, element("bdi", {}, value))];
}
