"""Part 1 of the runbook: address ranges, the network stack, and networks that are there already."""
