"""Feedback back through nbgrader's exchange: `nbgrader release_feedback` comes here (see nbgrader_config.py)."""

import glob
from pathlib import Path

from nbgrader.exchange.default import ExchangeReleaseFeedback

from autograder.intake.clean_copy import SECRET, TIMESTAMP


class ReleaseFeedback(ExchangeReleaseFeedback):
    """nbgrader's, which stops at the first student whose work did not come through the exchange: here it is named."""

    src_path: str  # pattern of the folders with feedback

    def copy_files(self) -> None:
        for folder in map(Path, sorted(glob.glob(self.src_path))):
            if all((folder / name).is_file() for name in (TIMESTAMP, SECRET)):
                self.src_path = glob.escape(str(folder))
                super().copy_files()
            else:
                student = folder.parent.name
                self.log.warning(
                    "No feedback released to %s: no secret came with what is graded, or it was graded before secrets "
                    "were kept. Send it: python -m autograder feedback-zips --student %s. Or grade again (--force), "
                    "generate and release feedback.",
                    student,
                    student,
                )
