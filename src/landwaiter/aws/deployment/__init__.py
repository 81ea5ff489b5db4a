"""The whole runbook as named steps: settings, stacks, access to the platform, and what it costs."""
