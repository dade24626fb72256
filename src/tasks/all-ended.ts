/**
 * Several things at the same time. A failure is told only when all have ended: who is told undoes, or ends the task, and nobody
 * may still be at work then.
 */
export async function allEnded<const All extends readonly unknown[]>(
  all: All,
): Promise<{ -readonly [At in keyof All]: Awaited<All[At]> }> {
  await Promise.allSettled(all);
  return Promise.all(all);
}
