"""Figures of the code's structure: sizes, import chain, small private functions, names used twice.

`python benchmarks/figures.py [PACKAGE …]` prints them for the packages together and for `phonefleet/` alone;
`--markdown` prints the same as a table for a document, `--chain` the longest import chain, `--list` the private
functions that are called once and the names that are shared, and `--check` exits with 1 where a limit is broken.

How it is counted:

* A line is a line of a file, empty ones and comments too.
* A function is every `def` and `async def`, methods and nested ones too. Its length goes from the line of its `def`
  (decorators not counted) to its last line; a nested function is one of its own and part of its parent's lines as well.
  The 90th percentile is the smallest length that at least 90 % of the functions don't exceed.
* A function is private when its name begins with one underscore and not with two. It is called once when its name is
  read exactly once in its package: as a name (`_act`, whether called, passed on or used as a decorator) or as an
  attribute (`self._act`). Names in text, in `import` and in assignments aren't reads. A module that defines
  a function of that name itself reads its own; where it defines several, reads are shared evenly among them. The share
  is of all functions, public ones too. "By name alone" forgets which module reads what: it takes every read of
  the name in the package for every function so called, so a name that two modules use hides both functions.
* The import graph is grimp's: every `import` statement between modules of the packages, also those within functions
  and for type checkers; a package's `__init__` is a module. Modules that import each other count one by one on a chain
  and are one level together.
* A shared name is a class or a module (its last part, `__init__` not counted) that is there more than once.
"""

from __future__ import annotations

import argparse
import ast
import math
import statistics
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path
from typing import TypeAlias

import grimp

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("phonefleet", "flows", "tasks", "configs", "reports", "simulator")
CORE = "phonefleet"

Cycle: TypeAlias = tuple[str, ...]
"""Modules that import each other; most often one module alone."""

Row: TypeAlias = tuple[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Function:
    """One function: where its `def` is, how many lines it has, and whether it is private."""

    name: str
    place: str
    lines: int

    @property
    def private(self) -> bool:
        """Whether its name begins with one underscore."""
        return self.name.startswith("_") and not self.name.startswith("__")


@dataclass(frozen=True, slots=True)
class Module:
    """One file, read.

    Attributes:
        name: the last part of its dotted name; a package's own for an `__init__`.
        lines: of the file.
        functions: all that it defines.
        classes: names of all that it defines.
        reads: how often each name or attribute is read.
    """

    name: str
    package: str
    is_init: bool
    lines: int
    functions: tuple[Function, ...]
    classes: tuple[str, ...]
    reads: Counter[str]


@dataclass(frozen=True, slots=True)
class Figures:
    """What was counted in some packages together.

    Attributes:
        label: what they are called in the table.
        chain: the longest import chain, importing modules first.
        levels: its length with each import cycle as one.
        called_once: private functions that are called once.
        by_name_alone: how many private functions those are by name alone.
        shared: names of classes and modules with how often they are there.
    """

    label: str
    modules: tuple[Module, ...]
    chain: tuple[str, ...]
    levels: int
    called_once: tuple[Function, ...]
    by_name_alone: int
    shared: Mapping[str, int]

    @property
    def functions(self) -> list[Function]:
        """All functions."""
        return [function for module in self.modules for function in module.functions]

    @property
    def lengths(self) -> list[int]:
        """Lengths of all functions, shortest first; of none, a single 0."""
        return sorted(function.lines for function in self.functions) or [0]

    @property
    def once_share(self) -> float:
        """Private functions that are called once, in percent of all functions."""
        return percent(len(self.called_once), len(self.functions))

    def files_over(self, lines: int) -> int:
        """How many files have more lines."""
        return sum(module.lines > lines for module in self.modules)


def percent(part: int, whole: int) -> float:
    """A share in percent; of nothing, 0."""
    return 100 * part / whole if whole else 0.0


def percentile(ordered: Sequence[int], share: float) -> int:
    """The smallest of the values that at least this share of them doesn't exceed."""
    return ordered[math.ceil(share * len(ordered)) - 1]


def read_module(path: Path, root: Path) -> Module:
    """Read one file of a checkout."""
    text = path.read_text(encoding="utf-8")
    nodes = list(ast.walk(ast.parse(text)))
    place = path.relative_to(root)
    is_init = path.stem == "__init__"
    return Module(
        name=path.parent.name if is_init else path.stem,
        package=place.parts[0],
        is_init=is_init,
        lines=len(text.splitlines()),
        functions=tuple(_functions(nodes, place)),
        classes=tuple(node.name for node in nodes if isinstance(node, ast.ClassDef)),
        reads=Counter(_reads(nodes)),
    )


def _functions(nodes: Iterable[ast.AST], place: Path) -> Iterator[Function]:
    for node in nodes:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            yield Function(node.name, f"{place}:{node.lineno}", lines)


def _reads(nodes: Iterable[ast.AST]) -> Iterator[str]:
    for node in nodes:
        match node:
            case ast.Name(id=name, ctx=ast.Load()) | ast.Attribute(attr=name, ctx=ast.Load()):
                yield name


def called_once(modules: Sequence[Module]) -> Iterator[Function]:
    """Private functions of one package that are called once."""
    for module in modules:
        defined = Counter(function.name for function in module.functions)
        for function in module.functions:
            if function.private and _reads_of(function.name, module, modules) == defined[function.name]:
                yield function


def _reads_of(name: str, home: Module, modules: Sequence[Module]) -> int:
    """Reads of a function's name in its module, and in those that define none of that name."""
    return sum(module.reads[name] for module in modules if module is home or not _defines(module, name))


def _defines(module: Module, name: str) -> bool:
    return any(function.name == name for function in module.functions)


def by_name_alone(modules: Sequence[Module]) -> int:
    """How many private functions have a name that is read once in their package."""
    reads = sum((module.reads for module in modules), Counter[str]())
    functions = (function for module in modules for function in module.functions)
    return sum(function.private and reads[function.name] == 1 for function in functions)


def shared_names(modules: Iterable[Module]) -> dict[str, int]:
    """Names that more than one class or more than one module has, with their number."""
    names: Counter[str] = Counter()
    for module in modules:
        names.update(f"class {name}" for name in module.classes)
        if not module.is_init:
            names[f"module {module.name}"] += 1
    return {name: count for name, count in sorted(names.items()) if count > 1}


def longest_chain(imports: Mapping[str, set[str]]) -> tuple[tuple[str, ...], int]:
    """The longest import chain, importing modules first, and the number of import levels.

    Args:
        imports: every module with those that it imports directly.
    """
    cycles = _cycles(imports)
    below = {cycle: {cycles[to] for at in cycle for to in imports[at]} - {cycle} for cycle in cycles.values()}
    longest: dict[Cycle, Cycle] = {}
    levels: dict[Cycle, int] = {}
    for cycle in TopologicalSorter(below).static_order():
        deepest = max((longest[to] for to in sorted(below[cycle])), key=len, default=())
        longest[cycle] = cycle + deepest
        levels[cycle] = 1 + max((levels[to] for to in below[cycle]), default=0)
    chain = max((longest[cycle] for cycle in sorted(longest)), key=len, default=())
    return chain, max(levels.values(), default=0)


def _cycles(imports: Mapping[str, set[str]]) -> dict[str, Cycle]:
    """Every module with those that it imports and that import it, be it through others, and with itself."""
    reached = {module: _reached(module, imports) for module in imports}
    return {at: tuple(sorted({at} | {to for to in reached[at] if at in reached[to]})) for at in imports}


def _reached(start: str, imports: Mapping[str, set[str]]) -> set[str]:
    found: set[str] = set()
    left = [start]
    while left:
        new = imports[left.pop()] - found
        found |= new
        left += new
    return found


def import_graph(root: Path, packages: Sequence[str]) -> dict[str, set[str]]:
    """Every module of the packages with those that it imports directly."""
    sys.path.insert(0, str(root))
    try:
        graph = grimp.build_graph(*packages, cache_dir=None)
    finally:
        sys.path.remove(str(root))
    return {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}


def measure(root: Path, packages: Sequence[str]) -> Figures:
    """Count everything in some packages of a checkout."""
    by_package = [_modules(root, package) for package in packages]
    modules = tuple(module for of_package in by_package for module in of_package)
    chain, levels = longest_chain(import_graph(root, packages))
    return Figures(
        label=f"{packages[0]}/" if len(packages) == 1 else "all",
        modules=modules,
        chain=chain,
        levels=levels,
        called_once=tuple(function for of_package in by_package for function in called_once(of_package)),
        by_name_alone=sum(by_name_alone(of_package) for of_package in by_package),
        shared=shared_names(modules),
    )


def _modules(root: Path, package: str) -> list[Module]:
    return [read_module(path, root) for path in sorted((root / package).rglob("*.py"))]


def rows(figures: Sequence[Figures]) -> list[Row]:
    """The table's rows: what is counted, and its value in each column."""
    return [(label, [values[at] for values in map(_values, figures)]) for at, label in enumerate(_LABELS)]


_LABELS = (
    "files",
    "lines",
    "files over 300 lines",
    "files over 400 lines",
    "longest import chain, modules",
    "import levels",
    "functions",
    "median length, lines",
    "90th percentile, lines",
    "longest function, lines",
    "private and called once",
    "the same by name alone",
    "shared class or module names",
    "asyncio.to_thread",
)


def _values(of: Figures) -> list[str]:
    return [
        f"{len(of.modules):,}",
        f"{sum(module.lines for module in of.modules):,}",
        f"{of.files_over(300)}",
        f"{of.files_over(400)}",
        f"{len(of.chain)}",
        f"{of.levels}",
        f"{len(of.functions):,}",
        f"{statistics.median(of.lengths):g}",
        f"{percentile(of.lengths, 0.9)}",
        f"{of.lengths[-1]}",
        f"{of.once_share:.1f} %",
        f"{percent(of.by_name_alone, len(of.functions)):.1f} %",
        f"{len(of.shared)}",
        f"{sum(module.reads['to_thread'] for module in of.modules)}",
    ]


def broken_limits(everything: Figures, core: Figures) -> list[str]:
    """What is beyond its limit: functions in everything, imports and names in the core."""
    lengths = everything.lengths
    median, ninetieth = statistics.median(lengths), percentile(lengths, 0.9)
    limits = {
        f"longest import chain of {core.label} {len(core.chain)} > 12": len(core.chain) > 12,
        f"private and called once {everything.once_share:.1f} % >= 25 %": everything.once_share >= 25,
        f"median length of a function {median:g} > 9": median > 9,
        f"90th percentile of the lengths {ninetieth} > 25": ninetieth > 25,
        f"longest function {lengths[-1]} > 60": lengths[-1] > 60,
        f"shared names in {core.label}: {', '.join(core.shared)}": bool(core.shared),
    }
    return [limit for limit, broken in limits.items() if broken]


def as_text(columns: Sequence[str], table: Sequence[Row]) -> str:
    """The table with aligned columns."""
    lines = [("", columns), *table]
    first = max(len(label) for label, _ in lines)
    width = max(len(cell) for _, cells in lines for cell in cells)
    return "\n".join(
        f"{label:<{first}}" + "".join(f"  {cell:>{width}}" for cell in cells) for label, cells in lines
    )


def as_markdown(columns: Sequence[str], table: Sequence[Row]) -> str:
    """The table for a document."""
    lines = [("figure", columns), ("---", ["---:"] * len(columns)), *table]
    return "\n".join(f"| {' | '.join([label, *cells])} |" for label, cells in lines)


def _arguments(given: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("packages", nargs="*", default=PACKAGES, help="instead of all that are shipped")
    parser.add_argument("--root", type=Path, default=ROOT, help="the checkout, if not the script's own")
    parser.add_argument("--markdown", action="store_true", help="print a table for a document")
    parser.add_argument("--chain", action="store_true", help="print the longest import chain as well")
    parser.add_argument("--list", action="store_true", help="print the counted functions and names as well")
    parser.add_argument("--check", action="store_true", help="exit with 1 where a limit is broken")
    return parser.parse_args(given)


def main(given: Sequence[str] | None = None) -> int:
    """Print the figures; 1 where `--check` finds a limit broken."""
    asked = _arguments(given)
    figures = [measure(asked.root, asked.packages)]
    if CORE in asked.packages and len(asked.packages) > 1:
        figures.append(measure(asked.root, [CORE]))
    write = as_markdown if asked.markdown else as_text
    print(write([of.label for of in figures], rows(figures)))
    _print_details(figures, chain=asked.chain, names=asked.list)
    broken = broken_limits(figures[0], figures[-1]) if asked.check else []
    for limit in broken:
        print(f"limit broken: {limit}", file=sys.stderr)
    return 1 if broken else 0


def _print_details(figures: Sequence[Figures], *, chain: bool, names: bool) -> None:
    everything, core = figures[0], figures[-1]
    if chain:
        print(f"\nlongest import chain of {core.label}", *core.chain, sep="\n  ")
    if names:
        called = [f"{function.place} {function.name}" for function in everything.called_once]
        print("\nprivate and called once", *called, sep="\n  ")
        print(
            f"\nshared names in {core.label}",
            *(f"{n} x {name}" for name, n in core.shared.items()),
            sep="\n  ",
        )


if __name__ == "__main__":
    sys.exit(main())
