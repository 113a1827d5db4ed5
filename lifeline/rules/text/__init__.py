"""Rule files as text: read strictly, so that nothing an author wrote is lost in silence."""
