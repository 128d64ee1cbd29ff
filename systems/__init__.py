"""The systems: one folder each, described in its system.py."""
