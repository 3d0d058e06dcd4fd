"""Comparison of runs: experiments, their tables, and their rank among published results."""
