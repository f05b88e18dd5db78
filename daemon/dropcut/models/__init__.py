"""From a name to a mask."""
