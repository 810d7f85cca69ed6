// QR codes as elements: nothing is parsed as HTML, so that pages with Trusted Types can show them.

import { encodeQR } from "./vendor/qr/index.js";

const SVG = "http://www.w3.org/2000/svg";
const BORDER = 4; // modules, as the standard asks

/** Return a picture of a text as a QR code, black on white; the page gives it a name (`aria-label`) and a size.
 * @param {string} text @returns {SVGElement}
 */
export function qrSvg(text) {
  const rows = encodeQR(text, "raw", { ecc: "medium", border: BORDER });
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", `0 0 ${rows.length} ${rows.length}`);
  svg.setAttribute("shape-rendering", "crispEdges");
  svg.setAttribute("role", "img");
  svg.append(drawn(`M0 0h${rows.length}v${rows.length}H0z`, "#fff"));
  const dark = rows.flatMap((row, y) => row.flatMap((module, x) => (module ? [`M${x} ${y}h1v1h-1z`] : [])));
  svg.append(drawn(dark.join(""), "#000"));
  return svg;
}

/** @param {string} path @param {string} colour */
function drawn(path, colour) {
  const element = document.createElementNS(SVG, "path");
  element.setAttribute("d", path);
  element.setAttribute("fill", colour);
  return element;
}
