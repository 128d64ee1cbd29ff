"""What Strata is made of: the model, the core loop, the tiers and the targets."""
