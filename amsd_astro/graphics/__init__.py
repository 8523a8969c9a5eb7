"""What every picture and chart is drawn by: limits and stretches of brightness, ticks, numbers as text."""
