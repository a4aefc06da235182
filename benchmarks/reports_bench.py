"""How long reports take and how much memory: `python benchmarks/reports_bench.py [TENANTS …] [--formats html csv …]`.

Makes a run of that many tenants, then prints for each stage its seconds, its seconds of CPU and the peak memory of
the process so far, and for each frame its rows and bytes. Without `--formats` only frames, scrubbing and checks are
measured.
"""

import argparse
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from reports.build import build
from reports.expectations import check
from reports.secret_filter import without_secrets
from reports.summary import summarize
from reports.write import Format, files
from tests.reports.record_factory import make_record


def timed(what: str, act: Callable[[], Any]) -> Any:
    start, cpu = time.perf_counter(), time.process_time()
    result = act()
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{what:<28} {seconds:8.2f} s   {cpu:8.2f} s of CPU   peak {peak:8.0f} MB")
    return result


def bench(tenants: int, formats: list[Format]) -> None:
    print(f"\n{tenants:,} tenants")
    record = timed("make the record", lambda: make_record(tenants))
    frames = timed("build all frames", lambda: build(record))
    for name, frame in frames.items():
        print(f"    {name:<12} {len(frame):>9,} rows {frame.memory_usage(deep=True).sum() / 1e6:8.1f} MB")
    frames, withheld = timed("look for secrets", lambda: without_secrets(frames))
    result = timed("check the contract", lambda: check(frames, withheld))
    print(f"    {len(result.checks)} expectations, {len(result.failures)} failed")
    summary = timed("summarize", lambda: summarize(frames, result))
    with tempfile.TemporaryDirectory() as directory:
        for name, place, writer in files(frames, summary, frozenset(formats)):
            path = Path(directory) / Path(place).name
            timed(f"write {name}", lambda path=path, writer=writer: writer(path))
            print(f"    {path.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tenants", nargs="*", type=int, default=[1_000, 10_000, 100_000])
    parser.add_argument("--formats", nargs="*", type=Format, default=[])
    given = parser.parse_args()
    import great_expectations  # noqa: F401 - imported here, so that its seconds are not counted as a check's

    for size in given.tenants or [1_000]:
        bench(size, given.formats)
