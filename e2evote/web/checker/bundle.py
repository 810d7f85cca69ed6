"""One plain script of several ES modules: each becomes a function that returns what it exports, called in order.

Of the language of modules only what the pages' modules use is known, each statement at the beginning of a line.
Anything else that imports or exports is refused, so that nothing is joined wrongly without a word.
"""

import re
from collections.abc import Mapping
from pathlib import Path

from e2evote.errors import CheckError

_IMPORT = re.compile(r"""^import \{([\w\s,]*)\} from (["'])(\.{1,2}/[\w./-]+\.js)\2;$""", re.MULTILINE)
_LIST = re.compile(r"^export \{([\w\s,]*)\};$", re.MULTILINE)
_DECLARED = re.compile(r"^export (?=(?:async function|function|class|const) (\w+))", re.MULTILINE)
_DEFAULT = re.compile(r"^export default \w+;$", re.MULTILINE)
_NAME = re.compile(r"(\w+)(?: as (\w+))?")
_COMMENT = re.compile(r"/\*.*?\*/|(?:^|(?<=\s))//[^\n]*", re.DOTALL | re.MULTILINE)
_LEFT = re.compile(r"^.*\b(?:import|export)\b.*$", re.MULTILINE)


def bundle(entry: Path) -> str:
    """Return the script that does what the module does, with all that it imports.

    Raises:
        CheckError: a module imports or exports in another way, imports what imports it, or would end the element
            ``script`` that the text is meant for.
    """
    functions: dict[Path, str] = {}
    _add(entry.resolve(), functions, ())
    text = '"use strict";\n(() => {\n' + "".join(functions.values()) + "})();\n"
    if re.search(r"</script|<!--", text, re.IGNORECASE):
        raise CheckError(f"{entry}: the script has what would end it inside a page")
    return text


def _add(path: Path, functions: dict[Path, str], above: tuple[Path, ...]) -> None:
    """Put a module behind those that it imports, once."""
    if path in above:
        raise CheckError(f"{path}: it imports itself, by way of {above[-1].name}")
    if path in functions:
        return
    source = path.read_text(encoding="utf-8")
    for _, _, other in _IMPORT.findall(source):
        _add((path.parent / other).resolve(), functions, (*above, path))
    names = {known: f"m{number}" for number, known in enumerate(functions)}
    functions[path] = _function(path, source, names)


def _function(path: Path, source: str, names: Mapping[Path, str]) -> str:
    def imported(match: re.Match[str]) -> str:
        return f"const {{ {_pairs(match[1])} }} = {names[(path.parent / match[3]).resolve()]};"

    exports = [f"{own}: {own}" for own in _DECLARED.findall(source)]
    exports += [f"{shown or own}: {own}" for listed in _LIST.findall(source) for own, shown in _NAME.findall(listed)]
    body = _IMPORT.sub(imported, source)
    for known in (_LIST, _DEFAULT, _DECLARED):
        body = known.sub("", body)
    if left := _LEFT.search(_COMMENT.sub("", body)):
        raise CheckError(f"{path.name}: this way of importing or exporting is not known: {left[0].strip()[:100]}")
    return f"const m{len(names)} = (() => {{ // {path.name}\n{body}\nreturn {{ {', '.join(exports)} }};\n}})();\n"


def _pairs(names: str) -> str:
    return ", ".join(f"{shown}: {own}" if own else shown for shown, own in _NAME.findall(names))
