"""Faults, one after another, and what becomes of the system: `make drills`."""
