"""The distribution and the packages of its package manager."""
