import { asFieldPattern, ourPlaces, pageFieldNames, regex, tlsText } from './nginx-text.ts';
import type { WebOptions, WebPaths } from './options.ts';
import { Fragment, nginxText } from './quoted.ts';
import {
  attack,
  deniedAlways,
  markOf,
  methods,
  needsSession,
  notice,
  phpLike,
  retryAfterSeconds,
  session,
} from './rules.ts';

export interface MainFiles {
  readonly main: string;
  /** Included in every server block that publishes sites. */
  readonly site: string;
  readonly refuse: string;
  readonly php: string;
  /** Answers 204 under markPath for a name that no site has. */
  readonly mark: string;
}

/** The files of the server itself. They know nothing of any site: what a site is comes from its line in the map. */
export function mainFiles(
  paths: WebPaths,
  options: WebOptions,
  listen: readonly string[],
  listenTls: readonly string[],
): MainFiles {
  const parts = { site: siteText(paths, options), refuse: refuseText(options), php: phpText() };
  const draft = (mark: string): string => mainText(paths, options, listen, listenTls, mark);
  const mark = markOf(draft(''), parts.site, parts.refuse, parts.php);
  return { ...parts, main: draft(mark), mark };
}

const written =
  '# Written by Aegir. Changes here are lost; the README beside it names the places for lines of your own.\n';

function mainText(
  { config }: WebPaths,
  { tlsPort, proxies }: WebOptions,
  listen: readonly string[],
  listenTls: readonly string[],
  mark: string,
): string {
  const tlsSuffix = tlsPort === 443 ? '' : `:${tlsPort}`;
  const certificate = `${config}/tls.d/default.pem`;
  const key = (pattern: string): Fragment => new Fragment(regex(pattern));
  return nginxText`${new Fragment(written)}
map_hash_max_size 262144;
map_hash_bucket_size 512;
server_names_hash_max_size 65536;
server_names_hash_bucket_size 512;
${visitors(proxies)}
include ${`${config}/pre.d/*.conf`};
include ${`${config}/platform.d/*.conf`};

# A dollar sign in a value that may hold variables.
geo $aegir_dollar { default "$"; }

# Whose a request was stands first: all sites have one log.
log_format aegir '$host $remote_addr - $remote_user [$time_iso8601] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent"';

# What a host name is: state, whether https is required, mark, then the site's fields or where to go instead.
map $host $aegir_site {
  hostnames;
  default "u|o|${new Fragment(mark)}|";
  include ${`${config}/vhost.d/*.map`};
}
# The port as the visitor wrote it, which need not be ours.
map $http_host $aegir_port { default ""; ${key('^[^:]*(?<aegir_port_seen>:[0-9]{1,5})$')} $aegir_port_seen; }
# The host name that PHP is told: a copy's is that of the site it will be.
map $aegir_as $aegir_told { default $aegir_as; "" $host; }
map "$aegir_state|$aegir_tls|$scheme" $aegir_to {
  default "";
  ${key('^r\\|s\\|')} "https://$aegir_rest${new Fragment(tlsSuffix)}";
  ${key('^r\\|o\\|')} "$scheme://$aegir_rest$aegir_port";
  ${key('^e\\|s\\|http$')} "https://$host${new Fragment(tlsSuffix)}";
}
# Files may be kept for a month. A redirect may not: it would outlive the day it is taken back.
map "$aegir_to|$aegir_rule" $aegir_expires { default off; "|+" 30d; }
map $aegir_state $aegir_retry { default ""; m ${retryAfterSeconds}; }
map "$aegir_short|$uri" $aegir_path { default $uri; ${key('^s\\|/files/(?<aegir_file>.*)$')} /$aegir_files/$aegir_file; }
map $request_method $aegir_method_refused { default 1;${methods.map((one) => nginxText` ${one} "";`)} }
map "$request_method|$args" $aegir_attack { default ""; ${key(`^POST\\|.*(?:${attack})`)} 1; }
map $aegir_path $aegir_never {
  default "";
${deniedAlways.map((one) => new Fragment(`  ${regex(one, '~*')} 1;\n`))}}
map "$aegir_rule|$http_cookie" $aegir_no_session { default ""; ${key(`(?!.*${session})${needsSession}`)} 1; }
# A class that is not there refuses everything.
map $aegir_class $aegir_rule { default "-"; include ${`${config}/class.d/*.map`}; }
include ${`${config}/class.d/*.conf`};

# Sites without a certificate or lines of their own, and, with 404, every name that is nobody's.
server {
${listen.map((one) => nginxText`  listen ${new Fragment(one)} default_server;\n`)}  server_name _;
  include ${`${config}/site.conf`};
}
server {
${tlsText(
  listenTls.map((one) => `${one} default_server`),
  { certificatePath: certificate, keyPath: certificate },
)}  server_name _;
  return 404;
}

include ${`${config}/vhost.d/*.conf`};
include ${`${config}/post.d/*.conf`};
`.text;
}

/** Whoever says it besides is not believed. */
const visitors = (proxies: readonly string[]): readonly Fragment[] =>
  proxies.length === 0
    ? []
    : [
        ...proxies.map((one) => nginxText`set_real_ip_from ${one};\n`),
        nginxText`real_ip_header X-Forwarded-For;\n`,
        // Who asks several servers for an upload wants to know whether this one has it, and no page of the application instead.
        new Fragment('map $http_x_aegir_only $aegir_only { default /; 1 "$aegir_root$aegir_path"; }\n'),
      ];

/** A regular expression where it stands alone; templates would eat its backslashes. */
const pattern = (text: string): Fragment => new Fragment(`"${text}"`);

function siteText({ config, acme, logs }: WebPaths, { uploadMegabytesMax }: WebOptions): string {
  const all = pageFieldNames.map((name) => (name === 'password' ? `(?<aegir_${name}>.*)` : `(?<aegir_${name}>[^|]*)`));
  const php = nginxText`    include ${`${config}/php.conf`};\n`;
  const refuse = nginxText`    include ${`${config}/refuse.conf`};\n`;
  return nginxText`${new Fragment(written)}
root $aegir_root;
${logs === null ? [] : [nginxText`access_log ${`${logs}/nginx-access.log`} aegir;\nerror_log ${`${logs}/nginx-error.log`};\n`]}client_max_body_size ${uploadMegabytesMax}m;
add_header X-Content-Type-Options nosniff always;
add_header Retry-After $aegir_retry always;
error_page 503 @aegir_notice;

if ($aegir_site ~ ${pattern('^(?<aegir_state>[edmru])\\|(?<aegir_tls>[os])\\|(?<aegir_mark>[0-9a-f]+)\\|(?<aegir_rest>.*)$')}) { set $aegir_known 1; }
if ($aegir_site ~ ${pattern(`^e\\|[os]\\|[0-9a-f]+\\|${asFieldPattern}${all.join('\\|')}$`)}) { set $aegir_known 1; }

${ourPlaces(acme)}location = /favicon.ico {
  access_log off;
  log_not_found off;
${refuse}    try_files /$aegir_files/favicon.ico /favicon.ico @aegir_nothing;
}
location = /robots.txt {
  access_log off;
  log_not_found off;
${refuse}    try_files /$aegir_files/$aegir_told.robots.txt /$aegir_files/robots.txt /robots.txt @aegir_front;
}
# Before any file is looked for: whatever PHP could be asked to run is a script that the application names, or not there.
location ~* ${pattern(phpLike)} {
${refuse}    if ($aegir_rule = "+") { return 404; }
    if ($aegir_no_session) { return 404; }
    fastcgi_split_path_info ${pattern('^(.+?\\.php)(/.*)$')};
${php}    fastcgi_param SCRIPT_FILENAME $aegir_root$aegir_rule;
    fastcgi_param SCRIPT_NAME $aegir_rule;
    fastcgi_param PATH_INFO $fastcgi_path_info;
    fastcgi_pass unix:$aegir_fpm;
}
location / {
${refuse}    if ($aegir_rule = "/") { return 301 $scheme://$aegir_told$aegir_port$uri/$is_args$args; }
    if ($aegir_rule ~ "^/") { rewrite ^ $aegir_rule last; }
    expires $aegir_expires;
    log_not_found off;
    try_files $aegir_path @aegir_front;
}
location @aegir_front {
${php}    fastcgi_param SCRIPT_FILENAME $aegir_root$aegir_front;
    fastcgi_param SCRIPT_NAME $aegir_front;
    fastcgi_pass unix:$aegir_fpm;
}
location @aegir_nothing { return 204; }
location @aegir_notice {
  types { }
  default_type "text/html; charset=utf-8";
  if ($aegir_state = m) { return 503 ${notice('maintenance')}; }
  return 503 ${notice('disabled')};
}
`.text;
}

function refuseText({ proxies }: WebOptions): string {
  return `${written}
if ($aegir_state = u) { return 404; }
if ($aegir_to != "") { return 301 $aegir_to$request_uri; }
if ($aegir_state ~ "[dm]") { return 503; }
if ($aegir_state != e) { return 404; }
if ($aegir_method_refused) { return 403; }
if ($aegir_attack) { return 403; }
if ($aegir_never) { return 404; }
if ($aegir_rule = "-") { return 404; }
${proxies.length > 0 ? 'if (!-e $aegir_only) { return 404; }\n' : ''}`;
}

/** Buffers: PHP 8 on an old Drupal writes so many warnings that smaller ones answer 502 (drupal.md 1). */
function phpText(): string {
  const params: readonly (readonly [string, string])[] = [
    ['GATEWAY_INTERFACE', 'CGI/1.1'],
    ['SERVER_SOFTWARE', 'nginx'],
    ['SERVER_PROTOCOL', '$server_protocol'],
    ['SERVER_NAME', '$aegir_told'],
    ['SERVER_ADDR', '$server_addr'],
    ['SERVER_PORT', '$server_port'],
    ['REMOTE_ADDR', '$remote_addr'],
    ['REMOTE_PORT', '$remote_port'],
    ['REQUEST_METHOD', '$request_method'],
    ['REQUEST_SCHEME', '$scheme'],
    ['REQUEST_URI', '$request_uri'],
    ['DOCUMENT_URI', '$document_uri'],
    ['DOCUMENT_ROOT', '$aegir_root'],
    ['QUERY_STRING', '$query_string'],
    ['CONTENT_TYPE', '$content_type'],
    ['CONTENT_LENGTH', '$content_length'],
    ['REDIRECT_STATUS', '200'],
    // Not the header as it came: the name that this site was found by, and the port as the visitor wrote it.
    ['HTTP_HOST', '$aegir_told$aegir_port'],
    // httpoxy: a client must not name a proxy for the application's own requests.
    ['HTTP_PROXY', '""'],
    ['HTTPS', '$https if_not_empty'],
    ['AEGIR_SITE_DIR', '$aegir_dir'],
    ['AEGIR_DB_DRIVER', '$aegir_driver'],
    ['AEGIR_DB_NAME', '$aegir_name'],
    ['AEGIR_DB_USER', '$aegir_user'],
    ['AEGIR_DB_PASSWORD', '$aegir_password'],
    ['AEGIR_DB_HOST', '$aegir_host'],
    ['AEGIR_DB_PORT', '$aegir_port_of_db if_not_empty'],
    ['AEGIR_DB_SOCKET', '$aegir_socket if_not_empty'],
  ];
  const buffers = 'fastcgi_buffer_size 64k;\nfastcgi_buffers 16 64k;\nfastcgi_busy_buffers_size 128k;\n';
  return `${written}\n${buffers}fastcgi_read_timeout 300s;\n${params.map(([name, value]) => `fastcgi_param ${name} ${value};\n`).join('')}`;
}
