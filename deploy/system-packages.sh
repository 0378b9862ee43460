#!/usr/bin/env bash
# The system packages that some tests drive: installed where this may be done (root and apt), else named.
set -u
declare -A need=([chromium]=chromium [redis-server]=redis-server [rclone]=rclone)
missing=()
for program in "${!need[@]}"; do
  command -v "$program" >/dev/null 2>&1 || missing+=("${need[$program]}")
done
compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || command -v initdb >/dev/null 2>&1 || missing+=(postgresql)
# without what it recommends: an exporter that would run as a service
command -v promtool >/dev/null 2>&1 || missing+=(prometheus prometheus-node-exporter-)
[ ${#missing[@]} -eq 0 ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "installing: ${missing[*]}"
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "${missing[@]}" >/dev/null && exit 0
fi
echo "not installed, and not installable here: ${missing[*]} (their tests are reported as skipped)"
exit 0
