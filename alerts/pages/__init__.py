"""What the HTML pages of all reports share: their style, their charts, and how they are made."""
