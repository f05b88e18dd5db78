#!/bin/sh
# Installs Dropcut on this machine and starts nothing. Run it again to upgrade: settings and pictures stay as they are.
#   sudo make install [PREFIX=/opt/dropcut] [PYTHON=python3] [PIP_ARGS='--no-index --find-links /wheels'] [NEWEST=1]
# shellcheck disable=SC1091,SC2154  # paths.sh sets them
set -eu
umask 022 # whatever root's umask is: the service's user must be able to read the program
source=$(dirname "$(dirname "$(realpath "$0")")")
. "$source/systemd/paths.sh"
python=${PYTHON:-python3}

# --- Check what could go wrong before changing anything.
for tool in systemctl systemd-sysusers systemd-tmpfiles "$python"; do
  command -v "$tool" >/dev/null || die "$tool is missing"
done
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || die "$python is older than Python 3.11; choose another: PYTHON=..."
"$python" -c 'import ensurepip, venv' 2>/dev/null || die "$python has no venv module (Debian: apt install python3-venv)"
case $("$python" -c 'import os, sys; print(os.path.realpath(sys.base_prefix))') in
  /home/* | /root/* | /run/user/*) die "$python is in a home folder, which the service cannot see; choose another: PYTHON=/usr/bin/python3" ;;
esac
if [ -d "$prefix" ] && [ ! -e "$receipt" ] && [ -n "$(ls -A "$prefix")" ]; then
  die "$prefix exists and was not created by this installer; choose another PREFIX"
fi
if [ -e "$link" ] || [ -L "$link" ]; then
  case $(readlink "$link" || :) in
    */bin/dropcut) ;;
    *) die "$link exists and was not created by this installer; move it away" ;;
  esac
fi

# --- Note what is installed and made, even if it ends half-way, so that uninstalling removes that and nothing else.
work=$(mktemp -d)
note() {
  inventory >"$work/after"
  if [ -e "$installed" ]; then cat "$installed" >>"$work/new"; fi
  LC_ALL=C comm -z -13 "$work/before" "$work/after" >>"$work/new"
  printf './share/dropcut/%s\0' installed made >>"$work/new"
  LC_ALL=C sort -zu "$work/new" >"$installed"
  LC_ALL=C sort -u "$work/made" >"$made"
  rm -rf "$work"
}
# Earlier versions noted nothing: what they have left, or an installer that was killed, is taken for the installer's.
unknown=
if [ -e "$receipt" ] && [ ! -e "$installed" ]; then unknown=yes; fi
if [ "$unknown" ]; then : >"$work/before"; else inventory >"$work/before"; fi
if [ -e "$made" ]; then cp "$made" "$work/made"; else : >"$work/made"; fi
for folder in "$prefix" "${link%/*}" "${units%/*}" "$units" "${sysusers%/*}" "${tmpfiles%/*}"; do
  if [ "$unknown" ] || [ ! -d "$folder" ]; then printf '%s\n' "$folder" >>"$work/made"; fi
done
mkdir -p "${receipt%/*}"
trap note EXIT

# --- The program, in a separate venv. pip builds in a temporary folder, so the source may be read-only.
[ -e "$receipt" ] || cp "$source/config/dropcut.env" "$receipt"
"$python" -m venv "$prefix"
# PIP_ARGS is a list of words.
# shellcheck disable=SC2086
pip() { "$prefix/bin/python" -m pip install --quiet --disable-pip-version-check ${PIP_ARGS:-} "$@"; }
if [ -n "${NEWEST:-}" ]; then
  pip --upgrade --upgrade-strategy eager "$source[heic]"
else # the tested versions, by their hashes
  pip --require-hashes -r "$source/requirements/run.txt"
  pip --no-deps "$source"
fi
version=$("$prefix/bin/dropcut" --version) || die "the installed program does not run"
mkdir -p "${link%/*}"
ln -sfn "$prefix/bin/dropcut" "$link"

# --- User, folders and units.
install -D -m 0644 "$source/systemd/dropcut.sysusers.conf" "$sysusers"
install -D -m 0644 "$source/systemd/dropcut.tmpfiles.conf" "$tmpfiles"
install -D -m 0644 -t "$units" "$source/systemd/dropcut.service" "$source/systemd/dropcut@.service"
systemd-sysusers "$sysusers"
systemd-tmpfiles --create "$tmpfiles"

# --- Settings, unless there are some.
kept=
for file in dropcut.env profiles.toml; do
  if [ -e "$settings/$file" ]; then
    kept=" (kept as it was)"
  else
    install -D -m 0644 "$source/config/$file" "$settings/$file"
    cp "$source/config/$file" "${receipt%/*}/$file"
  fi
done

if booted; then systemctl daemon-reload; fi

cat <<END
Installed $version:
  program    $prefix, command $link
  units      $units/dropcut.service, dropcut@.service
  user       dropcut ($sysusers); add people to its group: usermod -aG dropcut NAME
  folders    $pictures/inbox outbox processed failed ($tmpfiles)
  settings   $settings/dropcut.env, profiles.toml$kept
Nothing was started. Next:
  systemctl enable --now dropcut       start it, now and at each boot
  systemctl status dropcut             what it is doing
  journalctl -fu dropcut               one line for each picture
After an upgrade, 'systemctl restart dropcut' switches to the new version. For more than one inbox, see the head of
$units/dropcut@.service. To remove everything except the pictures: make uninstall
END
