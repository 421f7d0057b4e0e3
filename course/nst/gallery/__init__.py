"""Many pictures: tables over alpha and beta, the style map, figures of quality, the poster."""
