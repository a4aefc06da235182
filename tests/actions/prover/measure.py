"""How many Actions a second are translated both ways and proved: ``python tests/actions/prover/measure.py``.

Every Action of the corpus that is not refused, 20 events each, adapter and rewrite; seconds of CPU are those of
this process and of the process that runs the Actions together, which is what one core has to give.
"""

import resource
import sys
import time
from pathlib import Path

from phonefleet.actions.model import ActionSource
from phonefleet.actions.prover.pool import POOL
from phonefleet.actions.verdict import carry

CORPUS = Path(__file__).parents[1] / "corpus"


def cpu():
    """Seconds of CPU that this process and its ended children have used."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(part.ru_utime + part.ru_stime for part in used)


def main(rounds=5):
    sources = [ActionSource(path.stem, path.read_text()) for path in sorted(CORPUS.glob("*.js"))]
    sources = [source for source in sources if not source.name.startswith(("bad_", "vacuous_"))]
    for source in sources:  # the first round draws the messages and warms the engine
        carry(source)
    started, before = time.perf_counter(), cpu()
    for _ in range(rounds):
        for source in sources:
            carry(source)
    wall = time.perf_counter() - started
    POOL.close()  # only ended children are counted
    spent, done = cpu() - before, rounds * len(sources)
    sys.stdout.write(
        f"{done} Actions: {done / wall:.0f} a second, {done / spent:.0f} a second of CPU "
        f"({1000 * wall / done:.1f} ms, {1000 * spent / done:.1f} ms of CPU each)\n"
    )


if __name__ == "__main__":
    main()
