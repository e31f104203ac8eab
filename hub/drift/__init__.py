"""Schema drift: a vendor's fields come, go and change, and people are told what that means here."""
