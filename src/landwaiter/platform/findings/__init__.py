"""From inventories to findings, compliance and verdicts; their life and where they run."""
