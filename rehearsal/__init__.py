"""Emulated AWS: starting it, its known drift, and playing what it lacks. Loaded only by a stack's settings."""
