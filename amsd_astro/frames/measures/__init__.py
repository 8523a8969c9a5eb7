"""What is measured on the pixels of a frame, by what their cards and planes tell."""
