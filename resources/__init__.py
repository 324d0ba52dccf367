"""Icons, fonts, themes, translations, templates: data read through importlib.resources."""
