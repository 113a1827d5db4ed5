"""The alert contract: what the crisis team receives, how it is built, read and shown.

Knows the core and Kafka's consumer side; never the stream processor.
"""
