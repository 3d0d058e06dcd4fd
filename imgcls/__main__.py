"""``python -m imgcls``."""

from imgcls.command import shell

shell()
