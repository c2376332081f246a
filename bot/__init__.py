"""The product: rules, words and the loop. Start reading at `bot.handle`, then `bot.incident.decide`."""
