"""The one error that a user can mend."""


class InputError(ValueError):
    """Something in the command, a config, a data set or a checkpoint that the user can mend.

    Its text is one line: what is wrong, both values, what to do. `imgcls.main` prints it and
    exits with code 2; every other exception is a defect of imgcls and keeps its traceback.
    """


class DiskFullError(InputError):
    """No room for a checkpoint: the machine's fault, not that of what was to be trained."""
