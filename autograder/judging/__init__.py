"""One student: answers asked for, and verdicts on them that are made outside of the process that gave them."""
