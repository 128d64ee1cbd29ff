"""The Pulumi engine for a machine that reaches package registries and nothing else."""
