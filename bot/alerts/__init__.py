"""What alerts are, where they belong, and when many are one. Pure."""
