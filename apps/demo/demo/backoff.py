"""Waiting between attempts to reach something that is down."""

import random
from dataclasses import dataclass


@dataclass
class Backoff:
    """Growing pauses: `first` seconds, then twice as long each time up to `most`, with a little jitter.

    The jitter keeps a set of replicas from returning all at once to a database that has just come back.
    """

    first: float = 0.2
    most: float = 5.0
    failures: int = 0

    def next(self) -> float:
        """Seconds to wait before the next attempt."""
        pause = min(self.most, self.first * 2 ** min(self.failures, 16))
        self.failures += 1
        return pause * random.uniform(0.8, 1.2)

    def reset(self) -> None:
        """Forget earlier failures, after a success."""
        self.failures = 0
