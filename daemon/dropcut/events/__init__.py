"""What is told to whom: log, service manager, main loop."""
