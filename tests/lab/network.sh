# shellcheck shell=bash
# The switch between the hosts: a bridge in a network namespace of its own, and how a host is cut off or slowed down there. Sourced by ./lab.

sw() { nsenter --net="/run/netns/$SWITCH" "$@"; }

switch_up() {
  if [[ -e /run/netns/$SWITCH ]]; then
    sw nft list table bridge lab >/dev/null 2>&1 && return
    ip netns del "$SWITCH" # an `up` was interrupted here
  fi
  ip netns add "$SWITCH"
  sw sysctl -qw net.ipv6.conf.default.disable_ipv6=1 net.ipv6.conf.all.disable_ipv6=1
  sw ip link set lo up
  sw ip link add lab0 type bridge
  sw ip addr add "$NET.1/24" dev lab0
  sw ip link set lab0 up
  # A cut loses IP packets silently and lets ARP through, as a router on the way would: peers see time-outs, not "no route to host".
  sw nft -f - <<'NFT'
table bridge lab {
  set cut { type ifname; }
  set pair { type ifname . ifname; }
  chain both { ether type arp accept; iifname @cut drop; oifname @cut drop; iifname . oifname @pair drop; }
  chain forward { type filter hook forward priority 0; jump both; }
  chain input { type filter hook input priority 0; jump both; }
  chain output { type filter hook output priority 0; jump both; }
}
NFT
}

# $STATE/cuts has a line "HOST PEER" or "HOST *" for each cut. A host's port is named after it; while it is slow, HOST~d
# stands in the bridge for it.
apply_cuts() {
  local a b x y
  {
    printf 'flush set bridge lab %s\n' cut pair
    while read -r a b; do
      if [[ $b == '*' ]]; then
        echo "add element bridge lab cut { \"$a\", \"$a~d\" }"
      else
        for x in "$a" "$a~d"; do for y in "$b" "$b~d"; do
          echo "add element bridge lab pair { \"$x\" . \"$y\", \"$y\" . \"$x\" }"
        done; done
      fi
    done <"$STATE/cuts"
  } | sw nft -f -
}

cut_host() {
  known "$1"
  [[ -z ${2:-} ]] || known "$2"
  echo "$1 ${2:-*}" >>"$STATE/cuts"
  apply_cuts
}

uncut_host() {
  sed -i -E "/^$1 | $1\$/d" "$STATE/cuts"
  apply_cuts
}

index() { ip -n "$SWITCH" -o link show dev "$1" | cut -d: -f1; }

slow_host() {
  local host=$1 delay=${2%ms} loss=${3:-0%} kbit=${4:-0} h=$STATE/hosts/$1
  must_run "$host" >/dev/null
  [[ $delay =~ ^[0-9.]+$ && ${loss%\%} =~ ^[0-9.]+$ && $kbit =~ ^[0-9]+$ ]] || die 'slow HOST 50ms [1% [KBIT]]'
  unslow_host "$host"
  sw ip link add "$host~d" type veth peer name "$host~r"
  sw ip link set "$host" nomaster
  sw ip link set "$host" arp off
  sw ip link set "$host~r" arp off up
  sw ip link set "$host~d" master lab0 up
  mkfifo "$h/wire"
  (
    echo "$BASHPID" >"$(cgroup)/switch/cgroup.procs"
    exec setsid nsenter --net="/run/netns/$SWITCH" perl "$HERE/wire.pl" "$delay" "${loss%\%}" "$kbit" "$(index "$host")" "$(index "$host~r")"
  ) </dev/null >"$h/wire" 2>>"$h/console.log" 9>&- &
  echo $! >"$h/wire.pid"
  echo "$delay ms, $loss loss, $kbit kbit/s" >"$h/slow"
  grep -qm1 ready "$h/wire" || die "the relay for '$host' did not start: $(tail -n 1 "$h/console.log")"
}

unslow_host() {
  local h=$STATE/hosts/$1
  [[ -e $h/slow ]] || return 0
  kill "$(cat "$h/wire.pid")" 2>/dev/null || true
  rm -f "$h"/wire "$h"/wire.pid "$h"/slow
  sw ip link del "$1~d" 2>/dev/null || true
  running "$1" || return 0
  sw ip link set "$1" arp on
  sw ip link set "$1" master lab0
}

