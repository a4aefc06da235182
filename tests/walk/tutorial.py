"""A tutorial as a list of steps: commands in `sh` blocks, each with the listing that follows it.

A comment directly above an `sh` block says how it is run:

* `<!-- walk: skip -->`: it is not run, for example because it is done in a browser;
* `<!-- walk: yes -->`: the reader answers `y`; the walk adds `--yes`;
* `<!-- walk: exit=3 -->`: the exit code that the page speaks of;
* `<!-- walk: background -->`: it keeps running until the end;
* `<!-- walk: run COMMAND -->`, above anything: a command that the reader does by hand, such as an edit of a file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_PART = re.compile(
    r"^<!-- walk: (?P<how>.*?)\s-->\n|^```(?P<kind>\w*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL
)
_EXIT = re.compile(r"exit=(\d+)")


@dataclass(frozen=True, slots=True)
class WalkStep:
    """One block of commands.

    Attributes:
        line: its line in the page.
        commands: what is run, by bash.
        listing: what the page shows of its output; empty for nothing.
        code: the expected exit code.
        in_background: whether it keeps running.
    """

    line: int
    commands: str
    listing: str = ""
    code: int = 0
    in_background: bool = False


def steps_of(page: str) -> Iterator[WalkStep]:
    """Yield the steps of a page."""
    how, step = "", None
    for part in _PART.finditer(page):
        line = page.count("\n", 0, part.start()) + 1
        if part["how"] is not None:
            how = part["how"]
            if how.startswith("run"):
                if step:
                    yield step
                step, how = WalkStep(line, how.removeprefix("run").strip()), ""
        elif part["kind"] == "sh":
            if step:
                yield step
            step = None if how == "skip" else _step(line, part["body"], how)
            how = ""
        elif not part["kind"] and step and not step.listing:
            step = WalkStep(step.line, step.commands, part["body"], step.code, step.in_background)
    if step:
        yield step


def _step(line: int, body: str, how: str) -> WalkStep:
    words = how.split()
    commands = body.rstrip() + (" --yes" if "yes" in words else "")
    code = _EXIT.search(how)
    return WalkStep(line, commands, "", int(code[1]) if code else 0, "background" in words)


_VARYING = (
    (re.compile(r"\d{8}-\d{6}-[0-9a-f]{4}"), "RUN"),
    (re.compile(r"\d{4}-\d\d-\d\d(T| )\d\d:\d\d(:\d\d)?(\.\d+)?Z?"), "TIME"),
    (re.compile(r"\b\d\d-\d\d \d\d:\d\d\b"), "TIME"),
    (re.compile(r"\b\d\d:\d\d:\d\dZ?"), "TIME"),
    (re.compile(r"\bSM[0-9a-f]{32}\b"), "MESSAGE"),
    (re.compile(r"\b[0-9a-f]{12,64}\b"), "HASH"),
    (re.compile(r"127\.0\.0\.1:\d+"), "HOST"),
    (re.compile(r"\d+ waiting for rate limit"), "N waiting for rate limit"),
    (re.compile(r"log entry \S+"), "log entry ID"),
    (re.compile(r"\b\d+ request\(s\)"), "N request(s)"),
    (re.compile(r"\bprocess \d+"), "process N"),
    (re.compile(r"[─━═]+"), "-"),
    (re.compile(r"\s+"), " "),
)
"""What differs from run to run."""


def comparable(text: str) -> str:
    """Return a text without what differs from run to run."""
    for pattern, word in _VARYING:
        text = pattern.sub(word, text)
    return text


def shown_lines(listing: str) -> Iterator[str]:
    """Yield the lines of a listing; `...` or `…` is for what is left out."""
    yield from (line for line in listing.splitlines() if line.strip(" .…"))


def missing_lines(listing: str, output: str) -> list[str]:
    """Return the lines of a listing that the output does not have, in this order.

    A line of the output may be several lines of the listing.
    """
    actual, position, missing = comparable(output), 0, []
    for line in shown_lines(listing):
        wanted = comparable(line).strip(" …")
        found = actual.find(wanted, position)
        if found < 0:
            missing.append(line)
        else:
            position = found + len(wanted)
    return missing
