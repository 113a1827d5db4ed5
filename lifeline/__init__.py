"""Detection of people at risk in customer-service conversations: pure, no I/O beyond rule files.

Nothing in this package imports Kafka, a clock, the environment, a log or a network; time is a
value passed in. The public way in is :class:`lifeline.detector.Detector`.
"""
