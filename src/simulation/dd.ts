import { gnu } from './gnu.ts';
import { No, Refused, trying } from './user-files.ts';

const operands = new Set(['if', 'of', 'bs', 'count', 'skip', 'seek', 'conv', 'status']);
const conversions = new Set(['notrunc', 'excl', 'nocreat', 'fsync', 'fdatasync']);

/** dd in memory: `if`, `of`, `bs`, `count`, `skip`, `seek`, `status`, and of `conv` notrunc, excl, nocreat, fsync, fdatasync. */
export const dd = gnu('dd', ({ argv, files, stdin }) => {
  const given = new Map(argv.slice(1).map((word) => [word.split('=')[0] ?? '', word.replace(/^[^=]*=/, '')] as const));
  for (const [name, value] of given)
    if (!operands.has(name)) throw new Refused(`unrecognized operand '${name}=${value}'`);
  const conv = new Set((given.get('conv') ?? '').split(',').filter((word) => word !== ''));
  for (const name of conv) if (!conversions.has(name)) throw new Refused(`invalid conversion: '${name}'`);
  const unit = blockBytes(given.get('bs') ?? '512');
  const blocks = (name: string): number | undefined => (given.has(name) ? Number(given.get(name)) * unit : undefined);
  const [from, to] = [given.get('if'), given.get('of')];
  const input = Buffer.from(from === undefined ? stdin : trying(`failed to open '${from}'`, () => files.text(from)));
  const skip = blocks('skip') ?? 0;
  const taken = input.subarray(skip, skip + (blocks('count') ?? input.length));
  if (to === undefined) return taken.toString();
  trying(`failed to open '${to}'`, () => {
    const there = files.world.get(files.path(to, 'follow'));
    if (there && conv.has('excl')) throw new No('EEXIST');
    if (!there && conv.has('nocreat')) throw new No('ENOENT');
    const old = Buffer.from(there ? files.text(to) : '');
    const seek = blocks('seek') ?? 0;
    const before = Buffer.concat([old.subarray(0, seek), Buffer.alloc(Math.max(0, seek - old.length))]);
    const behind = conv.has('notrunc') ? old.subarray(seek + taken.length) : Buffer.alloc(0);
    files.write(to, Buffer.concat([before, taken, behind]).toString());
  });
  return '';
});

function blockBytes(text: string): number {
  const [, digits, unit] = /^(\d+)([kM]?)$/.exec(text) ?? [];
  if (digits === undefined) throw new Refused(`invalid number: '${text}'`);
  const powers = ['', 'k', 'M'].indexOf(unit ?? '');
  return Number(digits) * 1024 ** powers;
}
