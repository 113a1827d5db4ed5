"""The changes of the tables, each from the one before. What was released is never edited."""
