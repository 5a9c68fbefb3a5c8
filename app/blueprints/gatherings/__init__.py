"""Events: still empty."""
