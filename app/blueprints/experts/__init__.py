"""Answer days and private questions: still empty."""
