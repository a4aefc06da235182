"""Print how the figures of two runs of `make bench` relate: `python -m benchmarks.compare OLD.json NEW.json`.

A ratio above 1 means that the figure grew. Only runs on the same machine under the same load can be compared.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.bench_results import Table, read_tables, shown


def ratios(old: list[Table], new: list[Table]) -> Iterator[tuple[str, str, str, float, float]]:
    """Yield table, work, figure, and both values, of every figure that both runs have."""
    before = {table.title: table.rows for table in old}
    for table in new:
        for work, figures in table.rows.items():
            was = before.get(table.title, {}).get(work, {})
            for name, value in figures.items():
                if name in was:
                    yield table.title, work, name, was[name], value


def main() -> int:
    """Print the table of ratios; 1 if the runs have no figure in common."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("old", type=Path)
    parser.add_argument("new", type=Path)
    given = parser.parse_args()
    (old, about_old), (new, about_new) = read_tables(given.old), read_tables(given.new)
    found = list(ratios(old, new))
    print(f"old: {about_old}\nnew: {about_new}\n")
    print("| table | work | figure | old | new | new/old |\n| --- | --- | --- | ---: | ---: | ---: |")
    for table, work, name, was, now in found:
        ratio = f"{now / was:.2f}" if was else ("1.00" if now == was else "")
        print(f"| {table} | {work} | {name} | {shown(was)} | {shown(now)} | {ratio} |")
    return int(not found)


if __name__ == "__main__":
    sys.exit(main())
