import { Transform, type TransformCallback } from 'node:stream';

/** Longer than any last line of the pipe's script. */
const heldBytes = 4096;

/** Lets all through but the last line, which is `last` then, and the end of the line before it. */
export class Held extends Transform {
  last = '';
  #held: Buffer = Buffer.alloc(0);

  override _transform(chunk: Buffer, _: string, done: TransformCallback): void {
    const all = Buffer.concat([this.#held, chunk]);
    const passed = Math.max(0, all.length - heldBytes);
    this.#held = all.subarray(passed);
    if (passed > 0) this.push(all.subarray(0, passed));
    done();
  }

  override _flush(done: TransformCallback): void {
    const at = this.#held.lastIndexOf('\n', this.#held.length - 2);
    if (at > 0) this.push(this.#held.subarray(0, at));
    this.last = this.#held.subarray(Math.max(0, at)).toString();
    done();
  }
}
