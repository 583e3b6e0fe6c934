/** German: the language with long words that the pages have to bear. */
import ftl from '../../../../crates/contract/messages/de.ftl?raw';
import { admin } from './de.admin';
import { panel } from './de.panel';
import { messages } from './messages';
import { user } from './de.user';
import type { Catalogue } from './en';

export const de: Catalogue = {
  units: { day: 'T', hour: 'Std.', minute: 'Min.', second: 's' },
  say: messages('de', ftl),
  ...panel,
  user,
  admin,
};
