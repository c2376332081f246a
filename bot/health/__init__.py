"""Whether the bot is well: what it tells machines, and whether its parts move."""
