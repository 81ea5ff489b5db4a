"""Tasks on Fargate: what is reported of them, what runs where."""
