"""A template costs seconds at most, whatever it does, and leaves the next one unharmed."""

import asyncio
import os
import threading
import time
from pathlib import Path

import pytest

from phonefleet.actions.liquid_process import (
    LIQUID_POOL,
    TemplateUnrenderableError,
    analyze_template,
    render_template,
)
from phonefleet.actions.message_templates import LegacyMessage, translate_message
from phonefleet.actions.reason_codes import RefusalCode
from phonefleet.model.message_texts import MessagePlane, NotificationType

SECONDS = 30.0
"""Real time for a second of CPU, on a machine that runs other tests as well."""
COSTLY = {
    "long loop": "{% for i in (1..1000000000) %}{% endfor %}",
    "nested loops": "{% for i in (1..10000) %}{% for j in (1..10000) %}x{% endfor %}{% endfor %}",
    "many loops": "{% for i in (1..20000) %}{% assign x = i %}{% endfor %}" * 1500,
    "doubling": "{% assign s = 'xxxxxxxxxx' %}" + "{% assign s = s | append: s %}" * 60 + "{{ s }}",
    "growing filters": "{{ '"
    + "a" * 9000
    + "' | replace: '', '"
    + "b" * 3000
    + "'"
    + " | replace: 'b', 'ccccccccc'" * 6
    + " }}",
    "growing numbers": "{% assign n = 99999999999 %}" + "{% assign n = n | times: n %}" * 60 + "{{ n }}",
    "long output": "{% for i in (1..19999) %}xxxxxxxxxxxxxxxxxxxxxx{% endfor %}",
    "deep nesting": "{% if a %}" * 3000 + "{% endif %}" * 3000,
    "backtracking parser": "{{" * 40_000,
}


@pytest.mark.parametrize("name", COSTLY)
def test_a_costly_template_ends_in_seconds(name):
    started = time.monotonic()
    with pytest.raises(TemplateUnrenderableError) as caught:
        render_template(COSTLY[name], [{}])
    assert caught.value.costly
    assert "takes too long to render" in caught.value.message
    assert time.monotonic() - started < SECONDS
    assert render_template("{{ code }}", [{"code": "1"}]) == ("1",)


def test_an_idle_process_that_the_machine_ended_costs_no_template():
    assert render_template("{{ code }} before", [{"code": "1"}]) == ("1 before",)
    for process in LIQUID_POOL._idle:
        process.process.kill()
        process.process.wait()
    assert render_template("{{ code }} after", [{"code": "1"}]) == ("1 after",)


@pytest.mark.parametrize("name", ["long loop", "doubling", "growing filters"])
def test_a_costly_message_is_refused_by_name(name):
    message = LegacyMessage(MessagePlane.MFA, COSTLY[name] + "{{ code }}")
    refused = translate_message(NotificationType.OTP_VERIFY, "text", message)
    assert [reason.code for reason in refused.reasons] == [RefusalCode.TEMPLATE_TOO_COSTLY]


async def test_a_costly_template_leaves_the_loop_free():
    """Rendering waits in a thread, so the event loop and its signal handlers go on."""
    rendering = asyncio.create_task(asyncio.to_thread(render_template, COSTLY["many loops"] + " ", [{}]))
    longest = 0.0
    while not rendering.done():
        before = time.monotonic()
        await asyncio.sleep(0.01)
        longest = max(longest, time.monotonic() - before)
    with pytest.raises(TemplateUnrenderableError):
        await rendering
    assert longest < 2.0


def test_the_process_gets_no_environment(monkeypatch):
    monkeypatch.setenv("PHONEFLEET_CANARY", "canary-value")
    LIQUID_POOL.close()
    render_template("{{ a }} no environment", [{"a": "1"}])
    process = LIQUID_POOL._idle[-1].process
    assert b"canary-value" not in Path(f"/proc/{process.pid}/environ").read_bytes()
    assert os.getsid(process.pid) != os.getsid(0)


def test_threads_render_beside_each_other():
    found = {}

    def render(number):
        found[number] = render_template("{{ n }}", [{"n": number}])

    threads = [threading.Thread(target=render, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {n: (str(n),) for n in range(6)}


def test_a_template_is_analyzed_without_being_run():
    parts = analyze_template("{% for i in (1..1000000000) %}{{ code | upcase }}{% endfor %}")
    assert (parts.tags, parts.filters) == (("for",), ("upcase",))
    assert parts.variables[0][0] == ("code",)
