"""The streaming side: the Faust app, the detect service, topics, settings and commands."""
