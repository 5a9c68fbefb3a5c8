"""One folder a feature. Imports go downwards only; the layers are in pyproject.toml."""
