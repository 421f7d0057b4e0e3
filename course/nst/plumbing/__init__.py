"""What has nothing to do with pictures: downloads, files, Ctrl-C, memory, threads."""
