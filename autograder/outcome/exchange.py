"""Feedback back through nbgrader's exchange: `nbgrader release_feedback` comes here (see nbgrader_config.py)."""

import glob
from pathlib import Path

from nbgrader.exchange.default import ExchangeReleaseFeedback

from autograder.intake.clean_copy import SECRET, TIMESTAMP


class ReleaseFeedback(ExchangeReleaseFeedback):
    """nbgrader's, which stops at the first student whose work did not come through the exchange: here it is named."""

    def copy_files(self) -> None:
        for folder in map(Path, sorted(glob.glob(self.src_path))):
            if all((folder / name).is_file() for name in (TIMESTAMP, SECRET)):
                self.src_path = glob.escape(str(folder))
                super().copy_files()
            else:
                student = folder.parent.name
                self.log.warning(
                    "No feedback released to %s: what is graded did not come through the exchange, or was graded before "
                    "its secret was kept. Grade it again (python -m autograder grade --student %s --force) and generate "
                    "feedback again, or send it: python -m autograder feedback-zips --student %s",
                    *[student] * 3,
                )
