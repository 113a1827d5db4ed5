"""The case store: what triage knows, in SQLite or PostgreSQL. It holds what customers said."""
