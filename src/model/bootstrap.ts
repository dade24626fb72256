import { buildUser } from './platform-source.ts';
import { serverPaths } from './server.ts';
import {
  apacheModules,
  mariadbGrants,
  serverDirectories,
  webIncludes,
  webLogDirectory,
  webLogRotation,
} from './server-layout.ts';
import { filesUser } from './ssh-key.ts';
import { aegirUser, sudoersText, webUser } from './sudoers.ts';

export interface Bootstrapped {
  /** Name of the server. */
  readonly name: string;
  readonly root: string;
  readonly services: readonly { readonly type: string; readonly engine: string }[];
  /** Of other servers that keep files here: a line of authorized_keys; null: none does. */
  readonly filesKey: string | null;
}

/**
 * The script that makes a machine a server of ours, to be run there as root: `aegir server bootstrap web1 | ssh root@web1 sh`.
 * Plain sh. What is in place stays, so it can be run again whenever something of it has changed; it installs nothing
 * and says what is missing. `publicKey` is a line of authorized_keys.
 */
export function bootstrapScript(server: Bootstrapped, publicKey: string): string {
  const has = (type: string, engine: string): boolean =>
    server.services.some((one) => one.type === type && one.engine === engine);
  return [
    head(server),
    users(server.root),
    directories(server.root),
    login(server.root, publicKey),
    sudoers,
    rotation,
    ...(has('http', 'nginx') ? [nginx(server)] : []),
    ...(has('http', 'apache') ? [apache(server)] : []),
    ...(has('db', 'mysql') ? [mariadb] : []),
    ...(has('db', 'postgresql') ? [postgresql] : []),
    ...(server.filesKey === null ? [] : [keepsFiles(server.filesKey)]),
    `say 'this machine is ready: aegir server verify ${server.name}'`,
    '',
  ].join('\n\n');
}

const head = ({ name }: Bootstrapped): string => `#!/bin/sh
# Makes this machine the server ${name} of Aegir. To be run as root, again when it has changed: what is in place stays.
# It makes the users ${aegirUser} and ${buildUser}, their directories, a key with which the hub logs in as ${aegirUser}, and the exact commands
# that ${aegirUser} may run as somebody else. It lets the web and database servers of this machine know of them.
set -eu
umask 022
say() { echo "aegir: $*"; }
stop() { echo "aegir: $*" >&2; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }

[ "$(id -u)" = 0 ] || stop 'this must be run as root'
missing=''
for program in sudo visudo flock tar find setsid; do have "$program" || missing="$missing $program"; done
[ -z "$missing" ] || stop "missing:$missing. Install them first: apt-get install -y sudo util-linux tar findutils"

# put PATH MODE: what stands on standard input, whole or not at all. True if that was something new.
put() {
  cat >"$1.aegir-new"
  chmod "$2" "$1.aegir-new"
  if cmp -s "$1" "$1.aegir-new" && [ "$(stat -c %a "$1")" = "$2" ]; then rm "$1.aegir-new"; return 1; fi
  mv "$1.aegir-new" "$1"
  say "wrote $1"
}`;

const users = (root: string): string => `# A password that none fits to: who has none at all is locked for sshd.
new_user() {
  getent group "$1" >/dev/null || { groupadd --system "$1"; say "made the group $1"; }
  getent passwd "$1" >/dev/null && return
  useradd --system --gid "$1" --home-dir "$2" --no-create-home --shell "$3" --password '*' "$1"
  say "made the user $1"
}
new_user ${aegirUser} ${root} /bin/sh
new_user ${buildUser} /nonexistent /usr/sbin/nologin
home=$(getent passwd ${aegirUser} | cut -d: -f6)
[ "$home" = ${root} ] || stop "the home of user ${aegirUser} is $home, and must be ${root}: usermod --home ${root} ${aegirUser}"
if getent group ${webUser} >/dev/null && ! id -nG ${aegirUser} | tr ' ' '\\n' | grep -qx ${webUser}; then
  usermod -aG ${webUser} ${aegirUser}
  say "made ${aegirUser} a member of ${webUser}"
fi`;

const directories = (root: string): string =>
  serverDirectories(root)
    .map(({ path, mode, user, group }) => `install -d -m ${mode} -o ${user} -g ${group} ${path}`)
    .join('\n');

const login = (
  root: string,
  publicKey: string,
): string => `# The hub's key: no terminal, no forwarding. Keys of others in this file stay.
keys=${root}/.ssh/authorized_keys
install -d -m 0700 -o ${aegirUser} -g ${aegirUser} ${root}/.ssh
touch "$keys"
line='restrict ${publicKey}'
{ grep -vxF "$line" "$keys" | grep -v ' aegir-hub$' || true; echo "$line"; } | put "$keys" 600 || true
chown ${aegirUser}:${aegirUser} "$keys"`;

/** Its directory and what is in it are its own alone; it may use rsync, scp, sftp, git and svn, and so needs a shell. */
const keepsFiles = (
  publicKey: string,
): string => `# Other servers keep files here as ${filesUser}, who may do nothing else.
new_user ${filesUser} /var/${filesUser} /bin/sh
install -d -m 0700 -o ${filesUser} -g ${filesUser} /var/${filesUser} /var/${filesUser}/.ssh
echo 'restrict ${publicKey} ${filesUser}' | put /var/${filesUser}/.ssh/authorized_keys 600 || true
chown ${filesUser}:${filesUser} /var/${filesUser}/.ssh/authorized_keys`;

const sudoers = `# What ${aegirUser} may run as somebody else, word for word.
cat >/etc/sudoers.d/.aegir-check <<'AEGIR'
${sudoersText('aegir server bootstrap')}AEGIR
visudo -cqf /etc/sudoers.d/.aegir-check || { rm /etc/sudoers.d/.aegir-check; stop 'sudo does not take the file of rules; it was left as it was'; }
put /etc/sudoers.d/aegir 440 </etc/sudoers.d/.aegir-check || true
rm /etc/sudoers.d/.aegir-check`;

const rotation = `if [ -d /etc/logrotate.d ]; then
  put /etc/logrotate.d/aegir-web 644 <<'AEGIR' || true
# Written by aegir server bootstrap: the logs of all sites, in ${webLogDirectory}.
${webLogRotation}AEGIR
fi

# Debian's default page, if nobody has touched it: it would be in the way.
remove_default() {
  path=$(readlink -e "$1") || return 0
  package=$(dpkg-query -S "$path" 2>/dev/null | cut -d: -f1) || return 0
  dpkg-query -W -f '\${Conffiles}\\n' "$package" | grep -qF " $path $(md5sum <"$path" | cut -d' ' -f1)" || return 0
  rm "$1"
  say "switched off Debian's default page"
}`;

const written = '# Written by aegir server bootstrap.\n';
const configuration = ({ root, name }: Bootstrapped, engine: 'nginx' | 'apache'): string =>
  `${serverPaths(root, name).config}/${engine}.conf`;

const nginx = (server: Bootstrapped): string => `if have nginx; then
  remove_default /etc/nginx/sites-enabled/default
  if put ${webIncludes.nginx.path} 644 <<'AEGIR'
${written}${webIncludes.nginx.text(configuration(server, 'nginx'))}AEGIR
  then
    nginx -t -q || stop 'nginx refuses its configuration (above)'
    ! [ -e /run/nginx.pid ] || nginx -s reload
  fi
else say 'nginx is not here yet: install it (apt-get install -y nginx), then run this again'; fi`;

const apache = (server: Bootstrapped): string => `if have apache2ctl; then
  remove_default /etc/apache2/sites-enabled/000-default.conf
  a2enmod -q ${apacheModules.join(' ')} >/dev/null
  if put ${webIncludes.apache.path} 644 <<'AEGIR'
${written}${webIncludes.apache.text(configuration(server, 'apache'))}AEGIR
  then
    ln -sf ../conf-available/aegir.conf /etc/apache2/conf-enabled/aegir.conf
    apache2ctl configtest || stop 'Apache refuses its configuration (above)'
    ! [ -e /run/apache2/apache2.pid ] || apache2ctl restart
  fi
else say 'Apache is not here yet: install it (apt-get install -y apache2), then run this again'; fi`;

const mariadb = `if have mariadb && mariadb --user=root -e 'select 1' >/dev/null 2>&1; then
  if [ -z "$(mariadb --user=root -BNe "select 1 from mysql.user where user = '${aegirUser}' and host = 'localhost' and plugin = 'unix_socket' and super_priv = 'Y' and grant_priv = 'Y'")" ]; then
    mariadb --user=root <<'AEGIR'
${mariadbGrants}
AEGIR
    say 'let ${aegirUser} make databases in MariaDB'
  fi
else say 'root cannot log in to MariaDB here without a password: start it and run this again, or give the service a user and password of its own'; fi`;

const postgresql = `if getent passwd postgres >/dev/null && runuser -u postgres -- psql -XAtqc 'select 1' >/dev/null 2>&1; then
  as_postgres() { runuser -u postgres -- psql -XAtq -v ON_ERROR_STOP=1 -c "$1"; }
  if [ -z "$(as_postgres "select 1 from pg_roles where rolname = '${aegirUser}' and rolcreatedb and rolcreaterole and rolcanlogin")" ]; then
    [ -n "$(as_postgres "select 1 from pg_roles where rolname = '${aegirUser}'")" ] || as_postgres 'create role ${aegirUser}'
    as_postgres 'alter role ${aegirUser} login createdb createrole'
    say 'let ${aegirUser} make databases in PostgreSQL'
  fi
else say 'the user postgres cannot log in to PostgreSQL here: start it and run this again'; fi`;
