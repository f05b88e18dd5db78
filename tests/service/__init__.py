"""The real command as a black box: dropped files, killed processes, full disks."""
