"""Many runs of one study, judged on the validation split."""
