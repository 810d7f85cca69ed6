// In node: run every vector of the voting page and print what failed as JSON.

import { readFile } from "node:fs/promises";

import { run } from "./vectors.mjs";

const vectors = new URL("../../../vectors/", import.meta.url);
console.log(JSON.stringify(await run(async (name) => JSON.parse(await readFile(new URL(name, vectors), "utf8")))));
