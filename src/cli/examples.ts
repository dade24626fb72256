import { type EndpointName, endpointOf } from '../api/endpoints.ts';

const written: { readonly [name: string]: readonly string[] } = {
  'client create': ['aegir client create acme --title "Acme Ltd" --email post@acme.example'],
  'client set': [
    'aegir client set acme --no-email',
    'aegir client set acme --status locked',
    'aegir client set acme --sites-max 5 --no-disk-max-mb',
  ],
  'account create': [
    'aegir account create ada --email ada@example.com --role administrator --invite',
    'aegir account create bob --role client --client acme',
  ],
  'role create': [
    "aegir role create editor --permission 'site read' --permission 'site login' --permission 'site secret'",
  ],
  'role set': ["aegir role set editor --title Editors --permission 'site read' --permission 'site login'"],
  'membership create': [
    'aegir membership create ada administrator',
    'aegir membership create bob client --client acme',
  ],
  'session list': ['aegir session list', 'aegir session list --account ada'],
  'session end-others': ['aegir session end-others --account ada'],
  'token list': ['aegir token list --account ada'],
  'token create': [
    'aegir token create --account ada --title laptop',
    'aegir token create --title monitoring --scope read --no-expires-at',
    'aegir token create --account shop --offer shops',
    'aegir token create --expires-at 2030-01-01T00:00:00Z > ~/.config/aegir/token',
  ],
  'server create': [
    'aegir server create master --service http=nginx --service db=mysql',
    'aegir server create web2 --host web2.example.com --service http=apache',
  ],
  'server load': ['aegir server load master'],
  'server names': ['aegir server names dns1'],
  'agent list': ['aegir agent list --server web1'],
  'agent enrol': ['aegir agent enrol web1'],
  'server bootstrap': ['aegir server bootstrap web1', 'aegir server bootstrap web1 | ssh root@web1.example.com sh'],
  'site drift': ['aegir site drift example.com', 'aegir site drift example.com --now true'],
  'platform drift': ['aegir platform drift d10'],
  'site web-log': [
    'aegir site web-log example.com --limit 50',
    'aegir site web-log example.com --log error',
    "aegir site web-log example.com --q ' 404 '",
  ],
  'service create': [
    'aegir service create @server_master http --engine nginx --option port=8080',
    'aegir service create web2 db --engine mysql --option @/root/options.json',
  ],
  'service set': ['aegir service set master http --engine apache', 'aegir service set master http --option port=null'],
  'service get': ['aegir service get master http'],
  'service delete': ['aegir service delete master db'],
  'platform create': [
    'aegir platform create d10 --root /var/aegir/platforms/d10/web',
    'aegir platform create d10 --root /var/aegir/platforms/d10 --source composer --source package=drupal/recommended-project --source version=^10',
    'aegir platform create shop --root /var/aegir/platforms/shop --source git --source repository=https://git.example.com/shop.git --source ref=v2.1 --source composer=true',
    'aegir platform create d7 --root /var/aegir/platforms/d7 --source archive --source location=https://example.com/drupal-7.105.tar.gz',
    'aegir platform create wordpress --root /var/aegir/platforms/wordpress --source debian --source package=wordpress',
  ],
  'platform set': [
    'aegir platform set @platform_d10 --title "Drupal 10"',
    'aegir platform set d10 --client acme --client other',
  ],
  'platform compare': [
    'aegir platform compare d10-new --site example.com',
    'aegir platform compare d10-new --site example.com --result missing',
    'aegir platform compare d10-new --from d10',
  ],
  'package list': ['aegir package list --q token', 'aegir package list --type profile'],
  'package sites': [
    'aegir package sites views --below 8.x-3.25',
    'aegir package sites drupal --below 10.1.8 --type core',
  ],
  'site create': [
    'aegir site create example.com --platform d10',
    'aegir site create old.example.com --platform d7 --import --directory old.example.com',
  ],
  'site clone': [
    'aegir site clone example.com test.example.com',
    'aegir site clone example.com new.example.com --platform d10-new --db-server db2',
    'aegir site clone example.com test.example.com --dry-run',
  ],
  'site set': [
    'aegir site set example.com --alias www.example.com --alias old.example.com=redirect',
    'aegir site set @example.com --redirection www.example.com --tls required',
    'aegir site set example.com --no-redirection',
    'aegir site set example.com --cron 15m --cron-by command',
    'aegir site set example.com --cron off',
    'aegir site set example.com --backup 6h --retention last=4 --retention daily=7',
  ],
  'backup list': ['aegir backup list --site @example.com', 'aegir backup list --status failed'],
  'site list': ['aegir site list', 'aegir site list --status failed --platform d10', 'aegir site list --q shop --json'],
  'task list': ['aegir task list --status failed', 'aegir task list --subject @example.com'],
  'platform migrate': [
    'aegir platform migrate d9 --to d10',
    'aegir platform migrate d9 --to d10 --canary 3 --parallel 4 --failures-max 5',
  ],
  'batch create': [
    "aegir batch create 'site verify' --matching platform=d10",
    "aegir batch create 'site disable' --site a.example.com --site b.example.com --canary 0",
  ],
  'audit list': ['aegir audit list --client acme --result refused', 'aegir audit list --subject shop.example.com'],
  'setting set': [
    'aegir setting set site.fpm-socket /run/php/php8.2-fpm.sock',
    'aegir setting set site.fpm-socket null',
    'aegir setting set sign-in.single-sign-on-secret @/root/secret',
    `aegir setting set mail.smtp '{"host":"smtp.example.com","user":"aegir","from":"aegir@example.com"}'`,
  ],
  'notification choose': [
    "aegir notification choose 'task failed' --mail never",
    "aegir notification choose 'task stuck' --mail always --webhook always",
  ],
  'notification list': ['aegir notification list --status failed', 'aegir notification list --account ada'],
  'webhook create': ['aegir webhook create https://chat.example.com/hooks/aegir --title chat'],
  'webhook set': [
    'aegir webhook set 3 --status enabled',
    'aegir webhook set 3 --url https://chat.example.com/hooks/other',
  ],
  'statistic list': [
    'aegir statistic list --site @example.com',
    'aegir statistic list --client acme --since 2030-01-01T00:00:00Z --json',
  ],
  'statistic days': ['aegir statistic days --client acme'],
  'reserve create': [
    'aegir reserve create shops --template template.example.net --pattern spare-*.example.net',
    "aegir reserve create shops --template template.example.net --pattern spare-*.example.net --full 10 --emergency 2 --life off --window '01:00-05:00 Europe/Berlin'",
  ],
  'reserve get': ['aegir reserve get shops'],
  'reserve set': ['aegir reserve set shops --full 20', 'aegir reserve set shops --template other.example.net'],
  'reserve spares': ['aegir reserve spares shops --state ready'],
  'reserve flush': ['aegir reserve flush shops'],
  'reserve claim': ['aegir reserve claim shops shop.example.com --client acme --title Shop --email owner@example.com'],
  'staged-move create': [
    'aegir staged-move create example.com d10-web2',
    'aegir staged-move create example.com d10-web2 --db-server db2 --lower-seconds 3600 --watch-seconds 600',
  ],
  'staged-move list': ['aegir staged-move list --status running --status stopped'],
  'certificate create': [
    'aegir certificate create shop --site shop.example.com',
    "aegir certificate create wild --name '*.example.com' --name example.com --challenge dns --client acme",
    'aegir certificate create own --site shop.example.com --chain @chain.pem --key @key.pem',
  ],
  'certificate set': [
    'aegir certificate set own --chain @next.pem --key @key.pem',
    'aegir certificate set shop --no-name',
  ],
  'certificate list': ['aegir certificate list --sort expires'],
  'offer create': [
    "aegir offer create shops --reserve shops --pattern '{name}.example.com' --variable slogan=blogdescription",
    "aegir offer create shops --reserve shops --pattern '{name}.example.com' --client acme --daily-max 20",
  ],
  'offer set': [
    'aegir offer set shops --status disabled',
    'aegir offer set shops --no-client --sites-max 3',
    'aegir offer set shops --sign-up --origin https://www.example.com',
    'aegir offer set shops --no-sign-up',
  ],
  'order create': [
    "aegir order create cakes --offer shops --email ana@example.com --title 'Cakes' --account ana --value 'slogan=All you can eat'",
  ],
  'order list': ['aegir order list --offer shops --status failed'],
  'order get': ['aegir order get 7'],
  'queue get': ['aegir queue get cron'],
  'queue set': [
    'aegir queue set cron --limit 8',
    "aegir queue set backup --every 1d --window '22:00-04:00 Europe/Berlin'",
    "aegir queue set cron --window '06:00-22:00 Europe/Berlin'",
    'aegir queue set cron --no-window',
  ],
  'queue turns': ['aegir queue turns cron --state late', 'aegir queue turns cron --state failing --server master'],
  'queue runs': ['aegir queue runs cron --status failed', 'aegir queue runs cron --subject @example.com'],
  'queue pause': ['aegir queue pause task', 'aegir queue pause cron'],
  'queue resume': ['aegir queue resume task'],
  'view create': [`aegir view create 'site list' 'Failed of acme' --search '{"status": "failed", "client": "acme"}'`],
  resolve: ['aegir resolve @platform_d10'],
  openapi: ['aegir openapi > aegir.json'],
};

const sample: { readonly [place: string]: string } = {
  'client name': 'acme',
  'account name': 'ada',
  'role name': 'viewer',
  membership: '5',
  'server name': 'master',
  'service name': 'master',
  'platform name': 'd10',
  'site name': '@example.com',
  'staged-move name': 'example.com',
  'backup name': '12',
  type: 'http',
  package: 'views',
  batch: '3',
  task: '12',
  token: '3',
  agent: '3',
  session: '5',
  view: '4',
  webhook: '3',
};

/** For the end of a command's help. */
export function examples(name: EndpointName): string {
  const [noun = ''] = name.split(' ');
  const places = [...endpointOf(name).path.matchAll(/:(\w+)/g)].map(([, place = '']) => place);
  const words = places.map((place) => sample[`${noun} ${place}`] ?? sample[place] ?? place);
  return exampleText(written[name] ?? [['aegir', name, ...words].join(' ')]);
}

export const exampleText = (lines: readonly string[]): string =>
  `\n${lines.length === 1 ? 'Example:' : 'Examples:'}\n${lines.map((line) => `  ${line}\n`).join('')}`;
