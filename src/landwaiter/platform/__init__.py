"""The server: what runs where, what is in it, what is wrong with it."""
