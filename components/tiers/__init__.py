"""The tiers: ComponentResources that are the same for every target."""
