/** What the application launches when it starts at login. */
import type { StackSummary } from '../lib/bridge';
import { PRODUCT } from './window';

/** Its own stack, and those that were chosen: each by its name where it is listed, else by its file. */
export function launchedAtLogin(stacks: readonly StackSummary[], files: readonly string[]): string[] {
  const nameOf = (file: string): string => stacks.find((stack) => stack.file === file)?.stack ?? file;
  return [stacks[0]?.stack ?? PRODUCT, ...files.map(nameOf)];
}
