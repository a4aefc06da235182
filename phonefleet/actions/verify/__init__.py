"""Differential testing: an Action and its translation on the same messages, in isolates with recording stand-ins."""
