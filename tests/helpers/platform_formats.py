"""What result files must look like: schemas written from the platforms' documentation, and what they cannot say."""

import json
from pathlib import Path

import jsonschema

SCHEMAS = Path(__file__).parents[1] / "autograder" / "doors" / "schemas"


def check(platform, result):
    """Raise if this result is none that the platform reads."""
    jsonschema.validate(result, json.loads((SCHEMAS / f"{platform}.json").read_text()))
    if platform == "prairielearn" and result["gradable"]:
        total, most = (sum(test[key] for test in result["tests"]) for key in ("points", "max_points"))
        assert abs(result["score"] - total / most) < 1e-6, "the score is the one that the tests add up to"
    if platform == "classroom50":
        for key in ("score", "max-score"):
            assert result[key] == sum(test[key] for test in result["tests"])
    if platform == "github":
        assert sum(test["score"] for test in result["tests"]) <= result["max_score"]
