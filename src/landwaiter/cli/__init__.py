"""The command line: click groups, thin over the rooms that do the work."""
