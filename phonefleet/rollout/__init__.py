"""Waves, batches and gates. Pure."""
