"""What a running speaker tells the outside by itself: its log."""
