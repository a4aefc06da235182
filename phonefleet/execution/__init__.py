"""Apply plans to tenants: intents, writes, read-backs, rollback and finalization."""
