"""Settings from the environment and from files, and what is refused at once."""

from dropcut.settings.fields import Settings
from dropcut.settings.loading import load_settings
from dropcut.settings.profiles import load_profiles, with_table_name
from dropcut.settings.validation import PREFIX

__all__ = ["PREFIX", "Settings", "load_profiles", "load_settings", "with_table_name"]
