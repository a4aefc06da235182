"""Whether two versions of the code migrate a simulated fleet to the same outcomes and report the same, but for words.

`dump OUT.json [--seed N] [--tenants N]` runs `phonefleet demo` of the checkout in the working directory and keeps what
`--json` prints of every tenant, and all rows of every frame (from the Parquet files, which know their types). Go to
the checkout and name the script by its path; it imports nothing of the checkout itself:

    cd CHECKOUT && python /path/to/benchmarks/same_outcome.py dump OUT.json

`compare OLD.json NEW.json [--renamed FILE] [--digests]` prints what differs, frame by frame, and exits with 1 where
anything does. FILE is a JSON object of old names to new ones. An entry `"old": "new"` is good for frames, columns and
values alike; objects called `frames`, `columns` and `values` hold those that are good for one of them. A column may be
named `frame.column`, a value `column=value`, both by their old names. Two lists are of columns, by old or new names:
`prose` adds to those that are compared for whether they say anything, not for how they say it, and `left_out` ignores
a column (or a frame, `frame.*`). Values are renamed where they are the whole cell or a word of a list of words, and in
JSON text at any depth. An object `phrases` holds those that are renamed within any text. `left_out` also takes keys of
JSON text, `frame.column.key`. A third list, `comments`, is of columns of source code whose comments aren't compared.

SHA-256 sums and the sizes beside them are of texts that contain renamed words: `--digests` compares them too.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.outcome_frames import (
    Frame,
    Frames,
    NotDone,
    Row,
    canonical,
    dump,
    only_given,
    read_frames,
    read_json,
    write_frames,
)

PROSE = frozenset(
    {
        "message",
        "detail",
        "title",
        "outcome_message",
        "next_step",
        "example",
        "note",
        "what",
        "way_back",
        "difference",
        "decisions",
        "original_did",
        "translated_did",
        "waves.reason",
        "actions.reasons",
        "actions.flags",
        "translations.reasons",
    }
)
_DIGEST = re.compile(r"\b[0-9a-f]{64}\b(, [\d,]+ characters)?|\A[0-9a-f]{16}\Z")
_COMMENT = re.compile(r"^[ \t]*(?://[^\n]*|/\*.*?\*/)[ \t]*\n?", re.MULTILINE | re.DOTALL)
_WORDS = re.compile(r"[\w:.,\s-]*")
_SHOWN = 100


@dataclass(frozen=True, slots=True)
class Renamed:
    """Old names to new ones, and the columns that are compared less strictly."""

    frames: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, str] = field(default_factory=dict)
    prose: AbstractSet[str] = PROSE
    left_out: AbstractSet[str] = frozenset()
    comments: AbstractSet[str] = frozenset()
    phrases: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def from_json(cls, table: Mapping[str, Any]) -> Renamed:
        """Read the table as the module's docstring describes it."""
        everywhere = {old: new for old, new in table.items() if isinstance(new, str)}
        return cls(
            frames=everywhere | table.get("frames", {}),
            columns=everywhere | table.get("columns", {}),
            values=everywhere | table.get("values", {}),
            prose=PROSE | set(table.get("prose", ())),
            left_out=frozenset(table.get("left_out", ())),
            comments=frozenset(table.get("comments", ())),
            phrases=table.get("phrases", {}),
        )

    def frame(self, name: str) -> str:
        """What a frame is called now."""
        return self.frames.get(name, name)

    def column(self, frame: str, name: str) -> str:
        """What a column is called now."""
        return self.columns.get(f"{frame}.{name}", self.columns.get(name, name))

    def word(self, column: str, word: str) -> str:
        """What a value of a column is now."""
        return self.values.get(f"{column}={word}", self.values.get(word, word))

    def cell(self, column: str, value: Any) -> Any:
        """A cell with its words renamed."""
        match value:
            case dict():
                return {self.word(column, key): self.cell(column, part) for key, part in value.items()}
            case list():
                return [self.cell(column, part) for part in value]
            case str():
                return self._text(column, value)
            case _:
                return value

    def _text(self, column: str, text: str) -> str:
        for old, new in self.phrases.items():
            text = text.replace(old, new)
        whole = self.word(column, text)
        if whole != text or not _WORDS.fullmatch(text):
            return whole
        return re.sub(r"\w+", lambda found: self.word(column, found[0]), text)

    def applied(self, frames: Frames) -> Frames:
        """Older frames as they are called now."""
        return {self.frame(name): self._renamed(name, frame) for name, frame in frames.items()}

    def _renamed(self, name: str, frame: Frame) -> Frame:
        now = {column: self.column(name, column) for column in frame.columns}
        return Frame(
            list(now.values()),
            [now[column] for column in frame.given_only],
            [{now[column]: self.cell(column, cell) for column, cell in row.items()} for row in frame.rows],
        )

    def reduced(self, frames: Frames) -> Frames:
        """Return frames, by their new names, without what is left out, with prose only for whether it is given."""
        prose, left_out, comments = map(self._called_now, (self.prose, self.left_out, self.comments))
        reduced = {
            name: Frame(
                [column for column in frame.columns if not _named(left_out, name, column)],
                frame.given_only + [column for column in frame.columns if _named(prose, name, column)],
                [
                    {
                        column: _COMMENT.sub("", cell)
                        if isinstance(cell, str) and _named(comments, name, column)
                        else _without_keys(cell, f"{name}.{column}", left_out)
                        for column, cell in row.items()
                    }
                    for row in frame.rows
                ],
            )
            for name, frame in frames.items()
        }
        return {
            name: frame for name, frame in reduced.items() if frame.columns or f"{name}.*" not in left_out
        }

    def _called_now(self, columns: AbstractSet[str]) -> set[str]:
        """The columns by their old names, by their new ones, and by those that are new only."""
        return set(columns).union(*map(self._new_names, columns))

    def _new_names(self, column: str) -> set[str]:
        frame, dot, name = column.rpartition(".")
        if dot:
            return {f"{self.frame(frame)}.{self.column(frame, name)}"}
        return {new for old, new in self.columns.items() if old.rpartition(".")[2] == name}


def _without_keys(value: Any, column: str, left_out: AbstractSet[str]) -> Any:
    """Return a cell without the keys, at any depth, that are left out in its column."""
    match value:
        case dict():
            kept = {key: part for key, part in value.items() if f"{column}.{key}" not in left_out}
            return {key: _without_keys(part, column, left_out) for key, part in kept.items()}
        case list():
            return [_without_keys(part, column, left_out) for part in value]
        case _:
            return value


def _named(names: AbstractSet[str], frame: str, column: str) -> bool:
    return not names.isdisjoint({column, f"{frame}.{column}", f"{frame}.*"})


def compare(old: Frames, new: Frames, renamed: Renamed | None = None, *, digests: bool = False) -> list[str]:
    """What differs, a line each."""
    renamed = renamed or Renamed()
    before, after = renamed.reduced(renamed.applied(old)), renamed.reduced(new)
    told = [f"{name}: only in the old dump" for name in before if name not in after]
    told += [f"{name}: only in the new dump" for name in after if name not in before]
    for name in before:
        if name in after:
            told += _differences(name, before[name], after[name], digests=digests)
    return told


def _differences(name: str, old: Frame, new: Frame, *, digests: bool) -> Iterator[str]:
    for column in old.columns:
        if column not in new.columns:
            yield f"{name}.{column}: only in the old dump"
    for column in new.columns:
        if column not in old.columns:
            yield f"{name}.{column}: only in the new dump"
    shared = [column for column in old.columns if column in new.columns]
    given_only = {*old.given_only, *new.given_only}
    reduce = partial(_comparable, columns=shared, given_only=given_only, digests=digests)
    yield from _row_differences(name, [reduce(row) for row in old.rows], [reduce(row) for row in new.rows])


def _comparable(row: Row, *, columns: Sequence[str], given_only: AbstractSet[str], digests: bool) -> Row:
    kept = {column: row.get(column) for column in columns}
    kept = only_given(kept, given_only & kept.keys())
    return kept if digests else {column: _undigested(value) for column, value in kept.items()}


def _undigested(value: Any) -> Any:
    """Without sums, which are of texts with words in them."""
    match value:
        case dict():
            return {key: _undigested(part) for key, part in value.items()}
        case list():
            return [_undigested(part) for part in value]
        case str():
            return _DIGEST.sub("DIGEST", value)
        case _:
            return value


def _row_differences(name: str, old: Sequence[Row], new: Sequence[Row]) -> Iterator[str]:
    """Rows without an equal one, each beside the likeliest of the other side; equal changes are told once."""
    left, right = _unmatched(old, new), _unmatched(new, old)
    changes: defaultdict[tuple[str, str, str], list[str]] = defaultdict(list)
    for row in left:
        other = _likeliest(row, right)
        if other is None:
            yield f"{name}: row only in the old dump: {_short(row)}"
            continue
        right.remove(other)
        for column in row:
            if row[column] != other[column]:
                changes[column, *_around(row[column], other[column])].append(_label(row))
    for (column, was, now), rows in changes.items():
        yield f"{name}.{column}: {was} -> {now} in {len(rows)} row(s), first of {rows[0]}"
    for row in right:
        yield f"{name}: row only in the new dump: {_short(row)}"


def _unmatched(rows: Sequence[Row], others: Iterable[Row]) -> list[Row]:
    by_text = {canonical(row): row for row in rows}
    left = Counter(map(canonical, rows)) - Counter(map(canonical, others))
    return [by_text[text] for text in sorted(left.elements())]


def _likeliest(row: Row, others: Sequence[Row]) -> Row | None:
    """The row of the same tenant that shares most cells with this one, at least half of them."""
    of_tenant = [other for other in others if other.get("domain") == row.get("domain")]
    best = max(of_tenant, key=partial(_likeness, row), default=None)
    return best if best is not None and 2 * _likeness(row, best) >= len(row) else None


def _likeness(row: Row, other: Row) -> int:
    return sum(bool(cell == other[column]) for column, cell in row.items())


def _label(row: Row) -> str:
    return _short(row.get("domain") or next(iter(row.values())))


def _around(was: Any, now: Any) -> tuple[str, str]:
    """Both values in short, of long ones the part where they begin to differ."""
    old, new = canonical(was), canonical(now)
    shorter = min(len(old), len(new))
    differs = next((at for at in range(shorter) if old[at] != new[at]), shorter)
    start = max(0, differs - _SHOWN // 2)
    return _short_text(old, start), _short_text(new, start)


def _short(value: Any) -> str:
    return _short_text(canonical(value), 0)


def _short_text(text: str, start: int) -> str:
    if start + len(text) <= _SHOWN:
        return text
    return f"{'…' if start else ''}{text[start : start + _SHOWN]}{'…' if len(text) > start + _SHOWN else ''}"


def _dump_command(asked: argparse.Namespace) -> int:
    frames = dump(Path.cwd(), asked.seed, asked.tenants)
    write_frames(frames, asked.out)
    print(f"{sum(len(frame.rows) for frame in frames.values())} rows of {len(frames)} frames: {asked.out}")
    return 0


def _compare_command(asked: argparse.Namespace) -> int:
    renamed = Renamed.from_json(read_json(asked.renamed)) if asked.renamed else None
    told = compare(read_frames(asked.old), read_frames(asked.new), renamed, digests=asked.digests)
    print("\n".join(told) if told else "the same outcomes and frames")
    return 1 if told else 0


def _arguments(given: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    verbs = parser.add_subparsers(required=True)
    dumping = verbs.add_parser("dump", help="run the demo of the checkout in the working directory")
    dumping.add_argument("out", type=Path)
    dumping.add_argument("--seed", type=int, default=1)
    dumping.add_argument("--tenants", type=int, default=40)
    dumping.set_defaults(act=_dump_command)
    comparing = verbs.add_parser("compare", help="print what differs between two dumps")
    comparing.add_argument("old", type=Path)
    comparing.add_argument("new", type=Path)
    comparing.add_argument("--renamed", type=Path, help="JSON: old names to new ones")
    comparing.add_argument("--digests", action="store_true", help="compare SHA-256 sums as well")
    comparing.set_defaults(act=_compare_command)
    return parser.parse_args(given)


def main(given: Sequence[str] | None = None) -> int:
    """Carry out `dump` or `compare`; 1 where dumps differ, 2 where it cannot be told."""
    asked = _arguments(given)
    try:
        return int(asked.act(asked))
    except NotDone as error:
        print(error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
