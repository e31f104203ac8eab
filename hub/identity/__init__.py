"""Who is who, for people: what decides, what was decided, and why it is so."""
