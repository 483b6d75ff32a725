"""Security: what the release may do, what it is kept from, and what is true inside its containers."""
