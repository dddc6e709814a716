#!/bin/sh
# unstarted.sh PACKAGE... - installs those that are missing, and leaves the system as it was otherwise:
# the servers among them are neither started now nor when the system starts.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
policy=/usr/sbin/policy-rc.d # asked by Debian's packages before they start something

present() { dpkg-query -W -f '${Status}\n' "$@" 2>/dev/null | grep -c ' installed$' || true; }
[ "$(present "$@")" -lt $# ] || exit 0
[ "$(id -u)" -eq 0 ] || {
    echo "Packages are missing, and installing them takes root. Please run, as root: $0 $*" >&2
    exit 1
}

scripts() { ls /etc/init.d 2>/dev/null || true; }
before=$(scripts)
if [ ! -e $policy ]; then
    trap 'rm -f $policy' EXIT
    trap 'exit 1' HUP INT TERM
    printf '#!/bin/sh\nexit 101\n' >$policy
    chmod 755 $policy
fi
sh "$root/tools/deps.sh" "$@"
for name in $(scripts); do
    printf '%s\n' "$before" | grep -qxF -e "$name" || update-rc.d "$name" disable
done
