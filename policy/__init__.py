"""Judges of what a stack makes, none of which is part of the program that makes it."""
