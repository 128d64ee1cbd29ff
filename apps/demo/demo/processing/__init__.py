"""The work itself, free of queues and databases: bytes in, a result out."""
