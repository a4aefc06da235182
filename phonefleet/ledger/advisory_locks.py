"""The numbers of PostgreSQL's advisory locks, chosen so that they are unlikely to be another program's."""

from __future__ import annotations

from typing import Final

MIGRATIONS: Final = 7_004_662_811
"""While the schema is upgraded."""
AUDIT: Final = 7_004_662_812
"""While an entry is added to the end of the audit's chain."""
SWITCH_RIGHTS: Final = 7_004_662_813
"""While rights to switch are given."""
