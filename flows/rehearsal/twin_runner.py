"""Start the process that migrates the twins, and start it again where a rehearsed fault kills it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from flows.local_server import public_environment
from flows.prefect_settings import default_settings
from flows.rehearsal.twin_request import TwinAnswer, TwinRequest
from flows.rehearsal.twin_world import TwinWorld
from phonefleet.errors import PhonefleetError

_LOG = "twins.log"
_SHOWN = 2000


class RehearsalFailed(PhonefleetError):
    """The rehearsal itself could not be carried out: it predicts nothing."""


class TwinRunner:
    """Runs stages over the twins.

    Args:
        twins: the served twins.
        folder: the folder of the rehearsal, for what the processes print.
        api: the address of Prefect's API, on this machine.

    Attributes:
        killed: how often a process was killed by a rehearsed fault.
    """

    def __init__(self, twins: TwinWorld, folder: Path, api: str) -> None:
        self._twins, self._folder, self._api = twins, folder, api
        self._process: subprocess.Popen[str] | None = None
        self.killed = 0
        twins.watch.kill = self._kill

    def run(self, request: TwinRequest) -> TwinAnswer:
        """Run one stage to its end.

        Raises:
            RehearsalFailed: the process ended without an answer, or tried to reach another machine.
        """
        while True:
            killed = self.killed
            code, printed = self._start(request)
            if self.killed == killed:
                return self._answer(code, printed)
            request = request.model_copy(update={"ahead": self._twins.watch.passed})

    def _start(self, request: TwinRequest) -> tuple[int, str]:
        with (self._folder / _LOG).open("a", encoding="utf-8") as log:
            self._process = subprocess.Popen(  # noqa: S603
                [sys.executable, "-P", "-m", "flows.rehearsal.twin_process", request.model_dump_json()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                cwd=self._folder,
                env=self.environment(),
            )
        try:
            printed, _ = self._process.communicate()
        except BaseException:
            self._process.kill()
            self._process.wait()
            raise
        return self._process.returncode, printed

    def environment(self) -> Mapping[str, str]:
        """Return what Python and Prefect need: none of the operator's secrets is among it."""
        own = default_settings(self._twins.fleet.state_dir, {})
        path = {"PYTHONPATH": os.pathsep.join(each for each in sys.path if each)}
        return public_environment(os.environ) | own | path | {"PREFECT_API_URL": self._api}

    def _kill(self) -> None:
        process = self._process
        if process is not None and process.poll() is None:
            self.killed += 1
            process.send_signal(signal.SIGKILL)

    def _answer(self, code: int, printed: str) -> TwinAnswer:
        lines = printed.splitlines()
        if code != 0 or not lines:
            words = (self._folder / _LOG).read_text(encoding="utf-8", errors="replace").strip()[-_SHOWN:]
            raise RehearsalFailed(
                f"the rehearsal ended early (exit code {code}), and no plan was marked: see {self._folder / _LOG} "
                f"({words})"
            )
        answer = TwinAnswer.model_validate_json(lines[-1])
        if answer.refused_hosts:
            raise RehearsalFailed(
                f"the rehearsal tried to reach {', '.join(sorted(set(answer.refused_hosts)))}, which was refused, and "
                "no plan was marked: report this as a defect of phonefleet"
            )
        return answer
