"""The weekly digest and the lean coffee as they come round: what the configuration says of them, when they are due, and what is made then."""
