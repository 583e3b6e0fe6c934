/** The process that has a port, in words. */
import type { Holder } from '../generated/Holder';
import type { Catalogue } from './en';

/** Who has a port, in a few words: `python3 (1234)`. */
export function holderName(holder: Holder, text: Catalogue): string {
  const { pid, name, user } = holder;
  if (pid !== null) {
    return name === null ? text.say('holder_process', { pid }) : text.say('holder_named', { name, pid });
  }
  if (user != null) {
    return text.say('holder_of_user', { user });
  }
  return name === null ? text.say('holder_unknown') : text.say('holder_system', { name });
}
