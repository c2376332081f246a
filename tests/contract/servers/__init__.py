"""Providers as local servers: strict about their documented contract, and they fail when a test orders it."""
