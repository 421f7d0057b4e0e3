"""What leaves: feedback, report, scores, late days, reflections to be read."""
