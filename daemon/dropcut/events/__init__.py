"""The stream of events, and what subscribes to it: the log and systemd."""
