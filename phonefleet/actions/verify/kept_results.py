"""Keep the results of verifications over runs, so that equal programs are run once.

Only a result that says yes is kept over runs: any other may come from a limit of time, and is computed again by each
process. A process that keeps results remembers the last ones, whatever they say: a fleet runs the same Action in many
tenants.

The key is a digest of everything that the result depends on: each argument of the function, this version of the code
and the engine. Values of secrets are no argument: the programs run on stand-ins. A program with an embedded secret has
no key, because a digest of it would let a short secret be guessed.
"""

from __future__ import annotations

import hashlib
import inspect
import json
import platform
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final, Generic, ParamSpec, Protocol, TypeVar, get_type_hints

from pydantic import TypeAdapter

from phonefleet.actions.verify.last_results import LastResults

P = ParamSpec("P")
R = TypeVar("R")

_PACKAGE: Final = Path(__file__).parents[2]
_SOURCES: Final = ("actions", "model", "secrets")
"""The folders whose code makes a result."""
_ENGINES: Final = ("phonefleet", "mini-racer", "pydantic", "tree-sitter", "tree-sitter-javascript")
_TITLE: Final = re.compile(r"//[^\r\n\u2028\u2029]*\n")
_TURNS: Final = tuple(threading.Lock() for _ in range(64))
"""Threads that ask for equal results wait for the first one; two keys may share a lock."""


class ResultStore(Protocol):
    """Where results are kept: the ledger."""

    @property
    def find(self) -> Callable[[str], str | None]:
        """Return the result that is kept under a key; None where there is none that can be believed."""

    @property
    def keep(self) -> Callable[[str, str], None]:
        """Keep a result under a key."""


_REMEMBERED: Final = 500
"""How many results a process remembers."""


MEMORY: Final[LastResults[str, Any]] = LastResults(_REMEMBERED)
_STORE: ContextVar[ResultStore | None] = ContextVar("where results of verifications are kept", default=None)


@contextmanager
def results_kept_in(store: ResultStore | None) -> Iterator[None]:
    """Keep results in a store while the block runs, in this thread; None keeps none."""
    token = _STORE.set(store)
    try:
        yield
    finally:
        _STORE.reset(token)


def sources_digest(folder: Path, names: tuple[str, ...] = _SOURCES) -> str:
    """Return the SHA-256 (hex) of all files in some folders of a package, with their names."""
    digest = hashlib.sha256()
    for path in sorted(path for name in names for path in (folder / name).rglob("*")):
        if path.is_file() and path.suffix != ".pyc":
            content = path.read_bytes()
            digest.update(f"{path.relative_to(folder).as_posix()}\n{len(content)}\n".encode())
            digest.update(content)
    return digest.hexdigest()


_LOADED: Final = sources_digest(_PACKAGE)
"""The digest of the code that this process runs: its files may change later, by an upgrade in place."""


@lru_cache(maxsize=1)
def verifier_version() -> str:
    """Return what changes with anything that makes a result: our code, the engine, the parser, Python."""
    engines = [f"{name} {version(name)}" for name in _ENGINES]
    return " ".join((_LOADED, *engines, platform.python_version()))


def without_title(code: str) -> str:
    """Remove a comment on the first line, where the name of the Action is: it changes nothing that a program does."""
    # A comment ends at any of JavaScript's four line terminators.
    return code[title.end() - 1 :] if (title := _TITLE.match(code)) else code


@dataclass(frozen=True, slots=True)
class KeptResult(Generic[P, R]):
    """A function whose results are kept over runs.

    Attributes:
        compute: the function: pure, of arguments that are texts, numbers and dataclasses of them.
        says_yes: whether a result may be kept over runs.
        masked: masks the embedded secrets of a text.
        alike: replaces arguments by what the result depends on.
        made_by: the version of what makes results.
        besides: what else must be equal.
    """

    compute: Callable[P, R]
    says_yes: Callable[[R], bool]
    masked: Callable[[str], str]
    alike: Callable[[dict[str, Any]], dict[str, Any]] = dict
    made_by: Callable[[], str] = verifier_version
    besides: tuple[Any, ...] = ()

    def beside(self, *facts: Any) -> KeptResult[P, R]:
        """Return the same function for programs of which these facts must be equal too, such as their packages."""
        return replace(self, besides=facts)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Return the kept result, or compute it and keep it if it may be kept."""
        store = _STORE.get()
        key = self.key(*args, **kwargs) if store else None
        if store is None or key is None:
            return self.compute(*args, **kwargs)
        with _TURNS[int(key[:8], 16) % len(_TURNS)]:
            found = self._decode(store.find(key)) or MEMORY.find(key)
            if found is not None:
                return found
            result = self.compute(*args, **kwargs)
            # After an upgrade in place, new workers have other code than this process: no version made the result.
            if sources_digest(_PACKAGE) == _LOADED:
                MEMORY.add(key, result)
                if (text := self._encode(result)) is not None:
                    store.keep(key, text)
            return result

    def key(self, *args: P.args, **kwargs: P.kwargs) -> str | None:
        """Return the SHA-256 (hex) of what the result depends on; None where a text holds an embedded secret."""
        bound = inspect.signature(self.compute).bind(*args, **kwargs)
        bound.apply_defaults()
        depends_on = _plain(self.alike(dict(bound.arguments)))
        if any(self.masked(text) != text for text in _texts(depends_on)):
            return None
        asked = {
            "of": self.compute.__qualname__,
            "by": self.made_by(),
            "arguments": depends_on,
            "besides": _plain(self.besides),
        }
        # Not orjson, which refuses the lone surrogates that an Action's text may hold.
        return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()

    def _encode(self, result: R) -> str | None:
        """Return a result as JSON; None if it may not be kept, holds a key, or would not be read back as it is."""
        if not self.says_yes(result):
            return None
        plain = _plain(result)
        text = json.dumps(plain)
        if any(self.masked(part) != part for part in _texts(plain)) or self._decode(text) != result:
            return None
        return text

    def _decode(self, text: str | None) -> R | None:
        """Return a kept result; None if it cannot be read or does not say yes."""
        if text is None:
            return None
        adapter: TypeAdapter[R] = TypeAdapter(get_type_hints(self.compute)["return"])
        try:
            found = adapter.validate_json(text, strict=True)
        except ValueError:
            return None
        return found if self.says_yes(found) else None


def _plain(value: Any) -> Any:
    """Convert a value to JSON.

    Raises:
        TypeError: it is of a type that has no single form as JSON.
    """
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: _plain(getattr(value, each.name)) for each in fields(value)}
    match value:
        case str():
            return str(value)
        case None | bool() | int() | float():
            return value
        case tuple() | list():
            return [_plain(each) for each in value]
        case frozenset() | set():
            return sorted(_plain(each) for each in value)
        case dict():
            return {str(key): _plain(each) for key, each in value.items()}
    raise TypeError(f"a kept result cannot depend on a {type(value).__name__}")


def _texts(plain: Any) -> Iterator[str]:
    match plain:
        case str():
            yield plain
        case list():
            for each in plain:
                yield from _texts(each)
        case dict():
            for each in plain.values():
                yield from _texts(each)
