"""Many runs beside one another: experiments, their tables, their rank among published results."""
