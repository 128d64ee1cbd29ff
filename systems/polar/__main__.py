"""The program that pulumi runs: see infra/program.py."""

from infra.program import run

run()
