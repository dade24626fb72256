# shellcheck shell=bash
# A host: its namespaces, its disk, its start and its end. Sourced by ./lab.

# The outer pid of a host's init; fails unless it is that same init and alive.
init_of() {
  local pid ns
  read -r pid ns 2>/dev/null <"$STATE/hosts/$1/init" || return 1
  [[ $(readlink "/proc/$pid/ns/pid" 2>/dev/null) == "$ns" ]] && echo "$pid"
}
running() { init_of "$1" >/dev/null; }
must_run() { known "$1"; init_of "$1" || die "host '$1' is not running"; }

cgroup_root() { echo "$(findmnt -rno TARGET -t cgroup2 | head -n1)$(sed -n 's/^0:://p' /proc/self/cgroup)" | tr -s /; }
cgroup() { cat "$STATE/cgroup"; }
cgroup_remove() { # kills what is in it, then removes it
  [[ -d $1 ]] || return 0
  echo 1 >"$1/cgroup.kill"
  local n
  for ((n = 0; n < 200; n++)); do
    grep -q 'populated 0' "$1/cgroup.events" && break
    sleep 0.02
  done
  find "$1" -depth -type d -exec rmdir {} +
}

units_of() { # of HOST[:UNIT,...]
  case $1 in
    *:*) tr , ' ' <<<"${1#*:}" ;;
    db2) echo postgresql ;;
    web*) echo nginx php-fpm ;;
    db*) echo mariadb ;;
    dns*) echo named ;;
    pdns*) echo pdns ;;
  esac
}

lab_up() {
  mkdir -p "$STATE/hosts"
  [[ -e $STATE/base ]] || base_dir >"$STATE/base"
  [[ -e $STATE/cgroup ]] || echo "$(cgroup_root)/$LAB_NAME" | tr -s / >"$STATE/cgroup"
  touch "$STATE/cuts" "$STATE/resolv.conf"
  if [[ ! -d $(cgroup)/switch ]]; then
    mkdir -p "$(cgroup)/switch"
    watch_owner
  fi
  switch_up
}

host_new() {
  local host=${1%%:*} n=10 h new=$STATE/new
  h=$STATE/hosts/$host
  [[ -d $h ]] && return
  while grep -qsx "$NET.$n" "$STATE"/hosts/*/address; do n=$((n + 1)); done
  ((n < 255)) || die 'no address left'
  rm -rf "$new"
  mkdir -p "$new"/{upper,work,root}
  echo "$NET.$n" >"$new/address"
  units_of "$1" >"$new/units"
  ssh-keygen -q -t ed25519 -N '' -C "$host" -f "$new/ssh_host_ed25519_key"
  mv "$new" "$h"
}

# The names; in place, for this file is every host's /etc/hosts.
publish() {
  local h
  {
    printf '127.0.0.1\tlocalhost\n%s.1\t%s\n' "$NET" "$SWITCH"
    for h in "$STATE"/hosts/*/; do [[ ! -d $h ]] || printf '%s\t%s\n' "$(cat "$h/address")" "$(basename "$h")"; done
  } >"$STATE/hosts.new"
  cat "$STATE/hosts.new" >"$STATE/etc-hosts"
}

host_start() {
  local host=$1 h=$STATE/hosts/$1 pid n state
  (
    echo "$BASHPID" >"$(cgroup)/switch/cgroup.procs"
    exec setsid unshare --mount --propagation private --pid --fork --kill-child --net --uts --ipc \
      env -i PATH="$PATH" LAB_DIR="$LAB_DIR" LAB_NAME="$LAB_NAME" LAB_BIND="$LAB_BIND" LAB_PACKAGES="$LAB_PACKAGES" \
      /bin/bash "$SELF" __init "$host" "$(cgroup)"
  ) </dev/null >>"$h/console.log" 2>&1 9>&- &
  for ((n = 0; n < LAB_WAIT * 50; n++)); do
    if pid=$(init_of "$host") && [[ -e /proc/$pid/root/run/systemd/private ]]; then
      state=$(timeout "$LAB_WAIT" nsenter -t "$pid" -a systemctl is-system-running --wait 2>/dev/null) || true
      case $state in
        running) return ;;
        degraded) echo "lab: $host: $(nsenter -t "$pid" -a systemctl --failed --plain --no-legend | cut -d' ' -f1 | xargs) failed" >&2; return 1 ;;
      esac
    fi
    kill -0 $! 2>/dev/null || break
    sleep 0.02
  done
  die "host '$host' did not boot: $(tail -n 3 "$h/console.log")"
}

# Runs as pid 1 of the new host, in its namespaces but still on the machine's files.
host_init() {
  local host=$1 cgroup=$2 h=$STATE/hosts/$1 root=$STATE/hosts/$1/root pid mac unit units path
  mkdir -p "$cgroup/$host"
  echo 0 >"$cgroup/$host/cgroup.procs"
  hostname "$host"
  ip -n "$SWITCH" link del "$host" 2>/dev/null || true # a dead host's port may linger a moment
  ip link set lo up
  # the same hardware address at each boot, or its peers' ARP caches would be wrong for a while
  printf -v mac '02:00:0a:4d:00:%02x' "$(cut -d. -f4 "$h/address")"
  ip link add eth0 address "$mac" type veth peer name "$host" netns "$SWITCH"
  sysctl -qw net.ipv6.conf.eth0.disable_ipv6=1
  ip addr add "$(cat "$h/address")/24" dev eth0
  ip link set eth0 up
  ip route add default via "$NET.1"
  ip -n "$SWITCH" link set "$host" master lab0 up

  mount -t overlay overlay -o "lowerdir=$(cat "$STATE/base"),upperdir=$h/upper,workdir=$h/work,redirect_dir=on" "$root"
  if [[ ! -e $h/made ]]; then
    echo "$host" >"$root/etc/hostname"
    install -m 600 "$h/ssh_host_ed25519_key" "$root/etc/ssh/"
    install -m 644 "$h/ssh_host_ed25519_key.pub" "$root/etc/ssh/"
    read -ra units <"$h/units" || true
    for unit in "${units[@]}"; do
      [[ $unit == php-fpm ]] && unit=$(basename "$root"/lib/systemd/system/php*-fpm.service .service)
      ln -sf "/lib/systemd/system/$unit.service" "$root/etc/systemd/system/multi-user.target.wants/"
    done
    touch "$h/made"
  fi
  mkdir -p "$STATE/share" "$root/mnt/share"
  mount --bind "$STATE/share" "$root/mnt/share" # as an NFS share would be: all hosts see the same files
  mount --bind -o ro "$STATE/etc-hosts" "$root/etc/hosts"
  mount --bind -o ro "$STATE/resolv.conf" "$root/etc/resolv.conf"
  while read -r -d: path; do
    [[ -n $path ]] || continue
    if [[ -d $path ]]; then mkdir -p "$root$path"; else install -D -m 644 /dev/null "$root$path"; fi
    mount --bind -o ro "$path" "$root$path"
  done <<<"$LAB_BIND:"

  # the outer pid, which only the old /proc knows
  read -r pid _ </proc/self/stat
  echo "$pid $(readlink "/proc/$pid/ns/pid")" >"$h/init.new"
  mv "$h/init.new" "$h/init"

  mount -t tmpfs -o mode=755,size=1m dev "$root/dev"
  for path in null:3 zero:5 full:7 random:8 urandom:9 console:3; do
    mknod -m 666 "$root/dev/${path%:*}" c 1 "${path#*:}"
  done
  mknod -m 666 "$root/dev/tty" c 5 0
  mkdir "$root/dev/pts" "$root/dev/shm"
  mount -t devpts -o newinstance,gid=5,mode=620,ptmxmode=666 devpts "$root/dev/pts"
  mount -t tmpfs -o mode=1777 shm "$root/dev/shm"
  ln -s pts/ptmx "$root/dev/ptmx"
  ln -s /proc/self/fd "$root/dev/fd"
  for path in 0:stdin 1:stdout 2:stderr; do ln -s "fd/${path%:*}" "$root/dev/${path#*:}"; done
  mount -t tmpfs -o mode=755 run "$root/run"
  mount -t proc proc "$root/proc"
  # of the kernel's settings a host may change only its own network's
  mount --bind "$root/proc/sys" "$root/proc/sys"
  mount --bind "$root/proc/sys/net" "$root/proc/sys/net"
  mount -o remount,bind,ro "$root/proc/sys"
  [[ ! -e /proc/sysrq-trigger ]] || mount --bind -o ro "$root/proc/sysrq-trigger" "$root/proc/sysrq-trigger"
  mount -t sysfs -o ro sysfs "$root/sys"

  cd "$root" || exit
  mkdir -p old
  pivot_root . old
  # shellcheck disable=SC2016
  exec unshare --cgroup /bin/sh -c '
    mount -t cgroup2 cgroup2 /sys/fs/cgroup && umount -l /old && rmdir /old || exit 1
    exec env -i container=lab PATH=/usr/sbin:/usr/bin:/sbin:/bin \
      setpriv --bounding-set -sys_module,-sys_rawio,-sys_time /lib/systemd/systemd </dev/null >/dev/null 2>&1'
}

host_end() { # kill its init, and with it everything in the host
  local pid
  sw ip link set "$1" down 2>/dev/null || true # first the cable: no FIN from a dead host
  pid=$(init_of "$1") && kill -9 "$pid" 2>/dev/null
  thaw_host "$1"
  cgroup_remove "$(cgroup)/$1"
  rm -f "$STATE/hosts/$1/init"
}

host_stop() {
  local pid n
  pid=$(must_run "$1")
  kill -s RTMIN+4 "$pid" # systemd's poweroff.target
  for ((n = 0; n < LAB_WAIT * 20; n++)); do
    running "$1" || break
    sleep 0.05
  done
  host_end "$1"
}

host_down() {
  unslow_host "$1"
  uncut_host "$1"
  host_end "$1"
  rm -rf "${STATE:?}/hosts/$1"
}

lab_down() {
  [[ -d $STATE ]] || return 0
  if [[ -e /run/netns/$SWITCH && ! /proc/self/ns/net -ef /run/netns/$SWITCH ]]; then
    ip netns pids "$SWITCH" | xargs -r kill -9 2>/dev/null || true # what `run` left behind
  fi
  cgroup_remove "$(cgroup)"
  [[ ! -e /run/netns/$SWITCH ]] || ip netns del "$SWITCH"
  rm -rf "$STATE"
  rmdir "$LAB_DIR/run" 2>/dev/null || true
}

thaw_host() { [[ ! -e $(cgroup)/$1/cgroup.freeze ]] || echo 0 >"$(cgroup)/$1/cgroup.freeze"; }

host_exec() {
  local pid
  pid=$(must_run "$1")
  shift
  exec nsenter -t "$pid" -a env -i HOME=/root LANG=C.UTF-8 TERM="${TERM:-dumb}" \
    PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@"
}

lab_run() { # this command resolves names as the lab does
  # shellcheck disable=SC2016
  exec nsenter --net="/run/netns/$SWITCH" unshare --mount sh -c '
    mount --bind "$0/etc-hosts" /etc/hosts && mount --bind "$0/resolv.conf" /etc/resolv.conf && exec "$@"' "$STATE" "$@"
}

list() {
  local h host state
  for h in "$STATE"/hosts/*/; do
    [[ -d $h ]] || continue
    host=$(basename "$h")
    state=off
    running "$host" && state=on
    [[ -e $h/slow ]] && state+=" slow($(cat "$h/slow"))"
    state+=$(sed -nE "s/^$host (.*)/ cut(\1)/p; s/^(.*) $host\$/ cut(\1)/p" "$STATE/cuts" | sort -u | tr -d '\n')
    grep -qs 1 "$(cgroup)/$host/cgroup.freeze" && state+=' frozen'
    printf '%-12s %-12s %-8s %-22s %s\n' "$host" "$(cat "$h/address")" "$(init_of "$host")" "$(cat "$h/units")" "$state"
  done
}

