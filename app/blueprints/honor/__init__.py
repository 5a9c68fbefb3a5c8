"""The honor wall: still empty."""
