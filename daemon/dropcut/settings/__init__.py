"""Settings from the environment and from files, and what is refused at once."""

from dropcut.settings.fields import Settings
from dropcut.settings.loading import load_settings
from dropcut.settings.profiles import in_table, load_profiles
from dropcut.settings.validation import PREFIX

__all__ = ["PREFIX", "Settings", "in_table", "load_profiles", "load_settings"]
