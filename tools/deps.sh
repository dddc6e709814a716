#!/bin/sh
# deps.sh PACKAGE... - installs those of these Debian packages that are missing.
set -eu

missing=
for package; do
    status=$(dpkg-query -W -f '${Status}' "$package" 2>/dev/null || true)
    case $status in
    *' installed') ;;
    *) missing="$missing $package" ;;
    esac
done
[ -n "$missing" ] || exit 0

if ! command -v apt-get >/dev/null; then
    echo "This is not Debian. The following packages (by their Debian names) are needed:" >&2
    echo "  $missing" >&2
    exit 1
fi

run=
if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
        echo "Packages are missing, and installing them takes root. Please run, as root:" >&2
        echo "  apt-get update && apt-get install$missing" >&2
        exit 1
    fi
    run=sudo
fi

echo "Installing:$missing"
export DEBIAN_FRONTEND=noninteractive
$run apt-get update -q
# shellcheck disable=SC2086  # a list of words
$run apt-get install -q -y --no-install-recommends $missing
