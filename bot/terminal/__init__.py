"""What the `klatsch` command does, a file a subcommand or two."""
