"""From a zip of an LMS to the released notebook filled in: unpack, clean copy, cells, merge."""
