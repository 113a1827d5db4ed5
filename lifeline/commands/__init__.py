"""The verbs of the `lifeline` command that need neither Kafka nor a database, one module each."""
