"""`make bench`: Strata beside docker compose, on systems of 3, 10 and 30 containers.

`make bench-aws`: previews and updates of prod stacks on an emulated AWS.
"""
