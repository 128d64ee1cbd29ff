"""Wiring, order and bindings: the same for every target."""
