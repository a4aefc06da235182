"""Run Actions in real Node, each in a process of its own, and compare what two of them did."""

import json
import re
import resource
import shutil
import subprocess
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent
NODE = shutil.which("node")
CPU_SECONDS = 60


@cache
def version():
    """The major version of the installed Node; 0 if there is none."""
    if NODE is None:
        return 0
    shown = subprocess.run([NODE, "--version"], check=True, capture_output=True, text=True).stdout
    return int(re.match(r"v(\d+)", shown)[1])


def _command():
    # From version 20 on, Node itself refuses files and processes to the Action's code.
    permission = {20: "--experimental-permission", 22: "--experimental-permission"}.get(version())
    if version() >= 24:
        permission = "--permission"
    limits = [permission, f"--allow-fs-read={FOLDER}/*"] if permission else []
    return [NODE, *limits, "--no-warnings", str(FOLDER / "run.js")]


def run(code, handler, api, secrets, runs):
    """What an Action does on each event, in order: ``{failed, runs}``; ``failed`` says why it could not be run on."""
    job = {"code": _without_imports(code), "handler": handler, "api": api, "secrets": secrets, "runs": runs}
    done = subprocess.run(
        _command(),
        input=json.dumps(job).encode(),
        capture_output=True,
        env={"TZ": "UTC"},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS)),
        check=False,
    )
    if done.returncode != 0 or not done.stdout:
        return {"failed": f"exit {done.returncode}: {done.stderr.decode()[-400:]}", "runs": []}
    return json.loads(done.stdout)


def _without_imports(code):
    """A function stands for ``import()``, so that imported packages are stand-ins, too."""
    return re.sub(r"\bimport\s*\(", "__import(", code)


def difference(original, translation):
    """The first difference of one run of each, for people; ``None`` if they do the same."""
    mine, theirs = (
        [call for call in each["calls"] if call["path"] != "require"] for each in (original, translation)
    )
    for one, other in zip(mine, theirs, strict=False):
        if one != other:
            return f"{json.dumps(one)[:600]} against {json.dumps(other)[:600]}"
    if len(mine) != len(theirs):
        longer = max(mine, theirs, key=len)
        return f"only one continues with {json.dumps(longer[min(len(mine), len(theirs))])[:300]}"
    if translation["end"] == "threw":
        return f"the translation throws {translation['error']}"
    ends = [_end(each) for each in (original, translation)]
    return None if ends[0] == ends[1] else f"ends {ends[0]} against {ends[1]}"


def retries_after_a_call(runs):
    """Whether any run requests a retry though a call was made, which may have sent the message."""
    return any(
        each["decided"] == "retry" and any(call["path"] != "require" for call in each["calls"])
        for each in runs
    )


def _end(run):
    failed = run["end"] == "threw" or (run["end"] == "returned" and run["decided"] is not None)
    return ("failed" if failed else run["end"], run["at"], run["cut"])


def loads(runs):
    """The modules that any run loaded."""
    return {call["args"][0] for each in runs for call in each["calls"] if call["path"] == "require"}
