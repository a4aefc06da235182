"""Runs the steps of a tutorial as a reader does: in one shell, in a fresh folder, with the real command."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import time
from dataclasses import dataclass, field, replace
from pathlib import Path

from phonefleet.system_user import operating_system_user
from tests.prefect_server import clean_environ, free_port
from tests.preloaded import PHONEFLEET
from tests.walk.tutorial import WalkStep, missing_lines

ROOT = Path(__file__).parents[2]
STEP_SECONDS = 300
PAGE_PORT = "8766"
"""The simulator's port in the tutorials; the walk takes a free one."""
SERVER = "phonefleet server start"
"""It takes a free port too, not the one of a server that the developer keeps."""
WIDTH = 110
"""Columns of the listings."""


@dataclass
class Walker:
    """A reader of one tutorial.

    Attributes:
        folder: where the reader begins.
        outputs: what each step printed.
        faults: what a page shows and a step did not print.
    """

    folder: Path
    outputs: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    _running: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        shim = self.folder / ".bin" / "phonefleet"
        shim.parent.mkdir()
        shim.write_text(f'#!/bin/sh\nPYTHONPATH={ROOT} exec {sys.executable} {PHONEFLEET} "$@"\n')
        shim.chmod(stat.S_IRWXU)
        self._port = str(free_port())
        self._shell = self.folder / ".shell"
        self._shell.write_text(f"cd {self.folder}\n")
        self._environ = clean_environ() | {
            "PATH": f"{shim.parent}:{os.environ['PATH']}",
            "XDG_STATE_HOME": str(self.folder / ".xdg"),
            "COLUMNS": str(WIDTH),
            "TERM": "dumb",
        }

    def take(self, step: WalkStep) -> None:
        """Run a step, and note which lines of its listing are not printed.

        Raises:
            AssertionError: its exit code is not what the page says.
        """
        commands = step.commands.replace(PAGE_PORT, self._port).replace(
            SERVER, f"{SERVER} --port {free_port()}"
        )
        step = replace(step, commands=commands)
        output = self._start(step) if step.in_background else self._run(step)
        output = output.replace(self._port, PAGE_PORT)
        for place in (self._shell.read_text().rpartition("cd ")[2].strip(), self.folder):
            output = output.replace(f"{place}/", "")
        output = output.replace(operating_system_user(), "root")
        self.outputs.append(f"line {step.line}: {step.commands}\n{output}")
        if missing := missing_lines(step.listing, output):
            self.faults.append(
                f"line {step.line}: {step.commands}: not printed: {missing}; printed:\n{output}"
            )

    def _run(self, step: WalkStep) -> str:
        kept = f'code=$?; {{ export -p; echo "cd $(pwd)"; }} > {self._shell}; exit $code'
        done = subprocess.run(
            ["bash", "-c", f"source {self._shell}\n{step.commands}\n{kept}"],
            env=self._environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=STEP_SECONDS,
            check=False,
        )
        output = done.stdout.decode()
        assert done.returncode == step.code, (
            f"line {step.line}: {step.commands}\nexit code {done.returncode}\n{output}"
        )
        return output

    def _start(self, step: WalkStep) -> str:
        log = self.folder / f".background-{len(self._running)}"
        with log.open("wb") as stream:
            self._running.append(
                subprocess.Popen(
                    ["bash", "-c", f"source {self._shell}\nexec {step.commands}"],
                    env=self._environ,
                    stdin=subprocess.DEVNULL,
                    stdout=stream,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
            )
        until = time.monotonic() + 60
        while time.monotonic() < until:
            output = log.read_text().replace(f"{self.folder}/", "").replace(self._port, PAGE_PORT)
            if not missing_lines(step.listing, output):
                break
            time.sleep(0.2)
        return log.read_text()

    def close(self) -> None:
        """End what runs in the background, and a Prefect server that the tutorial keeps."""
        subprocess.run(
            ["bash", "-c", f"source {self._shell}\nphonefleet server stop"],
            env=self._environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
        for process in self._running:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGINT)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait(10)
