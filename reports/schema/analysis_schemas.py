"""Schemas of the frames of analyses: what changed, what would break, what is blocked."""

from __future__ import annotations

from phonefleet.model.enums import Change, Reversibility
from reports.columns import COUNT, TEXT, TIME, WORD, WORST_FIRST, Column, FrameSchema
from reports.schema.vocabularies import CODES, DIRECTIONS, DOMAIN, NEEDS, OUTCOMES, OWNER, WAVE, words_of

DRIFT = FrameSchema(
    "drift",
    "tenant by field that differs from the last run",
    ("domain", "field"),
    (
        DOMAIN,
        Column("field", TEXT, "A column of the frame of tenants, or `tenant` when it was added or removed."),
        Column("before", TEXT, "Its value in the last run."),
        Column("after", TEXT, "Its value now."),
        Column("direction", WORD, "Better, worse, changed, new or gone.", "", DIRECTIONS),
    ),
)

DEVIATIONS = FrameSchema(
    "deviations",
    "field of a tenant that a run of compliance found changed",
    ("domain", "field"),
    (
        DOMAIN,
        Column("field", TEXT, "A field of the tenant's configuration, or its verdict."),
        Column("expected", TEXT, "The last recorded state."),
        Column("found", TEXT, "The present state."),
        Column("expected_at", TIME, "When that state was recorded.", "UTC"),
        Column(
            "first_found_at", TIME, "When the first of consecutive compliance runs found the drift.", "UTC"
        ),
        Column("changed_by", TEXT, "Who changed it, by the tenant's logs; empty where they do not show it."),
        Column("changed_at", TIME, "When that was.", "UTC"),
        Column("request", TEXT, "With which request to the Management API."),
        Column("user_agent", TEXT, "The user agent of that request."),
        Column(
            "outcome",
            WORD,
            "drifted; unchanged where it was accepted or a test passed; or the result of a test.",
            "",
            OUTCOMES,
        ),
        OWNER,
        WAVE,
    ),
)

RISK = FrameSchema(
    "risk",
    "tenant by change that would break something, worst first",
    ("domain", "change"),
    (
        Column("rank", COUNT, "1 is the worst."),
        DOMAIN,
        Column("change", WORD, "The change of the tenant's provider.", "", words_of(Change)),
        Column("worst", WORD, "The worst effect.", "", WORST_FIRST),
        Column("breaks", COUNT, "Dependents that break.", "dependents"),
        *(
            Column(severity, COUNT, f"Of those: {severity.replace('_', ' ')}.", "dependents")
            for severity in WORST_FIRST
        ),
        Column("uses", COUNT, "Requests in the logs by those that break.", "requests"),
        Column("last_seen", TIME, "The last of those requests.", "UTC"),
        Column("reversibility", WORD, "Whether the tenant can be rolled back.", "", words_of(Reversibility)),
        Column("reversibility_reason", TEXT, "Why, as a sentence."),
        Column("what", TEXT, "What breaks, as text."),
        OWNER,
        WAVE,
        Column("environment", TEXT, "As the fleet file says."),
    ),
)

CLIENTS = FrameSchema(
    "clients",
    "client name by change that would break it, over all tenants",
    ("client", "change"),
    (
        Column(
            "client",
            TEXT,
            "The client's name, or its client_id where it has none: client_ids differ between tenants, names do not.",
        ),
        Column("change", WORD, "The change of the tenants' providers.", "", words_of(Change)),
        Column("tenants", COUNT, "Tenants in which it breaks.", "tenants"),
        Column("worst", WORD, "The worst effect.", "", WORST_FIRST),
        Column("uses", COUNT, "Requests in the logs.", "requests"),
        Column("last_seen", TIME, "The last of those requests.", "UTC"),
        Column("client_ids", COUNT, "Different client_ids under that name.", "client_ids"),
        Column("owners", TEXT, "The owners of those tenants.", "one a line"),
        Column("domains", TEXT, "The tenants.", "one a line"),
    ),
)

BLOCKED = FrameSchema(
    "blocked",
    "reason by owner that keeps tenants from being settled",
    ("code", "owner"),
    (
        Column("code", WORD, "The reason.", "", CODES),
        Column("need", WORD, "What kind of help it takes.", "", NEEDS),
        OWNER,
        Column("tenants", COUNT, "Tenants that it keeps from being settled.", "tenants"),
        Column("next_step", TEXT, "What to do."),
        Column("example", TEXT, "The reason for the first of those tenants, as a sentence."),
        Column("domains", TEXT, "The tenants.", "one a line"),
    ),
)
