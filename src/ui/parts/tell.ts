import { notifications } from '@mantine/notifications';
import { problemJson } from '../../model/problem.ts';

/** Something that went well, or is good to know; gone after a few seconds. */
export const tell = (message: string): void =>
  void notifications.show({ message, autoClose: 5000, withCloseButton: false });

/** What went wrong, with what to do; stays a while longer. */
export function tellProblem(error: unknown): void {
  const { message, hint } = problemJson(error);
  notifications.show({ title: message, message: hint ?? '', color: 'red', autoClose: 15_000 });
}
