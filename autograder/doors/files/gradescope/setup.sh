#!/usr/bin/env bash
# Gradescope runs this once, when it builds the autograder's image: as root, with a network.
set -euo pipefail
bash /autograder/source/environment.sh /opt/grader
/opt/grader/bin/python -m compileall -q /autograder/source/autograder /autograder/source/course/nst
