"""Take the facts about both events from Auth0's documentation: `python tests/actions/auth0_events.py GIT_DIRECTORY`.

The directory holds a clone of Auth0's documentation (github.com/auth0/docs-v2, bare or not). The facts go to
`auth0_events.json` beside this file: of each event reference every field with its type and whether it is optional, and
of the migration page every row of its field tables.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

FACTS = Path(__file__).with_suffix(".json")
REFERENCE = "main/docs/actions/reference/{0}/{0}-event-object.mdx"
TRIGGERS = ("send-phone-message", "custom-phone-provider")
MIGRATION_PAGE = (
    "main/docs/customize/phone-messages/unified-phone/"
    "use-auth0s-unified-phone-experience-for-multi-factor-authentication.mdx"
)
FIELD = re.compile(r'<ResponseField name="([^"]+)" type="([^"]+)"([^>]*)>|(</ResponseField>)')


def fields(page):
    """Every field of an event reference by its dotted path."""
    found, open_fields = {}, []
    for name, kind, rest, closed in FIELD.findall(page):
        if closed:
            open_fields.pop()
            continue
        path = name.removeprefix("event.") if not open_fields else f"{open_fields[-1]}.{name}"
        found[path] = {"type": kind, "optional": "optional" in rest}
        if not rest.rstrip().endswith("/"):
            open_fields.append(path)
    return found


def migration_rows(page):
    """The rows of the page's field tables: legacy field, new field, status."""
    tables = page[page.index('<Accordion title="Core payload">') : page.index("</AccordionGroup>")]
    rows = []
    for section in tables.split('<Accordion title="')[1:]:
        title = section[: section.index('"')]
        for line in section.splitlines():
            cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
            if (
                line.startswith("|")
                and len(cells) == 3
                and cells[2] in ("Updated", "Unchanged", "New", "Removed")
            ):
                plain = [re.sub(r"<ul>.*</ul>|`", "", cell).strip() for cell in cells]
                rows.append([title, *plain])
    return rows


def main(directory):
    def git(*arguments):
        command = ["git", "-C", directory, *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    facts = {
        "commit": git("rev-parse", "HEAD").strip(),
        "date": git("log", "-1", "--format=%cs").strip(),
        "references": {
            trigger: fields(git("show", f"HEAD:{REFERENCE.format(trigger)}")) for trigger in TRIGGERS
        },
        "migration_page": migration_rows(git("show", f"HEAD:{MIGRATION_PAGE}")),
    }
    FACTS.write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
