"""What the tests of the program share."""

from tests.guards import nothing_unfinished as nothing_unfinished
