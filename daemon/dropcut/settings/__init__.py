"""Settings from the environment and from files, and how a wrong one is reported."""

from dropcut.settings.fields import Settings
from dropcut.settings.loading import load_settings
from dropcut.settings.messages import PREFIX, explain
from dropcut.settings.profiles import load_profiles

__all__ = ["PREFIX", "Settings", "explain", "load_profiles", "load_settings"]
