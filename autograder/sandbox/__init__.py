"""Student code, confined: levels of confinement, the kernel, the watch. inside/ is exactly what that code can see."""
