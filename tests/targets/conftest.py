"""What the tests of every target share."""

from tests.guards import nothing_unfinished as nothing_unfinished
