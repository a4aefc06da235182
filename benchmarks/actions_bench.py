"""How many Actions a second one core reads, translates both ways and proves (20 events each).

Run from the root of the checkout: ``python -m benchmarks.actions_bench [ROUNDS]``. CPU time counts the prover's
child processes; the wall-clock figure is what a user of one process sees.
"""

import resource
import sys
import time
from pathlib import Path

import yaml

from phonefleet.actions.model import ActionSource, Dependency
from phonefleet.actions.verdict import carry

CORPUS = Path(__file__).parent.parent / "tests" / "actions" / "corpus"


def _sources():
    listed = yaml.safe_load((CORPUS / "expectations.yaml").read_text(encoding="utf-8"))
    for name, entry in listed.items():
        packages = tuple(Dependency(k, str(v)) for k, v in entry.get("dependencies", {}).items())
        yield ActionSource(name, (CORPUS / f"{name}.js").read_text(encoding="utf-8"), dependencies=packages)


def _cpu():
    mine, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return mine.ru_utime + mine.ru_stime + children.ru_utime + children.ru_stime


def _measure(label, sources, **options):
    wall, cpu = time.perf_counter(), _cpu()
    for source in sources:
        carry(source, **options)
    wall, cpu = time.perf_counter() - wall, _cpu() - cpu
    print(
        f"{label:28} {len(sources) / wall:8.1f} Actions/s wall, {cpu * 1000 / len(sources):7.2f} ms own CPU each"
    )


def main(rounds=1):
    """Measure reading and translating alone, then with both proofs."""
    sources = [source for source in _sources() if not source.name.startswith("bad_endless")] * rounds
    carry(sources[0])
    _measure("read, translate both ways", sources, prove=False)
    _measure("and prove both, 20 events", sources, events=20)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1)
