"""Reading, translating and verifying the code that sends a tenant's phone messages."""
