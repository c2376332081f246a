"""Encrypted rooms: which they are, and what is sealed for them and opened from them.

Only `rooms` is for others. It imports the rest, which needs the extra `klatsch[encryption]`, when encryption is configured.
"""
