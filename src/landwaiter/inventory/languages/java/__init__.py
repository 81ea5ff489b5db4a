"""Java archives: which Maven artifacts are in them."""
