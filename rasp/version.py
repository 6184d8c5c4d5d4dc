"""The version of the package, for `rasp --version`, `rasp.__version__` and the language server; packaging reads it here."""

VERSION = "0.1.0"
