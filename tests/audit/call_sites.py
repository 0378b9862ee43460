"""Every action that the product records, found by reading its source.

Read are each `record(action=…)` and `Act(action=…)`; wrappers are followed.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from pathlib import Path

from tests.paths import PROJECT_ROOT

PACKAGES = ("pixelhub", "datasets_app", "annotation", "training_app", "inference", "review")
_MODULE = "pixelhub.audit.services"


@dataclass(frozen=True)
class Site:
    """One place that appends an event: file, line, function, and the actions that it can write."""

    path: str
    line: int
    function: str
    actions: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.path}:{self.line} ({self.function})"


@dataclass(frozen=True)
class _Open:
    """An action made of a parameter: `before` + the argument + `after`."""

    parameter: str
    before: str = ""
    after: str = ""


@dataclass
class _Function:
    path: str
    node: ast.FunctionDef | ast.AsyncFunctionDef
    parameters: list[str]
    opens: set[_Open] = field(default_factory=set)


@dataclass
class _Source:
    path: str
    tree: ast.Module
    recorders: set[str]  # local names of `record` and `Act`
    accesses: set[str]  # local names of `record_access`
    functions: list[_Function]


def product_files() -> Iterator[Path]:
    for package in PACKAGES:
        yield from sorted((PROJECT_ROOT / package).rglob("*.py"))


@cache
def sources() -> list[_Source]:
    return [_source(path) for path in product_files()]


@cache
def call_sites() -> tuple[list[Site], list[Site]]:
    """Sites whose actions are known, and sites whose actions no reading of the source can tell."""
    known: list[Site] = []
    unknown: list[Site] = []
    wrappers: dict[str, list[_Function]] = defaultdict(list)
    waiting: list[tuple[_Source, _Function, ast.Call, ast.expr]] = []
    for source in sources():
        for function in source.functions:
            for call in _calls(function.node):
                name = _called(call)
                if name in source.accesses:
                    known.append(Site(source.path, call.lineno, function.node.name, ("rawtext.read",)))
                elif name in source.recorders and (given := _keyword(call, "action")) is not None:
                    waiting.append((source, function, call, given))
    seen: set[tuple[str, int, str]] = set()
    while waiting:
        source, function, call, given = waiting.pop()
        actions, opens, whole = _values(given, function, source)
        site = Site(source.path, call.lineno, function.node.name, tuple(sorted(actions)))
        if actions:
            known.append(site)
        if not whole:
            unknown.append(site)
        for each in opens - function.opens:
            function.opens.add(each)
            wrappers[function.node.name].append(function)
            for other, caller, made in _callers(function):
                key = (other.path, made.lineno, f"{each}")
                argument = _argument(made, function, each.parameter)
                if key not in seen and argument is not None:
                    seen.add(key)
                    waiting.append((other, caller, made, _wrapped(each, argument)))
    return known, unknown


def actions_found() -> dict[str, list[Site]]:
    """Action -> where it is written."""
    found: dict[str, list[Site]] = defaultdict(list)
    for site in call_sites()[0]:
        for action in site.actions:
            found[action].append(site)
    return dict(found)


def _source(path: Path) -> _Source:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    recorders, accesses = set(), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == _MODULE:
            for alias in node.names:
                kind = {"record": recorders, "Act": recorders, "record_access": accesses}.get(alias.name)
                if kind is not None:
                    kind.add(alias.asname or alias.name)
    relative = path.relative_to(PROJECT_ROOT).as_posix()
    if relative == "pixelhub/audit/services.py":
        recorders.add("record")
    functions = [
        _Function(relative, node, _parameters(node))
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    return _Source(relative, tree, recorders, accesses, functions)


def _parameters(node: ast.FunctionDef | ast.AsyncFunctionDef) -> list[str]:
    return [each.arg for each in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)]


def _calls(node: ast.AST) -> Iterator[ast.Call]:
    return (each for each in ast.walk(node) if isinstance(each, ast.Call))


def _called(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else ""


def _keyword(call: ast.Call, name: str) -> ast.expr | None:
    return next((each.value for each in call.keywords if each.arg == name), None)


def _argument(call: ast.Call, function: _Function, parameter: str) -> ast.expr | None:
    given = _keyword(call, parameter)
    if given is not None:
        return given
    position = function.parameters.index(parameter)
    return call.args[position] if position < len(call.args) else None


def _callers(function: _Function) -> Iterator[tuple[_Source, _Function, ast.Call]]:
    """Calls by name in the same module, or where that name is imported from its module."""
    module = function.path.removesuffix(".py").replace("/", ".")
    for source in sources():
        here = source.path == function.path
        names = {function.node.name} if here else _imported(source.tree, module, function.node.name)
        if names:
            for caller in source.functions:
                for call in _calls(caller.node):
                    if _called(call) in names:
                        yield source, caller, call


def _imported(tree: ast.Module, module: str, name: str) -> set[str]:
    return {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module and module.endswith(node.module)
        for alias in node.names
        if alias.name == name
    }


def _wrapped(each: _Open, argument: ast.expr) -> ast.expr:
    if not each.before and not each.after:
        return argument
    value = ast.FormattedValue(argument, -1)
    return ast.JoinedStr([ast.Constant(each.before), value, ast.Constant(each.after)])


def _values(given: ast.expr, function: _Function, source: _Source) -> tuple[set[str], set[_Open], bool]:
    """Strings that an expression can be, parameters that it is made of, and whether that is all."""
    if isinstance(given, ast.Constant):
        return {str(given.value)}, set(), True
    if isinstance(given, ast.IfExp):
        first, second = (_values(part, function, source) for part in (given.body, given.orelse))
        return first[0] | second[0], first[1] | second[1], first[2] and second[2]
    if isinstance(given, ast.Name):
        return _named(given.id, function, source)
    if isinstance(given, ast.Subscript) and isinstance(given.value, ast.Name):
        return _of_table(given.value.id, source)
    if isinstance(given, ast.Attribute):
        return _member(given, source)
    if isinstance(given, ast.JoinedStr):
        return _joined(given, function, source)
    return set(), set(), False


def _named(name: str, function: _Function, source: _Source) -> tuple[set[str], set[_Open], bool]:
    if name in function.parameters:
        return set(), {_Open(name)}, True
    found: tuple[set[str], set[_Open], bool] = (set(), set(), False)
    for node in ast.walk(function.node):
        if isinstance(node, ast.Assign) and any(
            isinstance(each, ast.Name) and each.id == name for each in node.targets
        ):
            values = _values(node.value, function, source)
            found = (found[0] | values[0], found[1] | values[1], values[2])
    return found


def _of_table(name: str, source: _Source) -> tuple[set[str], set[_Open], bool]:
    for node in source.tree.body:
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        if isinstance(target, ast.Name) and target.id == name and isinstance(getattr(node, "value", None), ast.Dict):
            values = node.value.values  # type: ignore[attr-defined]
            return {str(each.value) for each in values if isinstance(each, ast.Constant)}, set(), True
    return set(), set(), False


def _member(given: ast.Attribute, source: _Source) -> tuple[set[str], set[_Open], bool]:
    """A member of an enumeration, as the module itself sees it."""
    found: object = import_module(source.path.removesuffix(".py").replace("/", "."))
    try:
        for name in ast.unparse(given).split("."):
            found = getattr(found, name)
    except AttributeError:
        return set(), set(), False
    return {str(found)}, set(), True


def _joined(given: ast.JoinedStr, function: _Function, source: _Source) -> tuple[set[str], set[_Open], bool]:
    parts = [each for each in given.values if isinstance(each, ast.FormattedValue)]
    if len(parts) != 1:
        return set(), set(), False
    at = given.values.index(parts[0])
    before = "".join(str(each.value) for each in given.values[:at] if isinstance(each, ast.Constant))
    after = "".join(str(each.value) for each in given.values[at + 1 :] if isinstance(each, ast.Constant))
    strings, opens, whole = _values(parts[0].value, function, source)
    made = {_Open(each.parameter, before + each.before, each.after + after) for each in opens}
    return {f"{before}{each}{after}" for each in strings}, made, whole
