"""From a snapshot to a verdict, with reasons and evidence. Pure."""
