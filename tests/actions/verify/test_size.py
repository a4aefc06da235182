"""A large Action costs time in proportion to its size."""

from benchmarks.actions_bench import cpu_time
from phonefleet.actions.translation_model import ActionSource, VerificationResult
from phonefleet.actions.translator import translate

SMALL, LARGE = 100, 400
_HELPER = """
function helper{n}(a, b) {{
  if (b && b.value > {n}) {{ return a + "-" + b.value; }}
  for (const key of Object.keys(b || {{}})) {{ if (key === "n{n}") {{ return b[key]; }} }}
  return {{ id: {n}, a }};
}}"""
_SENDER = """
exports.onExecuteSendPhoneMessage = async (event, api) => {
  const { recipient, text } = event.message_options;
  await fetch("https://sms.example.com/send", { method: "POST", body: JSON.stringify({ recipient, text }) });
};
"""


def spent(helpers: int) -> float:
    """Return the CPU time in seconds of a verification with helpers that no run reaches."""
    code = "".join(_HELPER.format(n=n) for n in range(helpers)) + _SENDER
    before = cpu_time()
    result = translate(ActionSource("large", code, runtime="node22"), both=False)
    assert result.adapter.result is VerificationResult.VERIFIED
    return cpu_time() - before


def test_unreached_helpers_cost_in_proportion():
    """Four times as many were eight times the work when each was compared with all sends, found again for each."""
    spent(2)
    small, large = spent(SMALL), spent(LARGE)
    assert large < 6 * small, (small, large)
