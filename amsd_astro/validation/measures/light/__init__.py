"""What became of the light of the frame itself: extended light, faint light, and light that nothing was tested on."""
