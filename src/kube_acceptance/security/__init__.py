"""Security that is proved: what service accounts may do, and who holds their tokens."""
