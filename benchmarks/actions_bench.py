"""How many Actions a second one core reads, translates both ways and proves (20 events each).

Run from the root of the checkout: ``python -m benchmarks.actions_bench [ROUNDS [FOLDER]]``. Every Action of the
folder (the tests' corpus) is taken that is not there to be refused or to send nothing. CPU time is that of this
process and of the process that runs the Actions together, which is what one core has to give (Linux).
"""

import sys
import time
from pathlib import Path

from phonefleet.actions.translation_model import ActionSource
from phonefleet.actions.translator import translate
from phonefleet.actions.verify.pool import POOL

CORPUS = Path(__file__).parent.parent / "tests" / "actions" / "corpus"


def _cpu():
    return time.process_time() + sum(time.clock_gettime(~pid << 3 | 2) for pid in POOL.pids())


def _measure(label, rounds, sources, **options):
    wall, cpu = time.perf_counter(), _cpu()
    for _ in range(rounds):
        for source in sources:
            translate(source, **options)
    wall, cpu, done = time.perf_counter() - wall, _cpu() - cpu, rounds * len(sources)
    print(
        f"{label:32} {done / wall:6.0f} a second, {done / cpu:6.0f} a second of CPU ({1000 * cpu / done:.1f} ms each)"
    )


def main(rounds=5, folder=CORPUS):
    """Measure reading and translating alone, then with the verification a plan needs, then with both."""
    sources = [ActionSource(path.stem, path.read_text("utf-8")) for path in sorted(Path(folder).glob("*.js"))]
    sources = [source for source in sources if not source.name.startswith(("bad_", "vacuous_"))]
    for source in sources:  # the first round warms the engine
        translate(source)
    _measure("read, translated both ways", rounds, sources, verify=False)
    _measure("what is deployed verified", rounds, sources, both=False)
    _measure("both verified", rounds, sources)


if __name__ == "__main__":
    main(*(int(rounds) for rounds in sys.argv[1:2]), *sys.argv[2:])
