"""Verification stays within its CPU time: 1 s for a whole command, 0.3 s for the median Action.

The limits are in units of a fixed computation, measured beside it, because a second of CPU does less on a busy machine.
"""

import statistics

from benchmarks.actions_bench import CORPUS, cpu_time, whole_runs, yardstick
from phonefleet.actions.translation_model import ActionSource
from phonefleet.actions.translator import translate

QUIET = 0.2
"""What the computation takes on a quiet machine on which the limits were set, in seconds of CPU."""
USUAL = ("twilio_basic", "axios_instance", "fetch_json", "sns_v3", "retry_loop", "class_based", "cache_token")


def _limit(seconds, before, after):
    """The limit in seconds of CPU here and now; never below the limit itself."""
    return seconds * max(1.0, before / QUIET, after / QUIET)


def test_a_command_takes_less_than_a_second():
    before = yardstick()
    spent = min(whole_runs(3))
    assert spent < _limit(1.0, before, yardstick())


def test_the_median_action_takes_less_than_0_3_s():
    sources = [ActionSource(name, (CORPUS / f"{name}.js").read_text("utf-8")) for name in USUAL]
    translate(sources[0])  # starts the engine
    before, spent = yardstick(), []
    for source in sources:
        began = cpu_time()
        translate(source)
        spent.append(cpu_time() - began)
    assert statistics.median(spent) < _limit(0.3, before, yardstick())
