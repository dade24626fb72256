import type { Backend, Vhost } from './http.ts';
import { certificateMark, type OwnBlock, ourPlaces, tlsText } from './nginx-text.ts';
import type { WebOptions, WebPaths } from './options.ts';
import { Fragment, nginxText } from './quoted.ts';
import { markOf, names } from './rules.ts';

type Scheme = 'http' | 'https';

/**
 * The server blocks of a site that others publish: requests go on to them, each by the protocol that it came by, so that
 * nobody has to believe a header which says what it was. What one of them cannot be asked for, another is. A file that a
 * visitor has uploaded may be on one of them only: all are asked whether they have it, and then, as such a file may also be made by
 * the application, one of them for whatever it makes of it.
 */
export function balanceText(
  vhost: Vhost,
  backends: readonly Backend[],
  { acme }: Pick<WebPaths, 'acme'>,
  { uploadMegabytesMax }: Pick<WebOptions, 'uploadMegabytesMax'>,
  on: OwnBlock,
): string {
  const { pages, redirects } = names({ ...vhost, state: 'maintenance' });
  const listens = on.listen.map((one) => nginxText`  listen ${new Fragment(one)};\n`);
  const block = (scheme: Scheme, listen: readonly Fragment[]): Fragment => nginxText`
server {
${listen}  server_name ${[...pages, ...redirects]};
  client_max_body_size ${uploadMegabytesMax}m;
  if ($aegir_site ~ "${new Fragment('^[edmru]\\|[os]\\|(?<aegir_mark>[0-9a-f]+)\\|')}") { set $aegir_known 1; }
${ourPlaces(acme)}  location / {
${passText(vhost, scheme)}    proxy_next_upstream error timeout;
  }
${uploads(vhost).map(
  (path) => nginxText`  location ^~ ${path} {
${passText(vhost, scheme)}    proxy_next_upstream error timeout http_404;
    proxy_set_header X-Aegir-Only 1;
    proxy_intercept_errors on;
    error_page 404 = @aegir_made;
  }
`,
)}  location @aegir_made {
${passText(vhost, scheme)}    proxy_next_upstream error timeout;
  }
}
`;
  const tls = on.certificate
    ? block('https', [...tlsText(on.listenTls, on.certificate), ...certificateMark(vhost)])
    : new Fragment('');
  return nginxText`# Written by Aegir for the site ${vhost.name}; changes here are lost.
${upstream(vhost, 'http', backends)}${on.certificate ? upstream(vhost, 'https', backends) : []}${block('http', listens)}${tls}`
    .text;
}

const upstreamName = ({ name }: Vhost, scheme: Scheme): string => `aegir_${markOf(name)}_${scheme}`;

/** One that does not answer is left out for ten seconds. */
const upstream = (vhost: Vhost, scheme: Scheme, backends: readonly Backend[]): Fragment => nginxText`
upstream ${upstreamName(vhost, scheme)} {
${backends.map(({ host, port, tlsPort }) => nginxText`  server ${`${bracketed(host)}:${scheme === 'http' ? port : tlsPort}`} max_fails=1 fail_timeout=10s;\n`)}  keepalive 16;
}`;

const bracketed = (host: string): string => (host.includes(':') ? `[${host}]` : host);

const uploads = ({ routing: { files, shortFiles } }: Vhost): readonly string[] => [
  `/${files}/`,
  ...(shortFiles ? ['/files/'] : []),
];

const passText = (
  vhost: Vhost,
  scheme: Scheme,
): Fragment => nginxText`    proxy_pass ${scheme}://${new Fragment(upstreamName(vhost, scheme))};
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host $http_host;
    proxy_set_header X-Forwarded-For $remote_addr;
${scheme === 'https' ? nginxText`    proxy_ssl_server_name on;\n    proxy_ssl_name $host;\n    proxy_ssl_session_reuse on;\n` : []}    proxy_connect_timeout 3s;
    proxy_read_timeout 300s;
    proxy_next_upstream_timeout 15s;
    proxy_buffer_size 64k;
    proxy_buffers 16 64k;
    proxy_busy_buffers_size 128k;
`;
