# ruff: noqa: E501  (JavaScript reads best on one line)
"""No program can hang, kill or deceive the verifier: each gets a result with the reason."""

import pytest

from benchmarks.actions_bench import cpu_time
from phonefleet.actions.translation_model import VerificationResult
from phonefleet.actions.verify.verifier import verify_translation
from tests.actions.verify.run_once import run

from .pairs import BODIES, legacy, new

SEND = "await fetch('https://api.example', { method: 'POST', body: to + text });"

HOSTILE = {
    "endless loop": ("for (;;) {}", "timeout"),
    "endless promises": ("const spin = async () => { for (;;) await null; }; await spin();", "timeout"),
    "endless regular expression": ("/(a+)+$/.test('a'.repeat(60) + 'b');", "timeout"),
    "endless timers": (
        "await new Promise(() => { const again = () => setTimeout(again, 1); again(); });",
        "unbounded",
    ),
    "endless sends": (
        "for (;;) await fetch('https://api.example', { method: 'POST', body: to });",
        "unbounded",
    ),
    "memory by arrays": ("const all = []; for (;;) all.push(new Array(100000).fill(1));", "memory"),
    "memory at once": ("const all = []; all.length = 2 ** 30; all.fill(0);", None),
    "memory by buffers": ("const all = []; for (;;) all.push(Buffer.alloc(5e7, 1));", "unbounded"),
    "huge recorded value": (f"const big = 'x'.repeat(2 ** 27); {SEND.replace('text', 'big')}", "unbounded"),
    "process.exit": ("process.exit(1);", "unbounded"),
    "a child process": ("require('child_process').execSync('true');", "unsupported"),
    "a global without stand-in": ("new WebSocket('wss://api.example');", "unsupported"),
    "a file beside the Action": ("require('./helper')(to, text);", "unresolved_module"),
    "a busy wait": ("const end = Date.now() + 100; while (Date.now() < end) {}", "unsupported"),
    "an unknown api": ("api.access.deny('no');", "unknown_api"),
    "a replaced built-in": (f"Array.prototype.map = () => []; {SEND}", "changes_builtin"),
    "a replaced JSON.stringify": (f"JSON.stringify = () => 'x'; {SEND}", "changes_builtin"),
}


_TAKES_SECONDS = ("endless promises", "endless regular expression", "hangs while loading")


def cases(names):
    """Names as parameters; those that wait for a time limit as others do are kept for the slow tests."""
    return [pytest.param(n, marks=pytest.mark.slow) if n in _TAKES_SECONDS else n for n in names]


@pytest.mark.parametrize("name", cases(HOSTILE))
def test_a_hostile_original_is_not_verifiable(name):
    body, code = HOSTILE[name]
    started = cpu_time()
    verification = verify_translation(legacy(body), new(body))
    assert cpu_time() - started < 20  # of CPU: a busy machine takes longer by the clock
    assert verification.result is VerificationResult.NOT_VERIFIABLE, verification
    assert code is None or verification.reasons[0].code == code, verification
    assert (
        verify_translation(legacy(BODIES["fetch"]), new(BODIES["fetch"]), events=3).result
        is VerificationResult.VERIFIED
    )


@pytest.mark.parametrize(
    "name", cases(["endless promises", "memory by arrays", "a child process", "a replaced built-in"])
)
def test_a_hostile_translation_is_never_verified(name):
    body, _ = HOSTILE[name]
    assert verify_translation(legacy(SEND), new(SEND + body)).result in (
        VerificationResult.NOT_VERIFIABLE,
        VerificationResult.DIFFERS,
    )


UNLOADABLE = {
    "syntax": ("exports.onExecuteSendPhoneMessage = async (event) => {", "syntax:"),
    "closing the wrapper": ("}); globalThis.x = 1; (function () {", "syntax:"),
    "ES module": ("import x from 'x'; export const onExecuteSendPhoneMessage = 1;", "syntax:"),
    "nothing": ("", "no_handler:"),
    "another handler": ("exports.onExecutePostLogin = async () => {};", "no_handler:"),
    "no function": ("exports.onExecuteSendPhoneMessage = 42;", "no_handler:"),
    "exports set to null": ("module.exports = null;", "no_handler:"),
    "throws while loading": ("throw new TypeError('at load');", "load:"),
    "throws while loading beside an unknown package": (
        "require('some-sdk'); throw new TypeError('x');",
        "load:",
    ),
    "throws undefined while loading": ("throw undefined;", "load:"),
    "hangs while loading": ("for (;;) {}", "timeout:"),
    "too deep to parse": ("(" * 50_000 + ")" * 50_000, None),
    "NUL and lone surrogates": ("\0 \ud800", "syntax:"),
    "too large": ("//" + "x" * 500_000, "too_large:"),
}


@pytest.mark.parametrize("name", cases(UNLOADABLE))
def test_what_cannot_be_loaded_is_not_verifiable(name):
    code, reason = UNLOADABLE[name]
    verification = verify_translation(code, new(SEND))
    assert verification.result is VerificationResult.NOT_VERIFIABLE
    assert reason is None or str(verification.reasons[0]).startswith(reason), verification


def test_the_reason_for_an_es_module_says_so():
    assert "CommonJS" in verify_translation(UNLOADABLE["ES module"][0], new(SEND)).reasons[0].message


@pytest.mark.parametrize("translation", ["", "exports.x = ", "throw new Error('at load');"])
def test_a_translation_that_cannot_be_loaded_differs(translation):
    assert verify_translation(legacy(SEND), translation).result is VerificationResult.DIFFERS


def test_deep_recursion_is_the_programs_error():
    body = f"const down = () => down() + 1; try {{ down(); }} catch (error) {{ if (!(error instanceof RangeError)) throw error; }} {SEND}"
    assert verify_translation(legacy(body), new(body)).result is VerificationResult.VERIFIED


def test_odd_characters_in_secrets_are_kept():
    body = SEND.replace("text", "text + '\\u2028\\ud83d\\ude00 \"quoted\" \\\\'")
    assert verify_translation(legacy(body), new(body)).result is VerificationResult.VERIFIED


def test_a_stopped_program_returns_its_runs():
    code = legacy(f"{SEND} if (spoken) for (;;) {{}}")
    traces = run(code, 5)
    assert len(traces) == 1  # the second event is spoken
    assert traces[0].outcome == "returned"
