"""Inventory times advisories: findings that explain themselves."""
