"""What can be described. Pure values: nothing here imports pulumi."""
