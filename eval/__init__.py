"""How good the answers are: a golden set of questions, measures with intervals, and comparisons of runs."""
