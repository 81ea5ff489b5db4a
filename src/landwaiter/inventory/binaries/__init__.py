"""What executables say of themselves: Go build information, cargo-auditable's list, names and versions of servers."""
