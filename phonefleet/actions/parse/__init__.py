"""What an Action's source reads, requires and sends."""
