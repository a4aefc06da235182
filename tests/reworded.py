"""An import hook that words every message of the deciding modules differently; importing this installs it.

`REWORDING` names how: `reversed` reverses each word, `doubled` writes it twice, `shouted` in capitals; empty leaves
everything as it is.
Prose is a string constant, or the constant parts of an f-string, with two words and a space between them. Docstrings,
SQL, search queries, endpoints, templates, JavaScript, patterns and format specifications are not prose: other programs
read them.
"""

from __future__ import annotations

import ast
import importlib.abc
import importlib.machinery
import importlib.util
import os
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from types import CodeType, ModuleType

DECIDING = ("phonefleet", "tasks", "flows")
NOT_MESSAGES = frozenset(
    {
        "phonefleet.actions.translate.merged_source",  # writes JavaScript
        "phonefleet.actions.verify.answers",  # names of answers, by which messages.json refers to them
        "phonefleet.actions.verify.drawing",  # the texts of sample messages
        "phonefleet.actions.verify.sample_events",  # likewise
        "phonefleet.actions.verify.sample_message",  # names of answers
    }
)
"""Modules whose texts with spaces are not read by people."""
REWORDINGS: Mapping[str, Callable[[str], str]] = {
    "reversed": lambda word: word[::-1],
    "doubled": lambda word: f"{word}{word}",
    "shouted": lambda word: f"{word.upper()}X",
}
_PROSE = re.compile(r"[A-Za-z]{2,}[,;:]? +[A-Za-z]{2,}|^[A-Za-z]{2,}[,:;.]? $|^ [A-Za-z]{2,}| [a-z]{2,} ")
_WORD = re.compile(r"(?<![\w{}%$/.@<>=&#'\"\\:`-])[A-Za-z][a-z]+(?![\w{}%$/@<>=(\\`-]|[.:]\w)")
_ENDPOINT = re.compile(r"(GET|POST|PUT|PATCH|DELETE) ")
_SQL = re.compile(r"(SELECT|INSERT|UPDATE|DELETE|CREATE|DROP|ALTER|PRAGMA|BEGIN|LISTEN|NOTIFY|SET|LOCK) ")
_CODE = re.compile(
    r"\{\{|\{%|=>|===|\bconst |\bfunction\b|\basync |\bawait |\bexports\.|\brequire\(|;\n|\bOR\b|\bAND\b|^#"
    r"|\breturn |\bmodule\.|//|\w:\[|^(Bearer|Basic) "
)
_PATTERN_CALLS = frozenset({"compile", "match", "fullmatch", "search", "sub", "split", "findall", "finditer"})
changed: list[str] = []
"""Every text that was worded differently in this process."""


def is_prose(text: str) -> bool:
    """Whether people, and no programs, read this text."""
    return bool(
        _PROSE.search(text) and not _ENDPOINT.match(text) and not _SQL.match(text) and not _CODE.search(text)
    )


class _Rewording(ast.NodeTransformer):
    """Words the prose of one module differently."""

    def __init__(self, reword: Callable[[str], str]) -> None:
        self._reword = reword

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        if not isinstance(node.value, str) or not is_prose(node.value):
            return node
        return ast.copy_location(ast.Constant(self._reworded(node.value)), node)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.AST:
        """An f-string is prose as a whole: its parts may be single words."""
        shape = "".join(p.value if isinstance(p, ast.Constant) else "Xx" for p in node.values)  # type: ignore[misc]
        prose = is_prose(shape)
        parts: list[ast.expr] = []
        for part in node.values:
            if isinstance(part, ast.Constant) and prose:
                parts.append(ast.copy_location(ast.Constant(self._reworded(str(part.value))), part))
            elif isinstance(part, ast.FormattedValue):
                parts.append(self._formatted(part))
            else:
                parts.append(part)
        return ast.copy_location(ast.JoinedStr(parts), node)

    def _formatted(self, part: ast.FormattedValue) -> ast.FormattedValue:
        """The format specification stays: `strftime` and numbers read it."""
        value = self.visit(part.value)
        return ast.copy_location(ast.FormattedValue(value, part.conversion, part.format_spec), part)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """Regular expressions stay."""
        function = node.func
        if isinstance(function, ast.Attribute) and function.attr in _PATTERN_CALLS:
            function.value = self.visit(function.value)
            return node
        return self.generic_visit(node)

    def visit_Expr(self, node: ast.Expr) -> ast.AST:
        """Docstrings stay: some are read as help texts and schemas."""
        return node if isinstance(node.value, ast.Constant) else self.generic_visit(node)

    def _reworded(self, text: str) -> str:
        new = _WORD.sub(lambda match: self._reword(match[0]), text)
        if new != text:
            changed.append(text)
        return new


class _Loader(importlib.machinery.SourceFileLoader):
    """Compiles a module with its messages worded differently, without a cache of bytecode."""

    reword: Callable[[str], str]

    def get_code(self, fullname: str) -> CodeType:
        source = self.get_source(fullname)
        tree = _Rewording(self.reword).visit(ast.parse(source or "", self.path))
        return compile(ast.fix_missing_locations(tree), self.path, "exec")


class _Finder(importlib.abc.MetaPathFinder):
    """Finds the deciding modules before the usual finder does."""

    def __init__(self, reword: Callable[[str], str]) -> None:
        self._reword = reword

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname.partition(".")[0] not in DECIDING or fullname in NOT_MESSAGES:
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if spec is None or not isinstance(spec.loader, importlib.machinery.SourceFileLoader):
            return spec
        loader = _Loader(spec.loader.name, spec.loader.path)
        loader.reword = self._reword
        spec.loader = loader
        return spec


def install(rewording: str) -> None:
    """Word every deciding module that is imported from now on differently."""
    if early := [name for name in sys.modules if name.partition(".")[0] in DECIDING]:
        raise RuntimeError(f"imported before their messages could be changed: {', '.join(early)}")
    sys.meta_path.insert(0, _Finder(REWORDINGS[rewording]))


if _asked := os.environ.get("REWORDING"):
    install(_asked)
