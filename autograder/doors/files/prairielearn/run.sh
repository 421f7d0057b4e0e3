#!/usr/bin/env bash
# PrairieLearn runs this for every submission: as root, without a network. It stops after 600 s, we before that.
export PYTHONPATH=/grade/tests/source:/grade/tests/source/course PYTHONDONTWRITEBYTECODE=1
exec /opt/grader/bin/python -m autograder grade-one /grade/student --format prairielearn --total-seconds 540
