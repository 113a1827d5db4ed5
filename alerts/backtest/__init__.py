"""What a change of rules would have done to recorded conversations, and the report of it."""
