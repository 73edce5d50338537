"""The core of the meeting: hot spots followed through time, and what is said of each."""
