/** German: the language with long words that the pages have to bear. */
import desktop from './desktop.de.json';
import { admin } from './de.admin';
import { panel } from './de.panel';
import { user } from './de.user';
import type { Catalogue } from './en';

export const de: Catalogue = {
  units: { day: 'T', hour: 'Std.', minute: 'Min.', second: 's' },
  desktop,
  states: desktop.states,
  ...panel,
  user,
  admin,
};
