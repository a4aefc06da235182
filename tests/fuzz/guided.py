"""Fuzzing guided by coverage (atheris, libFuzzer): `python -m tests.fuzz.guided --seconds 30`.

Each target runs in a process of its own, because libFuzzer ends the process. The modules of phonefleet are imported
once, with atheris' instrumentation, before the processes are forked. An input that fails or takes too long is written
to `tests/fuzz/corpus`. Inputs that reach new code are kept in `.state/fuzz`, where the next call goes on.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import io
import os
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from tests.fuzz.tokens import TOKENS

ROOT = Path(__file__).parents[2]
CORPUS = Path(__file__).with_name("corpus")
INSTRUMENTED = ("configs", "phonefleet", "liquid", "yaml")
ABSENT = (
    "atheris is not installed (it has wheels for CPython 3.11 to 3.13 on x86-64 Linux): no guided fuzzing"
)
LONGEST_INPUT = 4_096
"""Bytes."""
SLOWEST = 60
"""Real seconds for one input, on a machine that runs other work as well."""
MEMORY = 2_048
"""MiB of a process."""
_RUNS = re.compile(r"^stat::number_of_executed_units:\s*(\d+)", re.MULTILINE)
_REACHED = re.compile(r"\bcov: (\d+)")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a target.

    Attributes:
        failed: whether an input failed.
        text: the number of inputs and of the places that they reached, or the end of libFuzzer's report.
        found: files that the process wrote to the corpus.
    """

    failed: bool
    text: str
    found: tuple[Path, ...]


def instrumented_targets() -> Mapping[str, Any]:
    """Import the targets, and what they call, with instrumentation."""
    import atheris

    # The import hook names each module on standard error.
    with (
        contextlib.redirect_stderr(io.StringIO()),
        atheris.instrument_imports(include=list(INSTRUMENTED)),
    ):
        from tests.fuzz.targets import TARGETS
    return TARGETS


def fuzz(name: str, target: Any, seconds: int, corpus: Path, work: Path, seed: int = 0) -> Outcome:
    """Fuzz a target in a child process.

    Args:
        name: of the folders below `corpus` and `work`.
        target: takes a text.
        seconds: for inputs beyond those that are kept.
        corpus: the kept inputs, where an input that fails is written to.
        work: inputs that reached new code, and libFuzzer's report.
        seed: the same seed begins with the same inputs; 0 takes another one each time.
    """
    kept, seen, report = corpus / name, work / name, work / f"{name}.log"
    kept.mkdir(parents=True, exist_ok=True)
    seen.mkdir(parents=True, exist_ok=True)
    words = work / "words.dict"
    words.write_text("".join(f'"{_escaped(token)}"\n' for token in TOKENS), encoding="ascii")
    before = set(kept.iterdir())
    arguments = [
        *(name, str(seen), str(kept)),
        *(f"-seed={seed}", f"-max_total_time={seconds}", f"-timeout={SLOWEST}", f"-rss_limit_mb={MEMORY}"),
        *(f"-max_len={LONGEST_INPUT}", f"-dict={words}", f"-artifact_prefix={kept}/", "-print_final_stats=1"),
    ]
    child = os.fork()
    if child == 0:
        _become_fuzzer(target, arguments, report)
    _, status = os.waitpid(child, 0)
    text = report.read_text(encoding="utf-8", errors="replace")
    found = tuple(sorted(set(kept.iterdir()) - before))
    if status or found:
        report_lines = [line for line in text.splitlines() if not line.startswith(("#", "INFO: ", "stat::"))]
        return Outcome(failed=True, text="\n".join(report_lines[-60:]), found=found)
    runs, reached = _RUNS.findall(text), _REACHED.findall(text)
    return Outcome(failed=False, text=f"{runs[-1]} inputs reached {reached[-1]} places", found=())


def _become_fuzzer(target: Any, arguments: list[str], report: Path) -> NoReturn:
    """Run libFuzzer, which ends this process."""
    import atheris

    from tests.fuzz.targets import as_text

    def one_input(data: bytes) -> None:
        target(as_text(data))

    output = os.open(report, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.dup2(output, 1)
    os.dup2(output, 2)
    atheris.Setup(arguments, one_input)
    # The interpreter must end as usual: libFuzzer writes the input that failed when the process exits.
    atheris.Fuzz()
    raise SystemExit(70)


def _escaped(token: str) -> str:
    return "".join(f"\\x{byte:02X}" for byte in token.encode("utf-8"))


def main(arguments: Sequence[str] | None = None) -> int:
    """Fuzz the targets one after the other.

    Returns:
        1 if an input failed.
    """
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.guided", description=main.__doc__)
    parser.add_argument("--seconds", type=int, required=True, help="for all targets together")
    parser.add_argument(
        "--seed", type=int, default=0, help="begin with the same inputs; 0 with others each time"
    )
    parser.add_argument("targets", nargs="*", help="names of targets; all unless given")
    options = parser.parse_args(arguments)
    if importlib.util.find_spec("atheris") is None:
        print(ABSENT)
        return 0
    targets = instrumented_targets()
    return _fuzz_all(
        {name: targets[name] for name in options.targets or targets}, options.seconds, options.seed
    )


def _fuzz_all(targets: Mapping[str, Any], seconds: int, seed: int) -> int:
    each = max(1, seconds // len(targets))
    outcomes = {
        name: _shown(name, fuzz(name, target, each, CORPUS, ROOT / ".state/fuzz", seed))
        for name, target in targets.items()
    }
    return int(any(outcome.failed for outcome in outcomes.values()))


def _shown(name: str, outcome: Outcome) -> Outcome:
    print(f"{name}: {'FAILED' if outcome.failed else outcome.text}", flush=True)
    if outcome.failed:
        print(outcome.text)
    for path in outcome.found:
        print(f"{name}: kept {path.relative_to(ROOT)}; commit it with the repair")
    return outcome


if __name__ == "__main__":
    sys.exit(main())
