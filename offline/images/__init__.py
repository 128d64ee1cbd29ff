"""Docker Engine and container images: pulled where a registry answers, otherwise built from packages."""
