"""What people act on and quote: the ward shortlist and the Strategic Assessment's tables."""
