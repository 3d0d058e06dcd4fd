"""Studies: many runs, compared on the validation split."""
