"""The codec against mutated pictures of every format."""
