/** English, and with it the shape that every other catalogue has to have. */
import desktop from './desktop.en.json';
import { admin } from './en.admin';
import { panel } from './en.panel';
import { user } from './en.user';

export const en = {
  units: { day: 'd', hour: 'h', minute: 'min', second: 's' },
  desktop,
  states: desktop.states,
  ...panel,
  user,
  admin,
};

export type Catalogue = typeof en;
