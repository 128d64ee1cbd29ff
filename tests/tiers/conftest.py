"""What the tests of the tiers share."""

from tests.guards import nothing_unfinished as nothing_unfinished
