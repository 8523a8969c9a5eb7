"""What runs a network: TensorFlow, or LiteRT, which starts in tenths of a second."""
