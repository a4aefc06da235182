"""What became of messages: evidence, send outcomes, health."""
