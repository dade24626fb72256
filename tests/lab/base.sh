# shellcheck shell=bash
# The root that all hosts share, read-only: Debian with everything that any of them may need. Sourced by ./lab.
# It is kept for a week at most, and made anew when what goes into it has changed.

BASE_PACKAGES=(
  systemd systemd-sysv dbus openssh-server sudo cron rsync acl ca-certificates
  iproute2 iputils-ping procps curl openssl zstd faketime
  nginx-light apache2 php-fpm php-cli php-mysql php-pgsql php-sqlite3 php-gd php-xml php-mbstring php-curl
  wordpress wordpress-theme-twentytwentythree
  restic rclone git subversion
  mariadb-server postgresql bind9 bind9-dnsutils pdns-server pdns-backend-sqlite3
)
BASE_TOOLS=(mmdebstrap nftables iproute2 openssh-client util-linux perl)

recipe() { printf '%s\n' "${BASE_PACKAGES[@]}" "$LAB_PACKAGES"; declare -f build_base customise; date +%G-%V; }
base_dir() { echo "$LAB_DIR/base-$(recipe | sha256sum | cut -c1-12)"; }

base_suite() { sed -n 's/^VERSION_CODENAME=//p' /etc/os-release; }
base_sources() { if [[ -e /etc/apt/sources.list.d/debian.sources ]]; then echo /etc/apt/sources.list.d/debian.sources; else echo /etc/apt/sources.list; fi; }

ensure_base() {
  local base old
  base=$(base_dir)
  [[ -d $base ]] && return
  for old in "$LAB_DIR"/base-*; do
    # One that a lab of another name stands on is left to who ends that lab.
    [[ ! -d $old ]] || findmnt --noheadings -o OPTIONS -t overlay | grep -qF "$old" || rm -rf --one-file-system "$old"
  done
  type -P mmdebstrap nft ip ssh-keygen perl flock | wc -l | grep -qx 6 ||
    apt-get -o DPkg::Lock::Timeout=600 install -y --no-install-recommends "${BASE_TOOLS[@]}" >"$LAB_DIR/base.log" 2>&1 ||
    unavailable "apt-get cannot install ${BASE_TOOLS[*]}: $(tail -n 1 "$LAB_DIR/base.log")"
  echo "lab: making the base in $base (a minute or two, once a week)" >&2
  build_base "$base.new" >"$LAB_DIR/base.log" 2>&1 || { tail -n 20 "$LAB_DIR/base.log" >&2; die 'the base could not be made'; }
  mv "$base.new" "$base"
}

build_base() {
  local root=$1 packages
  packages=$(IFS=,; echo "${BASE_PACKAGES[*]}${LAB_PACKAGES:+,${LAB_PACKAGES// /,}}")
  rm -rf "$root"
  # What this machine has fetched for itself already is not fetched again.
  # shellcheck disable=SC2016
  mmdebstrap --quiet --variant=minbase --include="$packages" \
    --aptopt='APT::Install-Recommends "false"' --aptopt='Acquire::Languages "none"' \
    --dpkgopt=force-unsafe-io --dpkgopt='path-exclude=/usr/share/doc/*' \
    --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
    --setup-hook='mkdir -p "$1/var/cache/apt/archives" && find /var/cache/apt/archives -maxdepth 1 -name "*.deb" -exec cp --link -t "$1/var/cache/apt/archives/" {} +' \
    "$(base_suite)" "$root" "$(base_sources)" && customise "$root"
}

customise() {
  local root=$1
  printf '%s\n' 'PasswordAuthentication no' >"$root/etc/ssh/sshd_config.d/lab.conf"
  rm -f "$root"/etc/ssh/ssh_host_* "$root/etc/hostname"
  : >"$root/etc/machine-id"
  : >"$root/etc/resolv.conf"
  # A small database server: less to copy into each overlay.
  printf '%s\n' '[mysqld]' 'bind-address=*' 'skip-name-resolve' 'innodb_log_file_size=8M' \
    'innodb_buffer_pool_size=32M' 'performance_schema=off' >"$root/etc/mysql/mariadb.conf.d/90-lab.cnf"
  rm -rf "$root"/var/lib/mysql/*
  chroot "$root" mariadb-install-db --user=mysql --auth-root-authentication-method=socket --skip-test-db
  # With no root servers to ask, recursion would only be slow to fail.
  printf 'options { directory "/var/cache/bind"; recursion no; dnssec-validation no; };\n' >"$root/etc/bind/named.conf.options"
  rm -f "$root/etc/nginx/sites-enabled/default" "$root/etc/apache2/sites-enabled/000-default.conf"
  # sshd and nothing else that was not asked for; no logins, timers or updates.
  mkdir -p "$root"/etc/systemd/{system-preset,journald.conf.d}
  printf '%s\n' 'enable ssh.service' 'disable *' >"$root/etc/systemd/system-preset/00-lab.preset"
  chroot "$root" systemctl --quiet preset-all
  chroot "$root" systemctl --quiet mask systemd-logind.service console-getty.service getty-static.service \
    systemd-remount-fs.service systemd-tmpfiles-clean.timer
  chroot "$root" systemctl --quiet set-default multi-user.target
  printf '%s\n' '[Journal]' 'Storage=volatile' >"$root/etc/systemd/journald.conf.d/lab.conf"
}
