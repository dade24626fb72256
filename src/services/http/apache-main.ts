import { opening, tlsLines } from './apache-text.ts';
import type { WebOptions, WebPaths } from './options.ts';
import { apacheText, Fragment } from './quoted.ts';
import { acmePath, markOf, markPath } from './rules.ts';

/** What our blocks need. Debian loads only some of them. */
const modules = ['alias', 'env', 'headers', 'rewrite', 'setenvif', 'ssl', 'proxy', 'proxy_fcgi'];
const modulesPath = '/usr/lib/apache2/modules';

/** `listens` are the ports that the server's own ports.conf does not open already. */
export function apacheMain(
  paths: WebPaths,
  options: WebOptions,
  on: {
    readonly blocks: readonly string[];
    readonly blocksTls: readonly string[];
    readonly listens: readonly string[];
  },
): { readonly text: string; readonly mark: string } {
  const draft = (mark: string): string => mainText(paths, options, on, mark);
  const mark = markOf(draft('0'), JSON.stringify(options));
  return { text: draft(mark), mark };
}

function mainText(
  paths: WebPaths,
  { proxies }: WebOptions,
  on: {
    readonly blocks: readonly string[];
    readonly blocksTls: readonly string[];
    readonly listens: readonly string[];
  },
  mark: string,
): string {
  const { config, acme, logs } = paths;
  const certificate = `${config}/tls.d/default.pem`;
  const load = (name: string): Fragment => apacheText`<IfModule !${new Fragment(`${name}_module`)}>
  LoadModule ${`${name}_module`} ${`${modulesPath}/mod_${name}.so`}
</IfModule>
`;
  const nobody = (
    addresses: readonly string[],
    tls: readonly Fragment[],
  ): Fragment => apacheText`<VirtualHost ${new Fragment(addresses.join(' '))}>
  ServerName aegir.invalid
${tls}${opening(paths, mark)}  RewriteRule ^ - [R=404,END]
</VirtualHost>
`;
  return apacheText`# Written by Aegir. Changes here are lost; the README in ${config} names the places for lines of your own.
Define aegir_dollar $
${[...modules, ...(proxies.length > 0 ? ['remoteip'] : [])].map(load)}${visitors(proxies)}${on.listens.map((one) => apacheText`Listen ${new Fragment(one)}\n`)}
${logs === null ? [] : [accessLog(logs)]}IncludeOptional ${`${config}/pre.d/*.conf`}

# A name that is nobody's. It stands first: Apache gives the first block what no block is named for.
${nobody(on.blocks, [])}${nobody(on.blocksTls, tlsLines({ certificatePath: certificate, keyPath: certificate }))}<Directory ${`${acme}/`}>
  AllowOverride None
  Options None
  Require all granted
  ForceType text/plain
</Directory>
# Merged last, so it holds against a server that runs PHP itself.
<LocationMatch ${`^${acmePath}`}>
  SetHandler none
</LocationMatch>

IncludeOptional ${`${config}/vhost.d/*.conf`}
IncludeOptional ${`${config}/wild.d/*.conf`}
IncludeOptional ${`${config}/platform.d/*.conf`}
IncludeOptional ${`${config}/post.d/*.conf`}
`.text;
}

/** Whoever says it besides is not believed. */
const visitors = (proxies: readonly string[]): readonly Fragment[] =>
  proxies.length === 0
    ? []
    : [
        apacheText`RemoteIPHeader X-Forwarded-For\n`,
        ...proxies.map((one) => apacheText`RemoteIPTrustedProxy ${one}\n`),
      ];

/** Here and not in the blocks: in each it would be one more open file. Whose a request was stands first; our own are not told. */
const accessLog = (logs: string): Fragment => apacheText`SetEnvIf Request_URI ${`^${markPath}`} aegir_asks
CustomLog ${`${logs}/apache-access.log`} "%V %a - %u [%{%Y-%m-%dT%H:%M:%S%z}t] \\"%r\\" %>s %b \\"%{Referer}i\\" \\"%{User-Agent}i\\"" env=!aegir_asks
`;

/** The ports that a ports.conf of Debian opens: a second Listen for one of them would keep Apache from starting. */
export function listenedIn(portsConf: string, withTls: boolean): ReadonlySet<string> {
  const ports = new Set<string>();
  let inTls = false;
  for (const line of portsConf.split('\n').map((one) => one.trim())) {
    if (/^<IfModule/i.test(line)) inTls = true;
    if (/^<\/IfModule/i.test(line)) inTls = false;
    const port = /^Listen\s+(\S+)/i.exec(line)?.[1];
    if (port !== undefined && (withTls || !inTls)) ports.add(port);
  }
  return ports;
}
