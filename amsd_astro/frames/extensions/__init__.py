"""What is written beside an image."""
