/** Does it to all, so many at once, beginning in their order. Ends with the first that throws. */
export async function atMost<One>(
  atOnce: number,
  all: readonly One[],
  action: (one: One) => Promise<void>,
): Promise<void> {
  const left = all[Symbol.iterator]();
  const hand = async (): Promise<void> => {
    for (const one of left) await action(one);
  };
  await Promise.all(Array.from({ length: atOnce }, hand));
}
