"""Part 3 of the runbook: the platform's root CA, what servers show, what roots are, and where they are published."""
