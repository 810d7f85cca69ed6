"""The package is installed with a compiler, without one, and with one that fails; then it verifies records."""

import importlib.util
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from importlib import metadata
from pathlib import Path

import pytest

from e2evote.group.parameters import STANDARD_NAME
from tests.builders import build_record

ROOT = Path(__file__).parents[1]
KERNEL = "e2evote/group/backends/_ifma"
PIP = ("-m", "pip", "--isolated", "--disable-pip-version-check", "--no-input")
OFFLINE = ("--no-build-isolation", "--no-deps", "--no-index")
COMPILER = shutil.which(os.environ.get("CC", "cc")) or shutil.which("gcc")


def builder() -> str:
    """Return why nothing can be built here, or nothing."""
    if importlib.util.find_spec("pip") is None:
        return "pip is not installed"
    try:
        version = metadata.version("setuptools")
    except metadata.PackageNotFoundError:
        return "setuptools is not installed"
    return "" if int(version.split(".")[0]) >= 77 else f"setuptools {version} is older than pyproject.toml asks for"


pytestmark = pytest.mark.skipif(bool(builder()), reason=builder())
needs_compiler = pytest.mark.skipif(COMPILER is None, reason="no C compiler")


def python(*arguments: object, cwd: Path, **environment: str) -> str:
    """Run Python without what surrounds the tests, and return what it says."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR", "LANG") if name in os.environ}
    command = [sys.executable, *map(str, arguments)]
    done = subprocess.run(command, cwd=cwd, env=kept | environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def sources(folder: Path) -> Path:
    """Copy what a package is built of, so that nothing is built in the working tree."""
    copy = folder / "sources"
    for package in ("e2evote", "guardian_cli"):
        shutil.copytree(ROOT / package, copy / package, ignore=shutil.ignore_patterns("*.so", "*.pyd", "__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, copy)
    return copy


def installed(package: Path, folder: Path, **environment: str) -> Path:
    python(*PIP, "install", *OFFLINE, "--no-compile", "--target", folder / "site", package, cwd=folder, **environment)
    return folder / "site"


def told(site: Path, code: str) -> list[str]:
    """Run Python code with the package installed there."""
    check = "import e2evote, sys; assert e2evote.__file__.startswith(sys.argv[1]), e2evote.__file__\n"
    return python("-c", check + code, site, cwd=site, PYTHONPATH=str(site)).split()


HERE = """
from e2evote.group.backends import available
from e2evote.group.parameters import STANDARD
print(STANDARD.backend.name, *available(STANDARD.p, STANDARD.q))
"""


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small valid record on the standard parameters."""
    folder = tmp_path_factory.mktemp("small") / "record"
    return build_record(folder, group_name=STANDARD_NAME, ballots=2, challenged=0, spoiled=0, n=1, k=1).path


@pytest.mark.parametrize("compiler", ["/nonexistent", "false"], ids=["no compiler", "a compiler that fails"])
def test_without_the_extension(compiler: str, record: Path, tmp_path: Path) -> None:
    site = installed(sources(tmp_path), tmp_path, CC=compiler)
    assert not list((site / KERNEL).parent.glob("*.so"))
    best, *names = told(site, HERE)
    assert best == names[0] != "ifma"
    assert "gmpy2" in names
    assert "ifma" not in names
    shown = python(site / "bin" / "e2evote", "verify", record, "--jobs", 1, cwd=tmp_path, PYTHONPATH=str(site))
    assert shown.splitlines()[-1] == "VALID"
    shown = python(
        *(site / "bin" / "e2evote", "verify", record, "--jobs", 2, "--backend", "gmpy2"),
        cwd=tmp_path,
        PYTHONPATH=str(site),
    )
    assert "arithmetic:  gmpy2" in shown


@needs_compiler
def test_with_the_extension_from_a_source_distribution(tmp_path: Path) -> None:
    copy = sources(tmp_path)
    python("-c", "from setuptools.build_meta import build_sdist; build_sdist('..')", cwd=copy)
    (archive,) = tmp_path.glob("e2evote-*.tar.gz")
    with tarfile.open(archive) as file:
        names = {name.partition("/")[2] for name in file.getnames()}
    kernel = {path.relative_to(copy).as_posix() for path in (copy / KERNEL).parent.glob("_ifma*")}
    assert {f"{KERNEL}.c", f"{KERNEL}.pyi"} <= kernel <= names
    assert names >= {"e2evote/py.typed", "guardian_cli/py.typed", "LICENSE", "e2evote/examples/association.json"}
    site = installed(archive, tmp_path)
    assert [path.name for path in (site / KERNEL).parent.glob("*.so")] == ["_ifma.abi3.so"]
    runs, best, *names_ = told(site, "from e2evote.group.backends import _ifma; print(_ifma.supported())" + HERE)
    assert (runs == "True") == ("ifma" in names_) == (best == "ifma")


@needs_compiler
def test_a_wheel_has_the_extension(tmp_path: Path) -> None:
    python(*PIP, "wheel", *OFFLINE, "--wheel-dir", tmp_path, sources(tmp_path), cwd=tmp_path)
    (wheel,) = tmp_path.glob("e2evote-*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    assert names >= {f"{KERNEL}.abi3.so", f"{KERNEL}.pyi", "e2evote/py.typed"}
    assert "any" not in wheel.stem.split("-")[-1]
