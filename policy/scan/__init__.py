"""The outside judge, `make scan`: what a prod stack makes, as a Terraform plan that checkov reads (docs/adr/0008)."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
"""The checkout."""


class ScanError(Exception):
    """The scan itself cannot be trusted, or cannot run; the message says why and what to do."""
