"""imgcls trains image classifiers from one YAML and shows what they learned."""

from importlib.metadata import version

from imgcls.cli.main import main

__all__ = ["main"]
__version__ = version("imgcls")
