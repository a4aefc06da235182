"""Carrying a plan out on one tenant: intents, writes, read-backs, rollback, finalize."""
