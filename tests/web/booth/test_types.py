"""The voting page's modules have the types that their JSDoc says (TypeScript, which only checks)."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

import e2evote.web

STATIC = Path(e2evote.web.__file__).parent / "static"
OPTIONS = (
    *("--noEmit", "--allowJs", "--checkJs", "--strict", "--skipLibCheck", "--target", "es2022"),
    *("--module", "es2022", "--moduleResolution", "node", "--lib", "es2022,dom,dom.iterable"),
)
TSC = shutil.which("tsc")


@pytest.mark.skipif(TSC is None and "CI" not in os.environ, reason="no TypeScript; 'make system-packages' installs it")
def test_types() -> None:
    assert TSC, "TypeScript is needed; 'make system-packages' installs it"
    modules = sorted(path for path in STATIC.rglob("*.js") if "vendor" not in path.parts)
    done = subprocess.run([TSC, *OPTIONS, *modules], capture_output=True, text=True, check=False, timeout=300)
    assert done.stdout == ""
    assert done.returncode == 0
