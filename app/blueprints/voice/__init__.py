"""Suggestions and surveys: still empty."""
