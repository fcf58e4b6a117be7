"""The face: commands, HTTP, and the composition root. The only place that knows all the parts."""
