"""Who may do what, from where."""
