import type { Command, Option } from 'commander';
import type { Call } from '../api/call.ts';
import type { EndpointName } from '../api/endpoints.ts';

/** What a list of names is asked of, by the word that stands in a command's arguments or flags. */
const lists: { readonly [word: string]: EndpointName } = {
  client: 'client list',
  account: 'account list',
  role: 'role list',
  membership: 'membership list',
  server: 'server list',
  platform: 'platform list',
  site: 'site list',
  task: 'task list',
  batch: 'batch list',
  to: 'platform list',
  backup: 'backup list',
  queue: 'queue list',
  setting: 'setting list',
  dbServer: 'server list',
  dns: 'server list',
  from: 'platform list',
  package: 'package list',
  view: 'view list',
};

/** Those that people call by their numbers. */
const byNumber: ReadonlySet<EndpointName> = new Set([
  'task list',
  'batch list',
  'backup list',
  'membership list',
  'view list',
]);

/**
 * What may follow: `words` are those behind 'aegir', the last one as far as it was typed.
 * Verbs and flags come from the commands themselves, names from the hub; without a hub there are no names.
 */
export async function complete(program: Command, call: Call, words: readonly string[]): Promise<readonly string[]> {
  const typed = words.at(-1) ?? '';
  const { command, rest } = walk(program, words.slice(0, -1));
  const option = command.options.find((one) => one.long === rest.at(-1) || (one.short && one.short === rest.at(-1)));
  if (option && takesValue(option)) return startingWith(typed, await values(option, call, typed));
  if (typed.startsWith('-')) return startingWith(typed, command.options.filter(({ hidden }) => !hidden).map(flagOf));
  const verbs = command.commands.filter((one) => !isHidden(one)).map((one) => one.name());
  if (verbs.length > 0) return startingWith(typed, verbs);
  const given = positionals(command, rest).length;
  const wanted = command.registeredArguments[given]?.name();
  return startingWith(typed, wanted === undefined ? [] : await names(wanted, call, typed));
}

function walk(
  program: Command,
  words: readonly string[],
): { readonly command: Command; readonly rest: readonly string[] } {
  let command = program;
  for (const [at, word] of words.entries()) {
    const next = command.commands.find((one) => one.name() === word);
    if (!next) return { command, rest: words.slice(at) };
    command = next;
  }
  return { command, rest: [] };
}

function positionals(command: Command, rest: readonly string[]): readonly string[] {
  return rest.filter((word, at) => {
    if (word.startsWith('-')) return false;
    const before = command.options.find((one) => one.long === rest[at - 1]);
    return !(before && takesValue(before));
  });
}

const takesValue = (option: Option): boolean => option.required || option.optional;
const flagOf = (option: Option): string => option.long ?? option.short ?? '';
// Commander keeps it to itself which commands are hidden; ours begin with two underscores.
const isHidden = (command: Command): boolean => command.name().startsWith('__');
const startingWith = (typed: string, all: readonly string[]): readonly string[] =>
  all.filter((one) => one.startsWith(typed)).toSorted();

async function values(option: Option, call: Call, typed: string): Promise<readonly string[]> {
  return option.argChoices ?? (await names(option.attributeName(), call, typed));
}

async function names(word: string, call: Call, typed: string): Promise<readonly string[]> {
  const list = lists[word];
  if (!list) return [];
  const bare = typed.replace(/^@(?:server_|platform_)?/, '');
  try {
    const q = list === 'task list' || bare === '' ? {} : { q: bare };
    // All of them answer items that have a name or an id.
    const page = (await call(list, { query: { limit: 200, ...q } } as never)) as { readonly items: readonly Named[] };
    const found = page.items.map((one) => (byNumber.has(list) ? one.id : one.name) ?? '');
    return typed.startsWith('@') ? page.items.map(({ context }) => context ?? '') : found;
  } catch {
    return []; // Completion is no place to complain: the command itself will say what is wrong.
  }
}
interface Named {
  readonly id?: string;
  readonly name?: string;
  readonly context?: string;
}

/** To be read by the shell: `source <(aegir completion bash)`. */
export const scripts: { readonly [shell: string]: string } = {
  bash: `_aegir() {
  local IFS=$'\\n'
  COMPREPLY=($(aegir __complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
# '@' and ':' are part of names.
COMP_WORDBREAKS=\${COMP_WORDBREAKS//[@:]/}
complete -F _aegir aegir
`,
  zsh: `#compdef aegir
_aegir() {
  local -a found
  found=("\${(@f)$(aegir __complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  compadd -- $found
}
compdef _aegir aegir
`,
  fish: `function __aegir_complete
  set -l words (commandline -opc) (commandline -ct)
  aegir __complete -- $words[2..-1] 2>/dev/null
end
complete -c aegir -f -a '(__aegir_complete)'
`,
};
