"""`landwaiter aws …`: the runbook on the command line, one module a part."""
