"""The outside: one file a provider, each behind a port of `bot.ports`."""
