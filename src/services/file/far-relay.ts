import type { Pipe } from '../../machine/machine.ts';
import type { FarDirectory } from './far.ts';
import { type Relay, relayAgeMs, relayDirectory, relayFile } from './relay.ts';

/** By a directory of another machine, to which each of the two servers logs in by itself: the bytes do not pass through us. */
export class FarRelay implements Relay {
  readonly kind = 'login';
  readonly #at: FarDirectory;

  constructor(at: FarDirectory) {
    this.#at = at;
  }

  get place(): string {
    return this.#at.place('').replace(/\/$/, '');
  }

  /** In one login, as each costs time. dd ends well only if all of it is on the disk over there. */
  async write(name: string, commands: Pipe['commands']): Promise<number> {
    const file = this.#at.path(relayFile(name));
    const all = [
      this.#removing('*', ['-mmin', `+${relayAgeMs / 60_000}`]),
      ['mkdir', '-m', '0700', '--', this.#at.path(relayDirectory(name))],
      ['dd', `of=${file}`, 'bs=1M', 'iflag=fullblock', 'conv=fsync', 'status=none'],
      ['stat', '-c', '%s', '--', file],
    ];
    return Number((await this.#at.far.pipe(all, (far) => [...commands, far])).stdout);
  }

  async read(name: string, bytes: number, commands: Pipe['commands']): Promise<string> {
    const reading = ['sh', '-c', wholly, this.#at.path(relayFile(name)), String(bytes)];
    return (await this.#at.far.pipe([reading], (far) => [far, ...commands])).stdout;
  }

  async clear(mark: string): Promise<void> {
    await this.#at.far.run(this.#removing(`${mark}-*`, []));
  }

  #removing(names: string, which: readonly string[]): readonly string[] {
    const found = ['-maxdepth', '1', '-name', relayDirectory(names), ...which];
    return ['find', this.#at.path(''), ...found, '-exec', 'rm', '-rf', '--', '{}', '+'];
  }
}

const wholly = `there=$(stat -c %s -- "$0") && [ "$there" = "$1" ] && exec cat -- "$0"
echo "it has \${there:-no} bytes, and $1 were written" >&2
exit 1`;
