"""What became of the alerts: by rule and by author, with ids and no words."""
