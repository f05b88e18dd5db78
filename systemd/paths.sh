# Where `make install` puts things; read by install.sh and uninstall.sh.
# Units and snippets go below /usr/local/lib, so that an administrator's own versions below /etc win and stay.
prefix=${PREFIX:-/opt/dropcut}
prefix=${prefix%/}
# The settings file as installed: it shows whether the file was edited since, and marks the venv as this installer's.
receipt=$prefix/share/dropcut/dropcut.env
# All that was installed into the prefix, each name followed by a NUL; and the folders that had to be made for it.
installed=$prefix/share/dropcut/installed
made=$prefix/share/dropcut/made
link=/usr/local/bin/dropcut
units=/usr/local/lib/systemd/system
sysusers=/usr/local/lib/sysusers.d/dropcut.conf
tmpfiles=/usr/local/lib/tmpfiles.d/dropcut.conf
settings=/etc/dropcut
pictures=/srv/dropcut
cache=/var/cache/dropcut

say() { printf '%s\n' "$*"; }
die() { printf '%s: %s\n' "${0##*/}" "$*" >&2; exit 1; }
inventory() { [ ! -d "$prefix" ] || (cd "$prefix" && find . -mindepth 1 -print0 | LC_ALL=C sort -z); }
booted() { [ -d /run/systemd/system ]; } # false in a chroot or an image build, where systemd does not run

[ "$(id -u)" -eq 0 ] || die "needs root: sudo make $(basename "$0" .sh)"
case $prefix in /*) ;; *) die "PREFIX must be an absolute path, not '$prefix'" ;; esac
