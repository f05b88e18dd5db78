"""From a file in the inbox to a claim."""
