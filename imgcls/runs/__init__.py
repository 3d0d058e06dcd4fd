"""A run is a folder: what is written into it, how it is found again and read back."""
