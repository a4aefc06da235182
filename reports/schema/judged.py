"""The frames that weigh: what changed, what would break, what is blocked."""

from __future__ import annotations

from phonefleet.model.enums import Change, Reversibility
from reports.columns import COUNT, TEXT, TIME, WORD, WORST_FIRST, Column, FrameSchema
from reports.schema.words import CODES, DIRECTIONS, DOMAIN, NEEDS, OUTCOMES, OWNER, WAVE, words_of

DRIFT = FrameSchema(
    "drift",
    "tenant by field that differs from the last run",
    ("domain", "field"),
    (
        DOMAIN,
        Column("field", TEXT, "A column of the frame of tenants, or `tenant` when it came or went."),
        Column("before", TEXT, "Its value in the last run."),
        Column("after", TEXT, "Its value now."),
        Column(
            "direction", WORD, "Whether that is better, worse, just changed, new or gone.", "", DIRECTIONS
        ),
    ),
)

DEVIATIONS = FrameSchema(
    "deviations",
    "field of a tenant that a run of compliance found changed",
    ("domain", "field"),
    (
        DOMAIN,
        Column("field", TEXT, "What of the tenant's configuration, or its verdict."),
        Column("expected", TEXT, "As phonefleet left it, or as it was last judged."),
        Column("found", TEXT, "As it is now."),
        Column("expected_at", TIME, "When it was left so, or judged so.", "UTC"),
        Column("first_found_at", TIME, "When the first compliance run in a row told the drift.", "UTC"),
        Column("outcome", WORD, "drifted, or unchanged where the drift was accepted.", "", OUTCOMES),
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
        Column("change", WORD, "What would be done to the tenant's provider.", "", words_of(Change)),
        Column("worst", WORD, "The worst that happens.", "", WORST_FIRST),
        Column("breaks", COUNT, "Dependents that break.", "dependents"),
        *(
            Column(severity, COUNT, f"Of those: {severity.replace('_', ' ')}.", "dependents")
            for severity in WORST_FIRST
        ),
        Column("uses", COUNT, "Requests in the logs by those that break.", "requests"),
        Column("last_seen", TIME, "Last of those requests.", "UTC"),
        Column("reversibility", WORD, "Whether the tenant can be taken back.", "", words_of(Reversibility)),
        Column("reversibility_reason", TEXT, "Why, as a sentence."),
        Column("what", TEXT, "What breaks, in words."),
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
        Column("change", WORD, "What would be done to the tenants' providers.", "", words_of(Change)),
        Column("tenants", COUNT, "Tenants in which it breaks.", "tenants"),
        Column("worst", WORD, "The worst that happens.", "", WORST_FIRST),
        Column("uses", COUNT, "Requests in the logs.", "requests"),
        Column("last_seen", TIME, "Last of those requests.", "UTC"),
        Column("client_ids", COUNT, "Different client_ids under that name.", "client_ids"),
        Column("owners", TEXT, "Whom to ask.", "one a line"),
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
        Column("tenants", COUNT, "Tenants it holds.", "tenants"),
        Column("next_step", TEXT, "What to do."),
        Column("example", TEXT, "The reason for the first of those tenants, as a sentence."),
        Column("domains", TEXT, "The tenants.", "one a line"),
    ),
)
