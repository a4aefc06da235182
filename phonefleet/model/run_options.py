"""What an operator asks of a run, as the ledger records it."""

from __future__ import annotations

from phonefleet.model.enums import MigrationPhase
from phonefleet.model.fact import Fact
from phonefleet.model.left_state import CodeFormat


class RunOptions(Fact):
    """The options of a run. One type for all verbs; a verb ignores the options that it does not have.

    Attributes:
        wave: only the tenants of this wave; None for all waves.
        tenants: only these domains; empty for all that the verb and `wave` select.
        plan: checksum of the approved fleet plan to apply; None plans and applies in one run.
        plan_file: the file that this plan was read from, as the operator gave it.
        phase: the part of a migration to do; None for the whole.
        force: let `rollout.max_change` be exceeded.
        resend_tests: send test messages again when it is unknown whether they were sent.
        accepted: what the operator accepts by name: dependents that may break, leftovers that may be removed,
            tenants whose drift becomes the recorded state.
        test: send test messages to tenants whose credentials may have been overwritten.
        allow_unreachable: so many tenants, as a count or a percentage of the fleet, may be unreadable without effect
            on the exit code.
        code_format: the tool that tenants are handed over to; None for a verb that hands over none.
        pool: the Prefect work pool whose workers do the work; None for the process of the run.
        out: directory for the code, as the operator gave it.
        reports: directory for the reports, as the operator gave it; None for one below the state directory.
    """

    wave: str | None = None
    tenants: tuple[str, ...] = ()
    plan: str | None = None
    plan_file: str | None = None
    phase: MigrationPhase | None = None
    force: bool = False
    resend_tests: bool = False
    accepted: tuple[str, ...] = ()
    test: bool = False
    allow_unreachable: str = "0"
    code_format: CodeFormat | None = None
    pool: str | None = None
    out: str | None = None
    reports: str | None = None
