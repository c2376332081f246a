"""Alembic migrations, numbered; one file a change."""
