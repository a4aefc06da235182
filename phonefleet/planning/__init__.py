"""From an assessment to a plan, and its approval. Pure."""
