"""The frames about Actions that are carried over: per tenant, per different Action, and what is in each of these."""

from __future__ import annotations

from phonefleet.model.enums import Route
from reports.columns import COUNT, MAYBE, TEXT, WORD, Column, FrameSchema
from reports.schema.words import DOMAIN, OWNER, VERIFICATION_RESULTS, words_of

_TRANSLATION = Column(
    "translation",
    TEXT,
    "Names what was carried over and how: equal Actions of different tenants share it.",
    "first 16 digits of a SHA-256, hexadecimal",
)

ACTIONS = FrameSchema(
    "actions",
    "tenant whose custom provider is made from an Action or a gateway",
    ("domain",),
    (
        DOMAIN,
        Column("name", TEXT, "The Action's name at the tenant, or the gateway's connection."),
        Column("translation", TEXT, "Its row in translations; empty where no account of it was made."),
        Column("route", WORD, "How messages go out after the migration.", "", words_of(Route)),
        Column("result", WORD, "What the verification says.", "", VERIFICATION_RESULTS),
        Column("strategy", TEXT, "adapter, rewrite, gateway or merged."),
        Column("events", COUNT, "Events on which original and translation were run side by side.", "events"),
        Column("reasons", TEXT, "Why it is not verified.", "one a line"),
        Column("flags", TEXT, "What a person should look at.", "one a line"),
        OWNER,
        Column("plan_checksum", TEXT, "The plan that creates it; empty without one.", "SHA-256, hexadecimal"),
    ),
)

TRANSLATIONS = FrameSchema(
    "translations",
    "Action or gateway that is carried over, equal ones of all tenants together",
    ("translation",),
    (
        _TRANSLATION,
        Column("names", TEXT, "What tenants call it.", "one a line"),
        Column("tenants", COUNT, "Tenants that have it.", "tenants"),
        Column("owners", TEXT, "Whom to ask.", "one a line"),
        Column("result", WORD, "What the verification says.", "", VERIFICATION_RESULTS),
        Column("strategy", TEXT, "adapter, rewrite, gateway or merged."),
        Column("events", COUNT, "Events on which original and translation were run side by side.", "events"),
        Column("reasons", TEXT, "Why the result is what it is.", "one a line"),
        Column("decisions", TEXT, "What a person must still decide.", "one a line"),
        Column("to_look_at", COUNT, "Places that a person should look at; see flags.", "flags"),
        Column("secrets", TEXT, "Names of the secrets that the operator must supply.", "one a line"),
        Column("dependencies", TEXT, "Packages carried over, name@version.", "one a line"),
        Column("runtime_before", TEXT, "The original's runtime; empty where it was no Action."),
        Column("runtime", TEXT, "The new Action's runtime; empty where there is none."),
        Column(
            "masked_lines", TEXT, "Lines of the original with a masked secret.", "numbers with spaces between"
        ),
        Column("original", TEXT, "The original's source, a gateway's settings as JSON; secrets masked."),
        Column("translated", TEXT, "The new source, secrets masked; empty where it was refused."),
        Column("difference", TEXT, "What differs on the smallest differing event; empty where nothing does."),
        Column("answer", TEXT, "What the outside answered in that event, for example ok, 429 or never."),
        Column("legacy_event", TEXT, "That event as the original gets it.", "JSON"),
        Column("new_event", TEXT, "That event as the translation gets it.", "JSON"),
        Column("original_did", TEXT, "What the original did on it.", "one a line"),
        Column("translated_did", TEXT, "What the translation did on it.", "one a line"),
    ),
)

MAPPINGS = FrameSchema(
    "mappings",
    "access of the original, in the order of first use",
    ("translation", "mapping_no"),
    (
        _TRANSLATION,
        Column("mapping_no", COUNT, "Place among the accesses, from 0."),
        Column("line", MAYBE, "Line of first use in the original, from 1; missing where it is no code."),
        Column("legacy", TEXT, "What the original reads or calls."),
        Column("new", TEXT, "What takes its place."),
        Column("note", TEXT, "What to know about it."),
    ),
)

FLAGS = FrameSchema(
    "flags",
    "place in an Action that a person should look at",
    ("translation", "flag_no"),
    (
        _TRANSLATION,
        Column("flag_no", COUNT, "Place among the flags, from 0."),
        Column("line", MAYBE, "Line of the original, from 1; missing for the whole Action."),
        Column("code", TEXT, "Kind of flag."),
        Column("message", TEXT, "What to look at, as a sentence."),
    ),
)
