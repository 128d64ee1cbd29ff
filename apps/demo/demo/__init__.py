"""The demo services: an HTTP API, a job worker and their start-up tasks.

Where everything is comes from environment bindings only (see `demo.settings`).
"""

__version__ = "1.0.0"
