"""Define the tables of the page. The files in data/ have all columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from reports import schema


@dataclass(frozen=True, slots=True)
class View:
    """One table of the page.

    Attributes:
        frame: the frame it shows.
        title: its heading.
        about: a sentence under it.
        columns: columns in order, with their headings.
        filters: columns with a list of values to choose from.
        empty: text shown without rows.
        searched: further columns that the search covers, though they are not shown.
        short: its heading in the navigation, where the full one is long.
    """

    frame: str
    title: str
    about: str
    columns: tuple[tuple[str, str], ...]
    filters: tuple[str, ...]
    empty: str
    searched: tuple[str, ...] = ()
    short: str = ""


VIEWS: tuple[View, ...] = (
    View(
        "tenants",
        "Tenants",
        "Choose a tenant to see its reasons with evidence, its steps, its messages and what depends on it.",
        (
            ("domain", "Tenant"),
            ("status", "Status"),
            ("wave", "Wave"),
            ("verdict", "As read"),
            ("route", "Sends through"),
            ("outcome", "In this run"),
            ("outcome_reason", "Why"),
            ("reversibility", "Rollback"),
            ("worst_on_rollback", "Rollback would"),
            ("owner", "Owner"),
            ("message", "First reason"),
        ),
        ("status", "wave", "verdict", "outcome", "environment", "owner"),
        "The fleet has no tenants.",
        ("reasons", "outcome_message", "environment", "region", "tier", "labels"),
    ),
    View(
        "blocked",
        "Blocked, by reason and owner",
        "Tenants that are not done, under each of their reasons.",
        (
            ("code", "Reason"),
            ("need", "Needs"),
            ("owner", "Owner"),
            ("tenants", "Tenants"),
            ("next_step", "Next step"),
            ("example", "For example"),
        ),
        ("need", "owner"),
        "Nothing is blocked.",
        short="Blocked",
    ),
    View(
        "risk",
        "Break risk",
        "What each change would break in each tenant, the worst first, and the owner to ask.",
        (
            ("rank", "Rank"),
            ("domain", "Tenant"),
            ("change", "Change"),
            ("worst", "Worst"),
            ("breaks", "Breaks"),
            ("uses", "Requests seen"),
            ("last_seen", "Last seen"),
            ("reversibility", "Reversibility"),
            ("owner", "Ask"),
            ("what", "What breaks"),
        ),
        ("change", "worst", "reversibility", "owner"),
        "No known dependent would break. Who depends on tenants with parts that were not read is not known.",
    ),
    View(
        "clients",
        "Clients that would break",
        "Clients by name over all tenants: client_ids differ between tenants, names mostly do not.",
        (
            ("client", "Client"),
            ("change", "Change"),
            ("tenants", "Tenants"),
            ("worst", "Worst"),
            ("uses", "Requests seen"),
            ("last_seen", "Last seen"),
            ("owners", "Ask"),
        ),
        ("change",),
        "No client is known to call phone endpoints. Clients of tenants with parts that were not read are not known.",
        short="Clients",
    ),
    View(
        "translations",
        "Actions",
        "Each different Action or gateway that is translated. Choose one to see both sources side by side, its "
        "verification and open decisions.",
        (
            ("names", "Action"),
            ("result", "Verification"),
            ("strategy", "Strategy"),
            ("events", "Events"),
            ("tenants", "Tenants"),
            ("to_look_at", "To review"),
            ("decisions", "To decide"),
            ("reasons", "Why"),
            ("owners", "Ask"),
        ),
        ("result", "strategy"),
        "No Action is translated.",
        ("translation", "secrets", "dependencies"),
    ),
    View(
        "actions",
        "Actions by tenant",
        "The Action or gateway of each tenant, and the result of its verification.",
        (
            ("domain", "Tenant"),
            ("name", "Action"),
            ("result", "Verification"),
            ("strategy", "Strategy"),
            ("events", "Events"),
            ("reasons", "Why not verified"),
            ("flags", "To review"),
            ("owner", "Owner"),
        ),
        ("result", "strategy"),
        "No tenant sends through its own Action.",
        ("translation",),
    ),
    View(
        "custom_actions",
        "Actions that tenants have",
        "The Action on custom-phone-provider that a tenant has: it can have one. Each is run on the kinds "
        "of message that its users need. Choose a tenant to read its code.",
        (
            ("domain", "Tenant"),
            ("name", "Action"),
            ("stage", "Stage"),
            ("origin", "Origin"),
            ("decision", "target.action"),
            ("result", "Runs show"),
            ("needs", "By kind of message"),
            ("secrets", "Secrets"),
            ("dependencies", "Packages"),
            ("owner", "Owner"),
        ),
        ("stage", "origin", "result"),
        "No tenant has an Action on custom-phone-provider.",
        ("action_id",),
        short="Own Actions",
    ),
    View(
        "deviations",
        "Drift",
        "Fields that differ from the last recorded state.",
        (
            ("domain", "Tenant"),
            ("field", "What"),
            ("expected", "Expected"),
            ("found", "Found"),
            ("expected_at", "Expected since"),
            ("first_found_at", "First found"),
            ("changed_by", "Changed by"),
            ("changed_at", "Changed at"),
            ("request", "Request"),
            ("outcome", "Outcome"),
            ("owner", "Owner"),
        ),
        ("field", "outcome", "owner"),
        "Nothing drifted, or this is not a compliance run.",
        ("wave",),
    ),
    View(
        "drift",
        "Changed since the last run",
        "Every difference from the last run, by tenant.",
        (
            ("domain", "Tenant"),
            ("field", "What"),
            ("before", "Before"),
            ("after", "Now"),
            ("direction", "Direction"),
        ),
        ("field", "direction"),
        "Nothing changed, or there is no earlier run.",
        short="Changes",
    ),
    View(
        "waves",
        "Batches",
        "Each batch of each wave, counted in tenants; tenants that need no change are in no batch.",
        (
            ("wave", "Wave"),
            ("batch", "Batch"),
            ("status", "Status"),
            ("planned", "Planned"),
            ("tenants", "Tenants"),
            ("migrated", "Migrated"),
            ("prepared", "Prepared"),
            ("unchanged", "Unchanged"),
            ("skipped", "Skipped"),
            ("failed", "Failed"),
            ("rolled_back", "Rolled back"),
            ("inconclusive", "Not confirmed"),
            ("held", "Not started"),
            ("verdict", "Result"),
            ("reason", "Why"),
            ("duration_s", "Seconds"),
        ),
        ("wave", "status"),
        "No tenant belongs to a wave.",
    ),
    View(
        "forecasts",
        "Forecast",
        "What was foreseen of each wave before anything was changed, and how it went.",
        (
            ("wave", "Wave"),
            ("tenants", "Tenants"),
            ("requests", "Requests"),
            ("messages", "Test messages"),
            ("one_way", "Cannot be taken back"),
            ("no_opening", "Without an opening"),
            ("active_planned_s", "Planned seconds"),
            ("active_revised_s", "Revised seconds"),
            ("active_actual_s", "Actual seconds"),
            ("pace", "Assumed or measured"),
            ("soak_s", "Soak seconds"),
            ("earliest_end", "Earliest end"),
            ("latest_end", "Latest end"),
            ("ended_at", "Ended"),
        ),
        ("wave",),
        "This run foresaw nothing: only plan and migrate do.",
        short="Forecast",
    ),
    View(
        "decisions",
        "Decisions of the rollout",
        "What the run decided about its batches: waits for windows, postponed tenants, pauses.",
        (
            ("at", "At"),
            ("wave", "Wave"),
            ("batch", "Batch"),
            ("kind", "What"),
            ("message", "Decision"),
        ),
        ("wave", "kind"),
        "Nothing was decided about a batch.",
        short="Rollout",
    ),
    View(
        "trend",
        "Runs",
        "This run and those before it, oldest first.",
        (
            ("run_id", "Run"),
            ("verb", "Verb"),
            ("started_at", "Started"),
            ("status", "Status"),
            ("tenants", "Tenants"),
            ("verdict_eligible", "Eligible"),
            ("verdict_already_migrated", "Already migrated"),
            ("verdict_blocked", "Blocked"),
            ("verdict_broken", "Broken"),
            ("outcome_migrated", "Migrated"),
            ("outcome_failed", "Failed"),
        ),
        ("verb",),
        "There is no earlier run.",
    ),
)


def as_json() -> dict[str, Any]:
    """Return the views in the form that the script of the page reads."""
    for view in VIEWS:
        unknown = {name for name, _ in view.columns} | {*view.filters, *view.searched}
        unknown -= set(schema.BY_NAME[view.frame].names)
        if unknown:
            raise ValueError(
                f"view {view.frame} names columns that its frame does not have: {sorted(unknown)}"
            )
    return {
        view.frame: {
            "columns": [list(pair) for pair in view.columns],
            "filters": list(view.filters),
            "searched": list(view.searched),
            "empty": view.empty,
        }
        for view in VIEWS
    }
