"""How many Actions a second are translated both ways and proved: ``tests/actions/prover/measure.py [ROUNDS [FOLDER]]``.

Every Action of the corpus that is not refused, 20 events each, adapter and rewrite; seconds of CPU are those of
this process and of the process that runs the Actions together, which is what one core has to give.
"""

import sys
import time
from pathlib import Path

from phonefleet.actions.model import ActionSource
from phonefleet.actions.prover.pool import POOL
from phonefleet.actions.verdict import carry

CORPUS = Path(__file__).parents[1] / "corpus"


def cpu():
    """Seconds of CPU that this process and the processes that run the Actions have used (Linux)."""
    workers = (worker.process.pid for worker in POOL._idle)
    return time.process_time() + sum(time.clock_gettime(~pid << 3 | 2) for pid in workers)


def measure(label, rounds, sources, **options):
    """Carry every source over ``rounds`` times and print what it took."""
    started, before = time.perf_counter(), cpu()
    for _ in range(rounds):
        for source in sources:
            carry(source, **options)
    wall, spent, done = time.perf_counter() - started, cpu() - before, rounds * len(sources)
    sys.stdout.write(
        f"{label}: {done / wall:.0f} Actions a second, {done / spent:.0f} a second of CPU "
        f"({1000 * wall / done:.1f} ms, {1000 * spent / done:.1f} ms of CPU each)\n"
    )


def main(rounds=5, corpus=CORPUS):
    sources = [ActionSource(path.stem, path.read_text()) for path in sorted(Path(corpus).glob("*.js"))]
    sources = [source for source in sources if not source.name.startswith(("bad_", "vacuous_"))]
    for source in sources:  # the first round draws the messages and warms the engine
        carry(source)
    measure("both proved", rounds, sources)
    measure("what is deployed proved", rounds, sources, both=False)


if __name__ == "__main__":
    main(*(int(rounds) for rounds in sys.argv[1:2]), *sys.argv[2:])
