"""All records of a set, in order: valid ones, those of another form, and one for every defect of tests/mutations."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any, get_args

from e2evote.group.parameters import STANDARD_NAME, group_with_prime
from e2evote.verifier.run import CHECKS
from tests import mutations
from tests.builders import TOY, BuiltRecord, build_record, reindex
from tests.conformance.expectation import Expectation, Feature, Level
from tests.conformance.form import DAMAGES
from tests.conformance.valid import BOARD_VARIANTS, ON_STANDARD, RECORDS, VARIANTS
from tests.forger import Forger
from tests.mutations import BY_NAME, Mutation
from tests.mutations.board import BOARD_MUTATIONS

ORDER = [check.id for check in CHECKS]
_MARKS: dict[Feature, bytes] = {
    "supplemental-fields": b'"supplemental_fields"',
    "merged-cells": b'"merge_into"',
    "pre-encrypted-ballots": b'"hash_trimming"',
    "bulletin-board": b'"board": [',
}
"""What stands in the manifest of an election with a feature."""


@dataclass(frozen=True, slots=True)
class Case:
    """A record of the suite before it is written; one without a level is valid."""

    name: str
    description: str
    write: Callable[[Path], object]
    set_name: str
    accept: str | None
    level: Level | None = None
    must: frozenset[str] = frozenset()
    may: frozenset[str] = frozenset()
    unreadable: bool = False

    def expectation(self, record: Path, sha256: bytes) -> Expectation:
        """Return what is expected of the record, which lies there now."""
        return Expectation(
            name=self.name,
            description=self.description,
            valid=self.level is None,
            level=self.level or "specification",
            features=_features(record),
            parameters=_parameters(record) or self.set_name,
            accept=self.accept,
            must_fail=ordered(self.must),
            may_fail=ordered(self.may - self.must),
            may_be_unreadable=self.unreadable,
            sha256=sha256,
        )


def cases_of(set_name: str) -> list[Case]:
    """Return the cases of a set."""
    return [*_valid(set_name), *_of_another_form(set_name), *_broken(set_name)]


def ordered(checks: Iterable[str]) -> tuple[str, ...]:
    """Return ids of checks in the order in which the verifier has them."""
    return tuple(sorted(checks, key=ORDER.index))


def registered() -> tuple[Mutation, ...]:
    """Return every mutation that a module of tests/mutations has in a list, those of the registry first."""
    found = dict(BY_NAME)
    for module in iter_modules(mutations.__path__):
        for value in vars(import_module(f"{mutations.__name__}.{module.name}")).values():
            if isinstance(value, (list, tuple)):
                found |= {one.name: one for one in value if isinstance(one, Mutation) and one.name not in found}
    return tuple(found.values())


@cache
def held(kind: type[Mutation], group_name: str) -> BuiltRecord:
    """Return the valid election into which defects of this kind are put."""
    return kind.hold(group_name)


# ------------------------------------------------------------------------------------------------- valid


def _valid(set_name: str) -> Iterator[Case]:
    names = RECORDS if set_name == TOY else ON_STANDARD
    for name in names:
        options = {"group_name": set_name} | RECORDS[name]
        yield _accepted(name, f"A valid record: {name.replace('-', ' ')}.", _builder(options), options["group_name"])
    if set_name == TOY:
        for change in VARIANTS:
            yield _accepted(change.__name__.replace("_", "-"), change.__doc__ or "", _variant(change), set_name)
    for kind in {type(mutation): None for mutation in registered() if type(mutation) is not Mutation}:
        one = next(mutation for mutation in registered() if type(mutation) is kind)
        honest = replace(one, apply=lambda f: f.write(), indexed=True)
        name = kind.__name__.removesuffix("Mutation").lower()
        yield _accepted(name, f"A valid record: {name}.", _writer(honest, set_name), set_name)
    if set_name == TOY:
        for change in BOARD_VARIANTS:
            one = replace(BOARD_MUTATIONS[0], apply=change)
            name = change.__name__.replace("_", "-")
            yield _accepted(name, change.__doc__ or "", _writer(one, set_name), set_name)


def _accepted(name: str, description: str, write: Callable[[Path], object], parameters: str) -> Case:
    return Case(f"valid-{name}", description, write, parameters, _accept(parameters))


def _builder(options: dict[str, Any]) -> Callable[[Path], object]:
    return lambda root: build_record(root, **options)


def _variant(change: Callable[[Forger], None]) -> Callable[[Path], object]:
    def write(root: Path) -> None:
        root.mkdir(parents=True)
        forger = Forger.of(root, held(Mutation, TOY))
        change(forger)
        forger.write()
        reindex(root)

    return write


# ------------------------------------------------------------------------------------------------- broken


def _of_another_form(set_name: str) -> Iterator[Case]:
    for damage in DAMAGES:
        write = damage.writer(held(Mutation, set_name))
        yield Case(
            f"form-{damage.name}", damage.text, write, set_name, _accept(set_name), level="form", unreadable=True
        )


def _broken(set_name: str) -> Iterator[Case]:
    for mutation in registered():
        on_standard = set_name == STANDARD_NAME
        if on_standard and not mutation.on_any_group:
            continue
        must = mutation.must - mutation.oracle_lacks | (mutation.standard_adds if on_standard else frozenset())
        yield Case(
            mutation.name,
            mutation.defect,
            _writer(mutation, set_name),
            set_name,
            None if on_standard or not mutation.allow else mutation.allow[0],
            _level(mutation),
            must,
            mutation.may | mutation.oracle_adds | mutation.oracle_lacks,
            mutation.unreadable,
        )


def _writer(mutation: Mutation, group_name: str) -> Callable[[Path], object]:
    return lambda root: mutation.write(root, held(type(mutation), group_name))


def _level(mutation: Mutation) -> Level:
    if mutation.unreadable or mutation.must == {"X.index"}:
        return "form"
    return "specification" if any(check[0].isdigit() for check in mutation.must) else "additional"


# ------------------------------------------------------------------------------------------------- what is written


def _accept(parameters: str) -> str | None:
    return None if parameters == STANDARD_NAME else parameters


def _features(record: Path) -> tuple[Feature, ...]:
    manifest = (record / "manifest.json").read_bytes() if (record / "manifest.json").is_file() else b""
    return tuple(feature for feature in get_args(Feature) if _MARKS[feature] in manifest)


def _parameters(record: Path) -> str | None:
    try:
        p = int(json.loads((record / "parameters.json").read_bytes())["p"], 16)
    except (OSError, ValueError, KeyError):
        return None
    known = group_with_prime(p)
    return known.name if known else None
