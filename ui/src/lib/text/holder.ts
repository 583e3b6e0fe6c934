/** The process that has a port, in words. */
import type { Holder } from '../generated/Holder';
import { fill } from './fill';
import type { Catalogue } from './en';

/** Who has a port, in a few words: `python3 (1234)`. */
export function holderName(holder: Holder, text: Catalogue): string {
  const words = text.desktop.holder;
  const { pid, name, user } = holder;
  if (pid !== null) return name === null ? fill(words.process, { pid }) : fill(words.named, { name, pid });
  return user == null ? words.unknown : fill(words.of_user, { user });
}
