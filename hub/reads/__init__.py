"""What is shown of the hub's data, for the API, the commands and the screens alike.

Each module reads one noun of one tenant and returns plain dictionaries of what may be shown.
"""
