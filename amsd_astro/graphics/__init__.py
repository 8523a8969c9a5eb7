"""What every picture and chart is drawn by: limits and stretches of brightness, ticks, numbers, colours.

Two rooms draw, each for a reason. `plotting` makes figures for papers and notebooks: what Matplotlib is for, with its
axes of world coordinates and its file formats. A report of `validation` is one page of HTML that loads nothing, is read
on any screen, in light and dark, by keyboard and by screen readers: its charts are SVG whose text is text, and cost
neither Matplotlib's import nor its megabytes. What a value becomes on either, this room tells both.
"""
