#!/bin/sh
# Removes what install.sh installed, and nothing else. Pictures stay, and so do settings that somebody has edited.
#   sudo make uninstall [PREFIX=/opt/dropcut]
# shellcheck disable=SC1091,SC2154  # paths.sh sets them
set -eu
. "$(dirname "$(realpath "$0")")/paths.sh"
left=
keep() { left="$left
  $*"; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# Removes what was installed into the prefix, and what Python has compiled of it since.
remove_program() {
  if [ ! -e "$receipt" ]; then
    [ ! -d "$prefix" ] || keep "$prefix: not created by this installer"
    return 0
  fi
  cd "$prefix"
  xargs -0 sh -c 'for path; do
    if [ -L "$path" ] || [ ! -d "$path" ]; then rm -f -- "$path"; else rm -f -- "$path"/__pycache__/*.pyc; fi
  done' sh <"$work/installed"
  # The innermost folders first; those with anybody's files in them stay.
  LC_ALL=C sort -rz "$work/installed" | xargs -0 sh -c 'for path; do
    if [ -d "$path" ]; then rmdir -- "$path/__pycache__" "$path"; fi
  done' sh 2>/dev/null || :
  cd /
  if was_made "$prefix"; then rmdir "$prefix" 2>/dev/null || :; fi
  if [ -n "$(ls -A "$prefix" 2>/dev/null)" ]; then keep "$prefix: files that this installer did not create"; fi
}
was_made() { [ ! -e "$work/made" ] || grep -qxF "$1" "$work/made"; } # earlier versions noted nothing
cp "$made" "$work/made" 2>/dev/null || :
cp "$installed" "$work/installed" 2>/dev/null || inventory >"$work/installed"

# --- Another installation is left alone: the command's link shows which one the units start.
active=$(readlink "$link" || :)
active=${active%/bin/dropcut}
if [ "$active" ] && [ -x "$active/bin/dropcut" ] && [ "$active" != "$prefix" ]; then
  [ -e "$receipt" ] || die "nothing is installed in $prefix, but in $active: make uninstall PREFIX=$active"
  remove_program
  say "Dropcut is removed from $prefix; the one in $active stays.${left:+ Left where it was:$left}"
  exit
fi

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
  if was_made "$folder"; then rmdir "$folder" 2>/dev/null || :; fi # it holds other files
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

# --- The program, and the models that it has downloaded.
models=$("$prefix/bin/python" -c 'from dropcut.models.catalogue import MODELS; print(*MODELS)' 2>/dev/null || :)
for model in $models; do rm -f "$cache/$model.onnx"; done
if [ -d "$cache" ]; then
  rm -f "$cache"/.dropcut-pull-*.part
  rmdir "$cache" 2>/dev/null || keep "$cache: files that dropcut models pull did not put there"
fi
if [ "$(readlink "$link" || :)" = "$prefix/bin/dropcut" ]; then
  rm "$link"
  if was_made "${link%/*}"; then rmdir "${link%/*}" 2>/dev/null || :; fi # it holds other commands
fi
remove_program

# --- Pictures: a single file keeps them all, and so does a folder that somebody has made.
if [ -d "$pictures" ]; then
  if [ -n "$(find "$pictures" ! -type d -print -quit)" ]; then
    keep "$pictures: pictures"
  else
    for folder in inbox/.dropcut inbox outbox processed failed; do
      rmdir "$pictures/$folder" 2>/dev/null || :
    done
    rmdir "$pictures" 2>/dev/null || keep "$pictures: folders that somebody has made, or a mounted share"
  fi
fi

# --- The user: its number may be given to somebody else, who would then own every file that is left. Edited settings may
# name folders on a share, which is too large to search; so the user is removed only if none of its files is left.
# A user of that name who was there before the first installation has another description.
if [ "$(getent passwd dropcut | cut -d : -f 5)" = 'Dropcut background removal' ]; then
  if [ -d "$pictures" ] || [ -d "$settings" ] || [ -n "$(find / -xdev -user dropcut -print -quit)" ]; then
    keep "user and group dropcut: files may still belong to them; to remove them later: userdel dropcut"
  else
    find /dev/shm -maxdepth 1 -user dropcut -name 'dropcut-*.lock' -delete # empty files, one for each inbox served
    userdel dropcut
    if getent group dropcut >/dev/null; then groupdel dropcut; fi
  fi
fi

say "Dropcut is removed.${left:+ Left where it was:$left}"
