"""Product usage: events as they are sent, and what becomes of them."""
