"""What vendors keep for us so that they push: asked for, looked after, judged, and taken away."""
