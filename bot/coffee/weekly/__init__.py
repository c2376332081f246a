"""The weekly digest: a week as it stands, a file for what each block tells of it, honest metrics, and all of it in words. Pure."""
