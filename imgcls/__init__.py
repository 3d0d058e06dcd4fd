"""imgcls trains image classifiers from one YAML and shows what they learned."""

from importlib.metadata import version

from imgcls.command import main

__all__ = ["main"]
__version__ = version("imgcls")
