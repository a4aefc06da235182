"""JavaScript fragments that make V8 look like Node to an Action, joined by ``worker.py``; no Python here."""
