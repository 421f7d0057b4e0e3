"""How far a painting is, and how long it will still take: one bar, in a terminal or under a notebook's cell."""

from nst.engine import Record

FORMAT = "{percentage:3.0f}% |{bar}| {n_fmt}/{total_fmt} steps{postfix}"


def progress() -> "Progress":
    """A callback for `nst.stylize`: a progress bar with the size that is being painted, the loss and the time left."""
    return Progress()


class Progress:
    """What `progress` returns. The time left is reckoned from the pixels: steps at the larger sizes take longer."""

    def __init__(self) -> None:
        self._bar = None

    def __call__(self, record: Record) -> None:
        from tqdm.auto import tqdm

        bar = self._bar
        if bar is None or record.step == 1:  # not before the first step: an error before it is one line
            bar = self._bar = tqdm(total=record.planned, bar_format=FORMAT)
        height, width = record.x.shape[:2]
        left = record.seconds * (1 - record.done) / record.done
        said = f"{width} x {height}, loss {record.best_loss:.4g}, {left:.0f} s left"
        bar.set_postfix_str(said, refresh=False)
        bar.update()
        if record.step == record.planned:
            self.close()

    def close(self) -> None:
        """End the bar where it stands; after the last step that is done already."""
        if self._bar is not None:
            self._bar.refresh()
            self._bar.close()
