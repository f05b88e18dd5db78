"""The models: finds, downloads, checks, loads and runs them."""
