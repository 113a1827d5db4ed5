"""Triage: from all that is known of a customer to the picture of each of their cases. Pure."""
