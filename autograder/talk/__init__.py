"""What a class wrote, as something to talk about: questions on a student's own code, and what answers have in common.

Nothing here is a verdict. No score changes, and no page of this room goes to students.
"""
