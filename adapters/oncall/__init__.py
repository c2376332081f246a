"""Calendars that say who is on call, a file each."""
