"""`make bench`: Strata beside docker compose, in one run, on systems of 3, 10 and 30 containers."""
