"""Alembic's scripts: `env.py`, and a version for each change of the tables."""
