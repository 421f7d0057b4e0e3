"""The named errors of the package. Each message says what was given, what is needed and what to do."""


class NSTError(Exception):
    """Base of every error that this package raises on purpose; its text is fit to be shown to a user as it is."""


class ImageError(NSTError, ValueError):
    """A picture that cannot be used, or an array that is not an image."""


class ImageNotFoundError(ImageError, FileNotFoundError):
    """No picture file at that path."""


class AssetError(ImageNotFoundError):
    """No picture of that name among the assets."""


class SaveError(NSTError, OSError):
    """A file could not be written; the old one, if there was one, is untouched."""


class DownloadError(NSTError, OSError):
    """A download that failed, took too long or was too large."""


class WeightsError(NSTError, ValueError):
    """Network weights that are missing, damaged or of another network."""


class LayerError(NSTError, ValueError):
    """A layer name that VGG19 does not have, or that was not asked for."""


class OptionError(NSTError, ValueError):
    """An argument outside of what a function accepts."""


class KeywordError(OptionError, TypeError):
    """A keyword argument that a function does not have, misspelt perhaps."""


class MissingPackageError(NSTError, ImportError):
    """An optional library is needed here and is not installed."""
