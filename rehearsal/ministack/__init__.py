"""MiniStack, and what is played beside it. This package runs inside the emulator's own container and imports nothing
else of the project."""
