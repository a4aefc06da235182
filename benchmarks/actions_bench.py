"""How much CPU time it takes to read, translate and verify Actions (20 events each).

Run from the root of the checkout:

* ``python -m benchmarks.actions_bench [ROUNDS [FOLDER]]``: every Action of the folder (the tests' corpus) that is not
  there to be refused or to send nothing, in one process. Printed are Actions a second, and the median of an Action.
* ``python -m benchmarks.actions_bench start [RUNS]``: one ``phonefleet actions verify`` from its start to its end.

CPU time is that of this process and of all processes that run the Actions, also those that were replaced, which is
what one core has to give (Linux).
"""

import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

from phonefleet.actions.translation_model import ActionSource
from phonefleet.actions.translator import translate
from phonefleet.actions.verify.pool import POOL

CORPUS = Path(__file__).parent.parent / "tests" / "actions" / "corpus"


YARDSTICK = "sum(i * i for i in range(5_500_000))"


def yardstick():
    """CPU time in seconds of a fixed computation in a process of its own: about 0.2 s, more on a busy machine."""
    before = ended()
    subprocess.run([sys.executable, "-c", YARDSTICK], check=True)
    return ended() - before


def ended():
    """CPU time in seconds of the child processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def cpu_time():
    """CPU time in seconds of this process and its children, running and ended."""
    return time.process_time() + ended() + sum(time.clock_gettime(~pid << 3 | 2) for pid in POOL.pids())


def _measure(label, rounds, sources, **options):
    wall, began, each = time.perf_counter(), cpu_time(), []
    for _ in range(rounds):
        for source in sources:
            before = cpu_time()
            translate(source, **options)
            each.append(cpu_time() - before)
    wall, cpu, done = time.perf_counter() - wall, cpu_time() - began, len(each)
    print(
        f"{label:32} {done / wall:6.0f} a second, {done / cpu:6.0f} a second of CPU, {1000 * cpu / done:6.1f} ms each: "
        f"median {1000 * statistics.median(each):.1f}, longest {1000 * max(each):.0f}"
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


def whole_runs(runs):
    """CPU times in seconds of runs of ``phonefleet actions verify`` from their start to their end."""
    command = [sys.executable, "-m", "flows.cli", "actions", "verify", str(CORPUS / "twilio_basic.js")]
    spent = []
    for _ in range(runs):
        before = ended()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        spent.append(ended() - before)
    return spent


def start(runs=5):
    """Measure whole runs of ``phonefleet actions verify``."""
    spent = whole_runs(runs)
    print(
        f"actions verify, start to end: median {statistics.median(spent):.2f} s of CPU, longest {max(spent):.2f} s"
    )


if __name__ == "__main__":
    if sys.argv[1:2] == ["start"]:
        start(*(int(runs) for runs in sys.argv[2:3]))
    else:
        main(*(int(rounds) for rounds in sys.argv[1:2]), *sys.argv[2:])
