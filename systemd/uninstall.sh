#!/bin/sh
# Removes what install.sh installed. Pictures stay, and so do settings that somebody has edited.
#   sudo make uninstall [PREFIX=/opt/dropcut]
# shellcheck disable=SC1091,SC2154  # paths.sh sets them
set -eu
. "$(dirname "$(realpath "$0")")/paths.sh"
left=
keep() { left="$left
  $*"; }

# --- The service first, so that nothing is removed while a picture is in progress.
if booted; then
  systemctl stop 'dropcut.service' 'dropcut@*.service' 2>/dev/null || : # fails if none is loaded; the loop checks
  for unit in $(systemctl list-units --plain --no-legend --state=active,activating,deactivating 'dropcut.service' 'dropcut@*.service' | cut -d ' ' -f 1); do
    die "$unit does not stop; nothing was removed"
  done
fi
for wants in /etc/systemd/system/*.wants/dropcut.service /etc/systemd/system/*.wants/dropcut@*.service; do
  if [ -L "$wants" ]; then systemctl disable --quiet "${wants##*/}"; fi
done
rm -f "$units/dropcut.service" "$units/dropcut@.service" "$sysusers" "$tmpfiles"
for folder in "$units" "${units%/*}" "${sysusers%/*}" "${tmpfiles%/*}"; do
  rmdir "$folder" 2>/dev/null || : # it holds other files
done
if booted; then
  systemctl daemon-reload
  systemctl reset-failed 'dropcut.service' 'dropcut@*.service' 2>/dev/null || : # fails if none has failed
fi
for dropin in /etc/systemd/system/dropcut.service.d /etc/systemd/system/dropcut@*.service.d; do
  if [ -d "$dropin" ]; then keep "$dropin: created by an administrator"; fi
done

# --- Settings: only files that nobody has edited.
for file in dropcut.env profiles.toml; do
  if cmp -s "$settings/$file" "${receipt%/*}/$file"; then rm "$settings/$file"; fi
done
if [ -d "$settings" ]; then rmdir "$settings" 2>/dev/null || keep "$settings: edited settings"; fi

# --- The program and its downloaded models.
if [ "$(readlink "$link" || :)" = "$prefix/bin/dropcut" ]; then rm "$link"; fi
if [ -e "$receipt" ]; then
  rm -rf "$prefix"
elif [ -d "$prefix" ]; then
  keep "$prefix: not created by this installer"
fi
rm -rf "$cache"

# --- Pictures: empty folders are removed; a single file keeps them all.
if [ -d "$pictures" ]; then
  if [ -n "$(find "$pictures" ! -type d -print -quit)" ]; then
    keep "$pictures: pictures"
  else
    find "$pictures" -depth -type d -exec rmdir {} + 2>/dev/null || keep "$pictures: in use, perhaps a mounted share"
  fi
fi

# --- The user: its number may be given to somebody else, who would then own every file that is left. Edited settings may
# name folders on a share, which is too large to search; so the user is removed only if none of its files is left.
if getent passwd dropcut >/dev/null; then
  if [ -d "$pictures" ] || [ -d "$settings" ] || [ -n "$(find / -xdev -user dropcut -print -quit)" ]; then
    keep "user and group dropcut: files may still belong to them; to remove them later: userdel dropcut"
  else
    find /dev/shm -maxdepth 1 -user dropcut -name 'dropcut-*.lock' -delete # empty files, one for each inbox served
    userdel dropcut
    if getent group dropcut >/dev/null; then groupdel dropcut; fi
  fi
fi

say "Dropcut is removed.${left:+ Left where it was:$left}"
