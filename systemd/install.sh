#!/bin/bash
# Installs Decant on this machine as two services. Running it again brings the machine to the same state.
set -euo pipefail

usage() {
  cat <<'TEXT'
usage: systemd/install.sh [--dry-run] [--uninstall] [--help]

  (nothing)    copies the project to /opt/decant, makes users, socket folders and udev rules, enables both services
  --dry-run    says what would be done and does nothing
  --uninstall  stops and removes services, rules and /opt/decant; keeps /var/lib/decant, /etc/decant and the PIN

Exit codes: 0 good, 1 failed, 2 used wrongly or something is missing.
TEXT
}

dry=0
task=install
for option in "$@"; do
  case $option in
    --dry-run) dry=1 ;;
    --uninstall) task=uninstall ;;
    --help | -h) usage; exit 0 ;;
    *) echo "install.sh: there is no option $option; --help lists them." >&2; exit 2 ;;
  esac
done

here=$(cd "$(dirname "$0")" && pwd)
source=$(dirname "$here")
goal=/opt/decant
units=(decant-cell.service decant-desk.service)

say() { echo "decant: $*"; }

# Says a step, and does it unless this is a dry run.
step() {
  local what=$1
  shift
  say "$what"
  if [ $dry = 1 ]; then printf '    %s\n' "$*"; else "$@"; fi
}

# Puts a file in its place when it differs.
place() {
  local file=$1 to=$2
  if cmp -s "$file" "$to"; then return; fi
  step "write $to" install -D -m 0644 "$file" "$to"
}

prepare() {
  local setup="node $source/src/cli/bootstrap.mjs setup"
  command -v node >/dev/null || { echo "install.sh: node is missing; on Debian: apt-get install nodejs npm" >&2; exit 2; }
  step "get what the project needs" $setup
}

# The new tree is complete beside the old one before it takes its place.
copy_tree() {
  local fresh=$goal.new
  rm -rf "$fresh"
  mkdir -p "$fresh"
  tar -C "$source" --exclude=./.git --exclude=./.decant --exclude=./coverage -cf - . | tar -C "$fresh" -xf - --no-same-owner
  (cd "$fresh" && PATH="$fresh/.toolchain/node/bin:$PATH" node .toolchain/npm/bin/npm-cli.js prune --omit=dev --ignore-scripts --no-audit --no-fund >/dev/null)
  chown -R root:root "$fresh"
  chmod -R go-w "$fresh"
  rm -rf "$goal.old"
  if [ -e "$goal" ]; then mv "$goal" "$goal.old"; fi
  mv "$fresh" "$goal"
  rm -rf "$goal.old"
}

enable_units() {
  systemctl daemon-reload
  systemctl enable "${units[@]}"
  systemctl restart "${units[@]}"
}

install_all() {
  prepare
  step "copy the project to $goal, without development packages" copy_tree
  place "$here/decant.sysusers.conf" /usr/lib/sysusers.d/decant.conf
  place "$here/decant.tmpfiles.conf" /usr/lib/tmpfiles.d/decant.conf
  place "$here/60-decant.rules" /etc/udev/rules.d/60-decant.rules
  for unit in "${units[@]}"; do place "$here/$unit" "/etc/systemd/system/$unit"; done
  step "make the users decant-cell and decant-desk and the groups decant-service and decant-outputs" systemd-sysusers decant.conf
  step "make the socket folders in /run/decant" systemd-tmpfiles --create decant.conf
  step "hand the outputs to the cell" udevadm control --reload
  if [ ! -e /etc/credstore/decant.hsm-pin ] && [ ! -e /etc/credstore.encrypted/decant.hsm-pin ]; then
    say "no PIN is stored yet: see $goal/systemd/README.md; until then the cell cannot start"
  fi
  if [ ! -e /etc/decant/machine.yaml ]; then
    say "/etc/decant/machine.yaml is missing: write it, then run \`systemctl enable --now ${units[*]}\`"
    return
  fi
  step "start both services, now and at boot" enable_units
}

remove_units() { systemctl disable --now "${units[@]}" 2>/dev/null || true; }

uninstall_all() {
  local file
  step "stop both services" remove_units
  for file in "${units[@]/#//etc/systemd/system/}" /etc/udev/rules.d/60-decant.rules \
    /usr/lib/sysusers.d/decant.conf /usr/lib/tmpfiles.d/decant.conf; do
    if [ -e "$file" ]; then step "remove $file" rm -f "$file"; fi
  done
  if [ -e "$goal" ]; then step "remove $goal" rm -rf "$goal"; fi
  step "forget the units" systemctl daemon-reload
  say "kept: /var/lib/decant (journal, token), /etc/decant, the stored PIN, the users"
}

if [ $dry = 0 ] && [ "$(id -u)" != 0 ]; then
  echo "install.sh: this writes to /opt and /etc; run it with sudo (or with --dry-run)." >&2
  exit 2
fi
"${task}_all"
