"""Learning: the weekly digest and its honest metrics, and the lean coffee. Pure."""
