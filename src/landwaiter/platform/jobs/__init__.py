"""Work that is done beside requests, on a queue in the database."""
