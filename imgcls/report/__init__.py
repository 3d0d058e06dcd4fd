"""The report page of a run, in one file that needs no internet connection."""
