"""How fast and how light: each number beside the bare part it is measured against, in the same run. `python -m tests.bench`."""
