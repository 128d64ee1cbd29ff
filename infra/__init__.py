"""The program of every project: settings, system, resolve, deploy, export."""
