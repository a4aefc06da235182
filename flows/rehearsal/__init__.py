"""Rehearse a migration on a simulated twin of the fleet: no tenant of the fleet is read or written."""
