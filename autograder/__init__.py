"""The trusted side of the course module: references, known mistakes, sandboxed grading."""
