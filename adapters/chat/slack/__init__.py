"""Slack: rooms are channels, lines are slash commands or typed words, messages are blocks."""
