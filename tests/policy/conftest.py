"""What the tests of the scan share: no program is left unfinished, and the cache is the test's own where it writes."""

from tests.guards import nothing_unfinished as nothing_unfinished
