"""The points mall: still empty."""
