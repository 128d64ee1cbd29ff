"""Machines that reach only package registries: the Pulumi engine, Docker and the images, built from packages."""
