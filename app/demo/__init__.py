"""The demo programme: an electric car brand, sixty members and months of history, to try and to measure.

Everything is made through the services with a moved clock, so that every number on every page follows
from history. `flask demo load` begins it.
"""
