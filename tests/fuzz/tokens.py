"""Words that the readers know: both engines put inputs together of them."""

from __future__ import annotations

from typing import Final

LIQUID: Final = (
    *(
        "{{",
        "}}",
        "{%",
        "%}",
        " for x in (1..9) ",
        " endfor ",
        "if ",
        " endif ",
        "case ",
        " when ",
        " assign a = ",
    ),
    *(
        "@@password@@",
        "code",
        "tenant.friendly_name",
        "message_type",
        " | ",
        "append: ",
        "truncate: ",
        " contains ",
    ),
)
CODE: Final = (
    *("exports.onExecuteSendPhoneMessage = async (event, api) => {", "}", "require('twilio')", "`${", "'a'+"),
    *(
        "event.",
        "api.",
        "await ",
        "const a = ",
        "=> ",
        "new Function(",
        "process.env",
        "://a:b",
        "?auth_token=",
    ),
)
YAML: Final = (
    *(
        "tenants:",
        "  - ",
        "waves: [",
        "domain: ",
        "target: ",
        "defaults: ",
        "overrides: ",
        "match: ",
        "secrets_file: ",
    ),
    *(
        "env:",
        'cmd:["',
        "file:",
        "\t",
        ": ",
        "# ",
        "!!python/object:",
        "\x00",
        "&anchor ",
        "*anchor",
        "\n",
        "<<: ",
    ),
)
JSON: Final = (
    *(
        '"id"',
        '"name"',
        '"type"',
        '"date"',
        '"options"',
        '"secret"',
        '"details"',
        '"request"',
        '"path"',
        '"code"',
    ),
    *(
        '"configuration"',
        '"content"',
        '"deployed_version"',
        '"2026-01-01T00:00:00Z"',
        "null",
        "1e999",
        "NaN",
        "\\ud800",
    ),
)
TOKENS: Final = (*LIQUID, *CODE, *YAML, *JSON)
