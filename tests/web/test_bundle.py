"""Modules are joined into one script that does the same, and nothing that is not understood is joined."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from e2evote.errors import CheckError
from e2evote.web.checker.bundle import bundle
from tests.web.booth.test_types import STATIC

NODE = shutil.which("node")
needs_node = pytest.mark.skipif(NODE is None and "CI" not in os.environ, reason="no node; 'make system-packages'")


def modules(folder: Path, **sources: str) -> Path:
    """Write modules; the one called ``main`` is returned."""
    for name, source in sources.items():
        (folder / f"{name}.js").write_text(source)
    return folder / "main.js"


def run(script: str) -> str:
    done = subprocess.run([NODE or "node"], input=script, capture_output=True, text=True, check=True, timeout=60)
    return done.stdout


@needs_node
def test_every_form_that_is_known(tmp_path: Path) -> None:
    main = modules(
        tmp_path,
        main="import { one, two as zwei,\n  Three, } from \"./other.js\";\nimport { renamed } from './more.js';\n"
        "const hidden = 4; // import nothing\n/* export { hidden } */\n"
        "console.log(JSON.stringify([one, zwei(), new Three().name, renamed, hidden]));\n",
        other='import { renamed } from "./more.js";\nconst hidden = 5;\nexport const one = 1;\n'
        "export async function unused() {}\nexport function two() {\n  return renamed + hidden;\n}\n"
        "export class Three {\n  name = 'three';\n}\nexport default two;\n",
        more="const hidden = 6;\nexport { hidden as renamed, hidden, };\n",
    )
    assert json.loads(run(bundle(main))) == [1, 11, "three", 6, 4]
    assert bundle(main) == bundle(main)


@pytest.mark.parametrize(
    "line",
    [
        'import other from "./other.js";', 'import * as other from "./other.js";', 'import "./other.js";',
        'import { a } from "other";', 'import { a } from "https://elsewhere.example/other.js";',
        'const other = await import("./other.js");', "console.log(import.meta.url);", "export let a = 1;",
        "export var a = 1;", "export default function () {}", 'export * from "./other.js";',
        'export { a } from "./other.js";', ' import { a } from "./other.js";', "export function* all() {}",
        "export const { a } = {};", "if (1) { export { a }; }", 'import { a } from "./other.js"',
        'import a, { b } from "./other.js";', 'import { a } from "./other.js" with { type: "json" };',
    ],
)  # fmt: skip
def test_what_is_not_known_is_refused(tmp_path: Path, line: str) -> None:
    main = modules(tmp_path, main=f"// a module\n{line}\n", other="export const a = 1;\nexport const b = 2;\n")
    with pytest.raises(CheckError, match="not known"):
        bundle(main)


def test_a_circle_is_refused(tmp_path: Path) -> None:
    main = modules(
        tmp_path,
        main='import { a } from "./other.js";\n',
        other='import { b } from "./main.js";\nexport const a = 1;\n',
    )
    with pytest.raises(CheckError, match="imports itself"):
        bundle(main)


@pytest.mark.parametrize("text", ["</script>", "</SCRIPT ", "<!-- "])
def test_what_would_end_the_script_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(CheckError, match="would end"):
        bundle(modules(tmp_path, main=f"console.log('{text}');\n"))


@needs_node
@pytest.mark.parametrize("name", ["booth/crypto/opening.js", "booth/vendor/qr/decode.js", "booth/board/lookup.js"])
def test_the_pages_modules_can_be_joined(name: str) -> None:
    assert run(bundle(STATIC / name)) == ""
