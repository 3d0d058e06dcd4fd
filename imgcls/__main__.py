"""``python -m imgcls``."""

from imgcls.cli.main import shell

shell()
