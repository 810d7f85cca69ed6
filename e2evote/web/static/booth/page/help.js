// Whom a voter can ask, at the foot of every screen.

import { byId, element } from "./dom.js";

/** @param {import("./booth.js").Booth} booth */
export function showHelp({ election, texts }) {
  const { text, phone, email } = election.support;
  const ways = [
    ...(text ? [element("span", {}, texts.name(text, ""))] : []),
    ...(phone ? [link(`tel:${phone.replace(/[^+\d]/g, "")}`, phone)] : []),
    ...(email ? [link(`mailto:${email}`, email)] : []),
  ];
  if (!ways.length) return;
  const parts = ways.flatMap((way) => [" ", way]);
  byId("support").replaceChildren(element("p", {}, element("strong", {}, `${texts.say("help")}:`), ...parts));
}

/** @param {string} href @param {string} text */
function link(href, text) {
  return element("bdi", { dir: "ltr" }, element("a", { href }, text));
}
