import { Problem } from '../model/problem.ts';

/** What does not come in time is not waited for. Throws Problem 'timeout'. */
export async function within<T>(ms: number, promise: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => reject(new Problem('timeout', `nothing more came for ${ms / 1000} s`, { hint: 'Send the request again.' })),
    ms,
  );
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
