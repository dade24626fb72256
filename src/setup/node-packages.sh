# Sourced by ./up and ./test in the repository's root: our own Node.js and packages, from the lock file.
# shellcheck shell=bash

# Done again only when the lock file changed; the stamp is written last, so what was cut off is done again.
install_node_packages() {
  local stamp=node_modules/.installed-for wanted started=$SECONDS
  wanted=$(sha256sum package.json package-lock.json | sha256sum)
  if [[ -x node_modules/.bin/node && $(cat "$stamp" 2>/dev/null) == "$wanted" ]]; then return; fi
  if ! command -v npm >/dev/null; then
    echo '… installing nodejs and npm from Debian, to fetch our own'
    apt_install nodejs npm
    echo "✓ nodejs and npm from Debian, in $((SECONDS - started)) s"
    started=$SECONDS
  fi
  echo '… installing node packages'
  rm -rf node_modules
  npm_install
  link_node
  # npm leaves out, without a word, optional packages whose engines the Node.js that it runs on is too old for (the linter's
  # binary on Debian's Node.js 18). With our own Node.js it finds what is missing in a second.
  if [[ -x node_modules/.bin/node ]] && ! node -e 'process.exit(parseInt(process.versions.node) < 22 ? 1 : 0)'; then
    local ours=("$PWD"/node_modules/node-linux-*/bin)
    PATH="${ours[0]}:$PATH" npm_install
    link_node
  fi
  if [[ ! -x node_modules/.bin/node ]]; then
    echo "✗ There is no Node.js for this processor ($(uname -m)): Aegir runs on x86_64 and aarch64." >&2
    exit 1
  fi
  echo "$wanted" >"$stamp"
  echo "✓ node packages in $((SECONDS - started)) s"
}

# As 'npm ci' would do, which npm 11 refuses where the registry lacks an optional package of another platform (Biome's for
# Windows) that the lock file therefore cannot name: versions and hashes are the lock file's all the same.
npm_install() {
  local log
  log=$(mktemp)
  # A slow machine or network drops some of many connections at once: fewer, and each tried more often than twice.
  if ! npm install --no-save --no-audit --no-fund --maxsockets=6 --fetch-retries=5 >"$log" 2>&1; then
    grep -vEi '^npm (warn|notice)' "$log" | head -n 12 >&2
    rm -f "$log"
    echo "✗ npm install failed. Is an npm registry within reach (npm ping)? Then run this again." >&2
    exit 1
  fi
  rm -f "$log"
}

# npm 9, which Debian 12 has, leaves this link out.
link_node() {
  local ours=(node_modules/node-linux-*/bin/node)
  [[ -x node_modules/.bin/node || ! -x ${ours[0]} ]] || ln -sf "../${ours[0]#node_modules/}" node_modules/.bin/node
}

# Debian packages, without questions. The list of packages is refreshed only if one is not to be had without.
apt_install() {
  local log
  log=$(mktemp)
  export DEBIAN_FRONTEND=noninteractive
  local get=(apt-get -o DPkg::Lock::Timeout=600 -o Dpkg::Options::=--force-confold -o APT::Color=0 -y)
  if ! "${get[@]}" --no-install-recommends install "$@" >"$log" 2>&1 &&
    ! { "${get[@]}" update && "${get[@]}" --no-install-recommends install "$@"; } >"$log" 2>&1; then
    tail -n 20 "$log" >&2
    rm -f "$log"
    echo "✗ apt-get could not install: $*. Are Debian's packages within reach (apt-get update)? Then run this again." >&2
    exit 1
  fi
  rm -f "$log"
}
