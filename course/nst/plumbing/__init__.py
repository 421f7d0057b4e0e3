"""What has nothing to do with pictures: downloads, files, Ctrl-C, keyword arguments, memory, threads."""
