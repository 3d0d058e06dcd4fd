"""A page that tells what a run did, in one file that needs no network."""
