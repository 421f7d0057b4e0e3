"""A class: the command, nbgrader's hooks, local processes, a cluster."""
