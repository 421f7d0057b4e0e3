"""The live explorer: alpha and beta turn while the picture is being painted."""
