"""`regulars bench monitoring`: false alarms of invented years without a change, and how soon planted changes show."""
