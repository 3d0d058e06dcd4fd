"""The shipped configs, found by name from any folder."""
