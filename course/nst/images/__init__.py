"""From a name, a file or an address to pixels, and back to a file."""
